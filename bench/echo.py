"""The cheapest HTTP server: it answers every request at once, with how many it has answered so far. The load
generator is tried on it, and Kannel's delivery reports go to it. A process of its own:

    python -m bench.echo        writes the port that it listens on

A GET of /count is answered, but not counted.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final, cast

import uvloop

_ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\n%012d"


class Echo(asyncio.Protocol):
    answered = 0

    def __init__(self) -> None:
        self._part = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._part:
            data = self._part + data
        *heads, self._part = data.split(b"\r\n\r\n")  # nobody sends it a body
        for head in heads:
            Echo.answered += not head.startswith(b"GET /count ")
            self._transport.write(_ANSWER % Echo.answered)


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    with contextlib.suppress(asyncio.CancelledError):
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
