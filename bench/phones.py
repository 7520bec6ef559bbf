"""The simulated network, whose phones send texts at a steady rate. A process of its own:

    python -m bench.phones '{"numbers": ["46737490000"], "messages": 60000, "rate": 2000}'

It writes its port, and "bound" when a gateway is. For a line it sends so many messages, each with the time of
its sending in the text, and writes the result when all are acknowledged.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from itertools import cycle
from typing import Final

import msgspec
import structlog
import uvloop

from bench.network import PASSWORD, SYSTEM_ID
from kavle.simulator.mo_pdus import MoText
from kavle.simulator.settings import SmscSettings
from kavle.simulator.smsc import Smsc

_STEP: Final = 0.01  # seconds between two lots


class Order(msgspec.Struct, frozen=True):
    numbers: list[str]
    messages: int
    rate: float  # a second


class Result(msgspec.Struct, frozen=True):
    began: float  # Unix time
    acknowledged: float  # when the last was
    refused: int
    cpu: float


async def send(smsc: Smsc, order: Order) -> Result:
    """Message i goes to number i mod n, i / rate seconds after the first."""
    numbers, sent, began = cycle(order.numbers), 0, time.time()
    used = _cpu()
    while sent < order.messages:
        owed = min(order.messages, int((time.time() - began) * order.rate) + 1)
        for _ in range(owed - sent):
            text = f"{time.time():.6f} Röstar på bidrag nummer {sent % 12}, hälsar tittaren"
            smsc.mos.send(MoText(sender=f"4670{sent % 10_000_000:07}", recipient=next(numbers), text=text))
        sent = owed
        await asyncio.sleep(_STEP)
    await smsc.until(lambda counts: counts.mo_acked >= order.messages)
    return Result(began, time.time(), smsc.counts.mo_refused, _cpu() - used)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def main() -> None:
    order = msgspec.json.decode(sys.argv[1], type=Order)
    settings = SmscSettings(system_id=SYSTEM_ID, password=PASSWORD)
    smsc = Smsc(settings, structlog.get_logger("bench"))
    _, port = await smsc.start("127.0.0.1", 0)
    print(port, flush=True)
    await smsc.until(lambda counts: counts.binds > 0)
    print("bound", flush=True)
    told = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(told), sys.stdin)
    while await told.readline():
        print(msgspec.json.encode(await send(smsc, order)).decode(), flush=True)
    await smsc.stop()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    uvloop.run(main())
