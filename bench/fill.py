"""Fills a gateway's queue before it starts: bundles accepted and made into messages, or messages for a time
that is to come. A process of its own, so that its memory is seen:

    python -m bench.fill '{"config": "kavle.toml", "messages": 100000}'

It writes the result in the end.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
import uvloop

from bench.shapes import SENDER
from bench.verbs import Verbs, verbs
from kavle.core.bundle_order import MOST_RECIPIENTS, BundleOrder
from kavle.core.order import SmsOrder

_AT_ONCE: Final = 500
"""Orders of one message that wait for their commit together: beyond 800 a gateway refuses them."""
_TEXT: Final = "The water will be turned off tomorrow from nine to eleven."


class Order(msgspec.Struct, frozen=True):
    config: str
    messages: int
    due: int | None = None  # Unix seconds, of messages one by one; None: bundles, for now


class Result(msgspec.Struct, frozen=True):
    seconds: float  # until the last was a message with its job
    cpu: float
    memory: int  # resident at most


async def fill(order: Order) -> Result:
    gateway = await verbs(Path(order.config))
    began = time.perf_counter()
    if order.due is None:
        await _bundles(gateway, order.messages)
    else:
        await _timed(gateway, order.messages, order.due)
    seconds = time.perf_counter() - began
    await gateway.store.close()
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Result(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


async def _bundles(gateway: Verbs, messages: int) -> None:
    """Each as it comes: accepted, then expanded to the last recipient."""
    for first in range(0, messages, MOST_RECIPIENTS):
        count = min(MOST_RECIPIENTS, messages - first)
        order = BundleOrder(",".join(recipients(first, count)), SENDER, _TEXT, "1")
        await gateway.accept.bundle(gateway.account, order)
        while await gateway.store.advance(datetime.now(UTC)):
            pass


async def _timed(gateway: Verbs, messages: int, due: int) -> None:
    for first in range(0, messages, _AT_ONCE):
        numbers = recipients(first, min(_AT_ONCE, messages - first))
        orders = [SmsOrder(to, SENDER, _TEXT, "2", at=str(due)) for to in numbers]
        await asyncio.gather(*(gateway.accept.sms(gateway.account, order) for order in orders))


def recipients(first: int, count: int) -> list[str]:
    """Swedish mobile numbers, none of them one of the simulated network's magic ones."""
    return [f"4673{number:07}" for number in range(first, first + count)]


def main() -> None:
    order = msgspec.json.decode(sys.argv[1], type=Order)
    print(msgspec.json.encode(uvloop.run(fill(order))).decode(), flush=True)


if __name__ == "__main__":
    main()
