"""A wire to PostgreSQL that can be cut at a word: before it, behind it, or on the caller's side alone."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

SOCKET = ".s.PGSQL.5432"


class Cut(Enum):
    BEFORE = auto()  # the server never hears the word
    AFTER = auto()  # the server has done it, and its answer is lost
    LATE = auto()  # the caller's side is cut at once; the server hears the word half a second later


class Wire:
    """`url` leads through it. `cut(b"COMMIT", Cut.AFTER)` cuts the next connection that says COMMIT."""

    def __init__(self, url: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="wire-"))
        target = parse_qs(urlsplit(url).query)["host"][0]
        self._target = f"{target}/{SOCKET}"
        self.target = url
        self.url = url.replace(target, str(self._folder))
        self.dark = False  # no new connections
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._trap: tuple[bytes, Cut] | None = None
        self._server: asyncio.Server
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self._folder / SOCKET)

    async def stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # what was closed in these tasks is closed in the next turn
        shutil.rmtree(self._folder)

    @property
    def armed(self) -> bool:
        """Nobody has said the word yet."""
        return self._trap is not None

    def freeze(self) -> None:
        """From now on nothing comes through, and nobody is told."""
        self._flowing.clear()

    def thaw(self) -> None:
        self._flowing.set()

    def cut(self, word: bytes, how: Cut) -> None:
        self._trap = word, how

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if not self.dark:
                # Whom `stop` cancels must not end as cancelled: asyncio's callback for it can't bear that.
                with suppress(OSError, asyncio.CancelledError):
                    await self._join(reader, writer)
        finally:
            writer.close()
            self._tasks.discard(task)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_unix_connection(self._target)
        answers = asyncio.create_task(_pump(from_server, writer, self._flowing))
        try:
            while data := await reader.read(65536):
                await self._flowing.wait()
                if self._trap is not None and self._trap[0] in data:
                    how, self._trap = self._trap[1], None
                    answers.cancel()
                    return await _end(how, data, from_server, to_server, writer)
                to_server.write(data)
                await to_server.drain()
        finally:
            answers.cancel()
            to_server.close()


async def _end(
    how: Cut,
    data: bytes,
    from_server: asyncio.StreamReader,
    to_server: asyncio.StreamWriter,
    writer: asyncio.StreamWriter,
) -> None:
    with suppress(OSError):
        if how is Cut.LATE:
            writer.close()
            await asyncio.sleep(0.5)
        if how is not Cut.BEFORE:
            to_server.write(data)
            await from_server.read(65536)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flowing: asyncio.Event) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            await flowing.wait()
            writer.write(data)
            await writer.drain()
    writer.close()
