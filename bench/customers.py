"""Customers' web applications: quick ones, and some that never answer. Each notes how long after its phone's
sending a message is called for, by the time that stands in the text. A process of its own:

    python -m bench.customers '{"quick": 9, "hanging": 1}'

It writes its ports, the quick ones first. For each line that it reads it writes what it has noted so far.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from array import array
from typing import Final, cast

import msgspec
import uvloop

from bench.load import percentile

_ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nOK"
_CALL: Final = re.compile(rb"[?&]incsmsid=(\d+)&sender=[^&]*&text=([\d.]+)%20")


class Order(msgspec.Struct, frozen=True):
    quick: int
    hanging: int


class Noted(msgspec.Struct, frozen=True):
    """Of the quick ones. Times are seconds, from the phone to the call; `at` is Unix time, of the last."""

    messages: int
    calls: int  # more, where some came twice
    at: float
    p50: float
    p99: float
    longest: float


class Notes:
    def __init__(self) -> None:
        self.ids: set[bytes] = set()
        self.late = array("d")
        self.calls = 0
        self.at = 0.0

    def take(self, head: bytes) -> None:
        call = _CALL.search(head)
        if call is None:
            raise ValueError(f"no call of ours: {head[:200]!r}")
        self.calls += 1
        self.at = time.time()
        if call[1] not in self.ids:
            self.ids.add(call[1])
            self.late.append(self.at - float(call[2]))

    def noted(self) -> Noted:
        late = sorted(self.late) or [0.0]
        return Noted(
            len(self.ids), self.calls, self.at, percentile(late, 0.5), percentile(late, 0.99), late[-1]
        )


class Quick(asyncio.Protocol):
    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._part = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        *heads, self._part = (self._part + data).split(b"\r\n\r\n")
        for head in heads:
            self._notes.take(head)
            self._transport.write(_ANSWER)


async def main() -> None:
    order = msgspec.json.decode(sys.argv[1], type=Order)
    loop, notes = asyncio.get_running_loop(), Notes()
    makers = [lambda: Quick(notes)] * order.quick + [asyncio.Protocol] * order.hanging
    servers = [await loop.create_server(make, "127.0.0.1", 0) for make in makers]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    asked = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(asked), sys.stdin)
    while await asked.readline():
        print(msgspec.json.encode(notes.noted()).decode(), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
