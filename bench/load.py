"""The load generator, a process of its own: keep-alive connections, each in a closed loop, and then, if
that is asked for, all of them at a steady rate.

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
from collections import deque
from collections.abc import AsyncIterator, Sequence
from itertools import cycle, islice
from typing import Final, cast

import msgspec
import uvloop

from bench.shapes import YES, Shape, questions, requests

_TICK: Final = 0.001  # seconds between looks at what is due
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


class Order(msgspec.Struct, frozen=True):
    shape: Shape
    ports: list[int]  # the connections are dealt out to them
    connections: int
    count: int
    warm_up: int = 0
    report_port: int | None = None
    steady: float = 0.0
    """After so many in a closed loop as many again, at this share of its rate: p50, p99 and `longest` are
    theirs, and count from when each was due, whether or not there was a connection for it then."""
    asks: bool = False
    """For another line it asks for each message's status, in a closed loop, and writes a second result."""


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
    """What the connections share. One that is free gets the next request that is due."""

    def __init__(self, shape: Shape, keep: bool = False) -> None:
        """`keep`: the answers."""
        self.yes = YES[shape].search
        self.answers: list[bytes] | None = [] if keep else None
        self.refused = 0
        self.first_refusal = b""
        self.seconds = array("d")
        self._free: deque[Client] = deque()
        self._due: deque[tuple[bytes, float | None]] = deque()
        self._missing = 0
        self._answered: asyncio.Future[None]

    def join(self, client: Client) -> None:
        self._free.append(client)

    async def run(self, batch: Sequence[bytes]) -> None:
        """Each connection in a closed loop; returns when every request is answered."""
        self._begin(len(batch))
        self._due.extend((request, None) for request in batch)
        self._hand_out()
        await self._answered

    async def run_at(self, rate: float, batch: Sequence[bytes]) -> None:
        """So many a second, however long the answers take."""
        self._begin(len(batch))
        began, given = time.perf_counter(), 0
        while given < len(batch):
            owed = min(len(batch), int((time.perf_counter() - began) * rate) + 1)
            self._due.extend((batch[place], began + place / rate) for place in range(given, owed))
            given = owed
            self._hand_out()
            await asyncio.sleep(_TICK)
        await self._answered

    def answered(self, client: Client, answer: bytes, seconds: float) -> None:
        self.seconds.append(seconds)
        if not self.yes(answer):
            self.refused += 1
            self.first_refusal = self.first_refusal or answer
        elif self.answers is not None:
            self.answers.append(answer)
        self._free.append(client)
        self._hand_out()
        self._missing -= 1
        if not self._missing:
            self._answered.set_result(None)

    def lost(self, error: Exception) -> None:
        if not self._answered.done():
            self._answered.set_exception(error)

    def _begin(self, requests: int) -> None:
        self.seconds = array("d")
        self._missing = requests
        self._answered = asyncio.get_running_loop().create_future()

    def _hand_out(self) -> None:
        while self._due and self._free:
            self._free.popleft().ask(*self._due.popleft())


class Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._since = 0.0
        self._part = b""

    def ask(self, request: bytes, since: float | None) -> None:
        self._since = time.perf_counter() if since is None else since
        self._transport.write(request)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._load.join(self)

    def data_received(self, data: bytes) -> None:
        if self._part:
            data = self._part + data
        if not _complete(data):
            self._part = data
            return
        self._part = b""
        self._load.answered(self, data, time.perf_counter() - self._since)

    def connection_lost(self, error: Exception | None) -> None:
        self._load.lost(error or ConnectionError("the server closed a connection"))


def _complete(answer: bytes) -> bool:
    head = answer.find(b"\r\n\r\n")
    if head < 0:
        return False
    length = _LENGTH.search(answer, 0, head)
    return length is not None and len(answer) >= head + 4 + int(length[1])


def percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest rank: the least value that `share` of them don't exceed."""
    return ordered[max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)]


async def generate(order: Order) -> AsyncIterator[Result]:
    """One for each line that comes."""
    rounds = 2 if order.steady else 1
    batch = requests(order.shape, order.warm_up + rounds * order.count, order.ports[0], order.report_port)
    load = await _connected(Load(order.shape, order.asks), order)
    if order.warm_up:
        await load.run(batch[: order.warm_up])
    print("warm", flush=True)
    sys.stdin.readline()
    closed, steady = batch[order.warm_up :][: order.count], batch[order.warm_up + order.count :]
    yield await _timed(load, closed, steady, order.steady)
    if load.answers is not None:
        asking = await _connected(Load(Shape.STATUS), order)
        batch = questions(load.answers[-order.count :], order.ports[0])
        sys.stdin.readline()
        yield await _timed(asking, batch)


async def _connected(load: Load, order: Order) -> Load:
    loop = asyncio.get_running_loop()
    for port in islice(cycle(order.ports), order.connections):
        await loop.create_connection(lambda: Client(load), "127.0.0.1", port)
    return load


async def _timed(
    load: Load, closed: Sequence[bytes], steady: Sequence[bytes] = (), share: float = 0.0
) -> Result:
    """`steady`: those that come after that, at that share of the rate."""
    cpu, began = _cpu(), time.perf_counter()
    await load.run(closed)
    ended, cpu = time.perf_counter(), _cpu() - cpu
    if steady:
        await load.run_at(share * len(closed) / (ended - began), steady)
    ordered = sorted(load.seconds)
    refusal = load.first_refusal.decode("latin-1")
    p50, p99 = percentile(ordered, 0.5), percentile(ordered, 0.99)
    return Result(began, ended, len(ordered), p50, p99, ordered[-1], cpu, load.refused, refusal)


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def main() -> None:
    async for result in generate(msgspec.json.decode(sys.argv[1], type=Order)):
        print(msgspec.json.encode(result).decode(), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
