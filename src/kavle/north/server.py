"""The HTTP server as one task among others: who starts it owns the loop and the signals."""

from __future__ import annotations

import asyncio
from email.utils import formatdate
from types import TracebackType
from typing import Any, Final, Self, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from kavle.north.caller import Admission
from kavle.north.connection import Connection
from kavle.north.http import App
from kavle.north.settings import HttpSettings

_BACKLOG: Final = 1024


class HttpServer:
    """`async with HttpServer(app, settings) as server:` listens; leaving it stops as `stop` does."""

    def __init__(self, app: App, settings: HttpSettings) -> None:
        self.app = app
        self.settings = settings
        self.config = Config(
            cast(Any, app),
            http=Connection,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
        )
        self.config.load()
        self.state = ServerState()
        self._listener: asyncio.Server
        self._ticker: asyncio.Task[None]
        self._empty = asyncio.Event()
        self.stopping = False

    async def start(self) -> None:
        """Raises OSError when it can't listen."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            lambda: Connection(self, loop, Admission()),
            self.settings.host,
            self.settings.port,
            backlog=_BACKLOG,
        )
        self._date()
        self._ticker = asyncio.create_task(self._tick())

    @property
    def port(self) -> int:
        """The port that it listens at; of interest when the settings say 0."""
        return int(self._listener.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """The listener closes, requests under way finish or are cut off after `stop_seconds`."""
        self.stopping = True
        self._listener.close()
        self.left()
        for connection in list(self.state.connections):
            connection.shutdown()
        try:
            async with asyncio.timeout(self.settings.stop_seconds):
                while self.state.tasks:
                    await asyncio.wait(self.state.tasks)
                await self._empty.wait()
        except TimeoutError:
            await self._cut_off()
        self._ticker.cancel()

    async def _cut_off(self) -> None:
        for connection in list(self.state.connections):
            connection.transport.abort()
        tasks = list(self.state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def sweep(self, now: float) -> None:
        """Let go of connections that have waited too long; `now` in the loop's time."""
        for connection in list(self.state.connections):
            if isinstance(connection, Connection) and connection.deadline <= now:
                connection.expire()

    def left(self) -> None:
        """A connection may have been the last."""
        if self.stopping and not self.state.connections:
            self._empty.set()

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(1)
            self._date()
            self.sweep(loop.time())

    def _date(self) -> None:
        self.state.default_headers = [(b"date", formatdate(usegmt=True).encode())]

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
