"""Customers' web applications, as real servers on loopback: they do what a test tells them, and know what
they were asked."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qsl, unquote, unquote_to_bytes

Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]


def says(body: bytes, status: str = "200 OK", *headers: str) -> Behaviour:
    """A whole answer."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        head = [f"HTTP/1.1 {status}", "Content-Type: text/plain", f"Content-Length: {len(body)}", *headers]
        writer.write("\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body)

    return answer


def writes(data: bytes) -> Behaviour:
    """These bytes, whatever they are, and the end of the connection."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        writer.close()

    return answer


def endless(head: bytes, piece: bytes) -> Behaviour:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)

    return answer


def redirects(to: str) -> Behaviour:
    return says(b"", "302 Found", f"Location: {to}")


async def silent(writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


OK = says(b"OK")


class Receiver:
    """`behaviour` is what it does next; `targets` what it was asked for, in order, and `heads` the whole."""

    def __init__(self, behaviour: Behaviour = OK, scheme: str = "http") -> None:
        self.behaviour = behaviour
        self.scheme = scheme
        self.heads: list[bytes] = []
        self.connections = 0
        self.port = 0
        self._came = asyncio.Condition()
        self._open: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def targets(self) -> list[str]:
        return [head.split(b" ", 2)[1].decode("ascii") for head in self.heads]

    @property
    def calls(self) -> list[dict[str, bytes]]:
        """Their parameters, unescaped and not decoded."""
        return [query(target) for target in self.targets]

    async def asked(self, times: int, seconds: float = 60) -> None:
        """Returns when it has been asked so often."""
        async with asyncio.timeout(seconds), self._came:
            await self._came.wait_for(lambda: len(self.heads) >= times)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                async with self._came:
                    self.heads.append(head)
                    self._came.notify_all()
                await self.behaviour(writer)
        self._open.discard(task)
        writer.close()

    def hang_up(self) -> None:
        """Close all connections."""
        for task in self._open:
            task.cancel()


def query(target: str) -> dict[str, bytes]:
    raw = target.partition("?")[2]
    return {
        unquote(key): unquote_to_bytes(value) for key, value in (one.split("=", 1) for one in raw.split("&"))
    }


def names(target: str) -> list[str]:
    return [key for key, _ in parse_qsl(target.partition("?")[2], encoding="latin-1", keep_blank_values=True)]


@asynccontextmanager
async def receiver(
    behaviour: Behaviour = OK, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Receiver]:
    one = Receiver(behaviour, "https" if tls else "http")
    server = await asyncio.start_server(one.serve, host, 0, ssl=tls)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()
        one.hang_up()
        await server.wait_closed()
