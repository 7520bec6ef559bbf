"""The load generator, a process of its own: keep-alive connections, each in a closed loop.

It shares the machine with what it measures, so it does little: the requests are built before the clock
starts, and of an answer it reads the length and whether it is a yes.

    python -m bench.load '{"shape": "url", "ports": [8080], "connections": 64, "count": 50000}'

When the warm-up is answered it writes a line, and waits for one; when all is answered it writes the result.
"""

from __future__ import annotations

import asyncio
import re
import resource
import sys
import time
from array import array
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from typing import Final, cast

import msgspec
import uvloop

from bench.shapes import YES, Shape, requests

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


class Order(msgspec.Struct, frozen=True):
    shape: Shape
    ports: list[int]  # the connections are dealt out to them
    connections: int
    count: int
    warm_up: int = 0
    report_port: int | None = None


class Result(msgspec.Struct, frozen=True):
    """Times are seconds, those of `began` and `ended` on the machine's monotonic clock."""

    began: float
    ended: float
    count: int
    p50: float
    p99: float
    longest: float
    cpu: float  # of the generator itself
    refused: int
    first_refusal: str


class Load:
    """What the connections share."""

    def __init__(self, shape: Shape) -> None:
        self.yes = YES[shape].search
        self.refused = 0
        self.first_refusal = b""
        self.seconds = array("d")
        self._left: Iterator[bytes] = iter(())

    async def run(self, clients: Sequence[Client], batch: Sequence[bytes]) -> None:
        """Returns when every request is answered."""
        self._left = iter(batch)
        self.seconds = array("d")
        await asyncio.gather(*(client.run() for client in clients))

    def next(self) -> bytes | None:
        return next(self._left, None)

    def answered(self, answer: bytes, seconds: float) -> None:
        self.seconds.append(seconds)
        if not self.yes(answer):
            self.refused += 1
            self.first_refusal = self.first_refusal or answer


class Client(asyncio.Protocol):
    """One connection: the next request when the last is answered."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._sent = 0.0
        self._part = b""
        self._done: asyncio.Future[None] | None = None

    def run(self) -> asyncio.Future[None]:
        self._done = asyncio.get_running_loop().create_future()
        self._send_next()
        return self._done

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._part:
            data = self._part + data
        if not _complete(data):
            self._part = data
            return
        self._part = b""
        self._load.answered(data, time.perf_counter() - self._sent)
        self._send_next()

    def connection_lost(self, error: Exception | None) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(error or ConnectionError("the server closed a connection"))

    def _send_next(self) -> None:
        request = self._load.next()
        if request is None:
            assert self._done is not None
            self._done.set_result(None)
            return
        self._sent = time.perf_counter()
        self._transport.write(request)


def _complete(answer: bytes) -> bool:
    head = answer.find(b"\r\n\r\n")
    if head < 0:
        return False
    length = _LENGTH.search(answer, 0, head)
    return length is not None and len(answer) >= head + 4 + int(length[1])


def percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest rank: the least value that `share` of them don't exceed."""
    return ordered[max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)]


async def generate(order: Order) -> Result:
    batch = requests(order.shape, order.warm_up + order.count, order.ports[0], order.report_port)
    loop = asyncio.get_running_loop()
    load = Load(order.shape)
    clients = [
        (await loop.create_connection(lambda: Client(load), "127.0.0.1", port))[1]
        for port in islice(cycle(order.ports), order.connections)
    ]
    if order.warm_up:
        await load.run(clients, batch[: order.warm_up])
    print("warm", flush=True)
    sys.stdin.readline()
    cpu, began = _cpu(), time.perf_counter()
    await load.run(clients, batch[order.warm_up :])
    ended, cpu = time.perf_counter(), _cpu() - cpu
    ordered = sorted(load.seconds)
    refusal = load.first_refusal.decode("latin-1")
    p50, p99 = percentile(ordered, 0.5), percentile(ordered, 0.99)
    return Result(began, ended, len(ordered), p50, p99, ordered[-1], cpu, load.refused, refusal)


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    order = msgspec.json.decode(sys.argv[1], type=Order)
    print(msgspec.json.encode(uvloop.run(generate(order))).decode(), flush=True)


if __name__ == "__main__":
    main()
