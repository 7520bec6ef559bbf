"""A line between a node and what it lives by (its database, its network) that can be cut in the ways in which
real ones are: with a word to both ends, or without any."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import Enum, auto

from support.processes import LOOPBACK

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close by a reset


class Trouble(Enum):
    CUT = auto()  # every connection is reset, and each new one
    STALLED = auto()  # nothing comes through, and nobody is told; what was on its way comes when it is over
    DEAF = auto()  # as STALLED, but what the node says is heard: only the answers are held up
    LOST = auto()  # as STALLED, but what was connected stays dead for ever, and neither end is told


class _Way:
    """One direction of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lost = False
        self._reader = reader
        self._writer = writer

    async def carry(self, open: asyncio.Event) -> None:
        """Until an end closes it, of which the other hears where anything is heard at all."""
        with suppress(OSError):
            while data := await self._reader.read(65536):
                await open.wait()
                if not self.lost:
                    self._writer.write(data)
                    await self._writer.drain()
        await open.wait()
        if not self.lost:
            self._writer.close()


class Line:
    """Listens at `port`; each connection leads on to what `dial` opens. One trouble at a time."""

    def __init__(self, dial: Callable[[], Awaitable[Ends]], host: str = LOOPBACK) -> None:
        self._dial = dial
        self._host = host
        self._refusing = False
        self._there, self._back = asyncio.Event(), asyncio.Event()
        self._ways: set[_Way] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.mend()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, self._host, 0)
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.cut()
        await asyncio.sleep(0)  # what was closed is closed in the next turn

    def strike(self, trouble: Trouble) -> None:
        if trouble is Trouble.CUT:
            self._refusing = True
            self.cut()
            return
        self._back.clear()
        if trouble is not Trouble.DEAF:
            self._there.clear()
        if trouble is Trouble.LOST:
            for way in self._ways:
                way.lost = True

    def mend(self) -> None:
        self._refusing = False
        self._there.set()
        self._back.set()

    def cut(self) -> None:
        """Whoever is connected is told that he is no longer, those of lost connections too."""
        for writer in self._writers:
            if (connection := writer.get_extra_info("socket")) is not None:
                with suppress(OSError):  # a socket of the file system knows no resets
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            # Whom `stop` cancels must not end as cancelled: asyncio's callback for it can't bear that.
            with suppress(OSError, asyncio.CancelledError):
                await self._there.wait()
                if not self._refusing:
                    await self._join(reader, writer)
        finally:
            writer.transport.abort()
            self._writers.discard(writer)
            self._tasks.discard(task)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_far, to_far = await self._dial()
        self._writers.add(to_far)
        there, back = _Way(reader, to_far), _Way(from_far, writer)
        self._ways |= {there, back}
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(there.carry(self._there))
                both.create_task(back.carry(self._back))
        finally:
            self._ways -= {there, back}
            self._writers.discard(to_far)
            to_far.transport.abort()
