"""The HTTP server as one task among others: who starts it owns the loop and the signals."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Coroutine, Mapping, Sequence
from email.utils import formatdate
from types import TracebackType
from typing import Any, Final, Self

import structlog

from kavle.clock import Clock
from kavle.north.caller import Admission
from kavle.north.connection import SPARE, Connection
from kavle.north.giving_way import Connected, GivingWay
from kavle.north.handshake import TlsListener
from kavle.north.http import App
from kavle.north.listener import Arrived, Listener, ListenError
from kavle.north.settings import HttpSettings, ListenerSettings
from kavle.north.throttle import Doublings
from kavle.north.tls import Certificate

Bound = Mapping[str, Sequence[socket.socket]]
NOT_BOUND: Final[Bound] = {}

_RENEWAL_TICKS: Final = 60
_LEFT_BEHIND: Final = 2
"""Requests under way for each connection that there may be: who calls and leaves again leaves a commit behind
that is not over yet."""

_log = structlog.get_logger("kavle.http")


class HttpServer:
    """`async with HttpServer(app, settings) as server:` listens; leaving it stops as `stop` does."""

    def __init__(self, app: App, settings: HttpSettings, clock: Clock, bound: Bound = NOT_BOUND) -> None:
        """`bound`: what listens already, by how the settings call its listener."""
        self.app = app
        self.settings = settings
        self._clock = clock
        self.connections: set[Connection] = set()
        self.tasks: set[asyncio.Task[None]] = set()  # requests under way
        self.date = b""  # the header, of this second
        self.listeners = [self._listener(key, one, bound.get(key, ())) for key, one in settings.listeners()]
        self._ticker: asyncio.Task[None]
        self._empty = asyncio.Event()
        self._giving_way = GivingWay()
        self._parted = Doublings()  # by network
        self.stopping = False

    async def start(self) -> None:
        """Raises ListenError for an address that can't be had, SettingsError for a certificate."""
        for certificate in self.certificates():
            certificate.load(self._clock.now())
        try:
            for listener in self.listeners:
                await listener.open(self._connection)
        except ListenError:
            self._close()
            raise
        self._date()
        self._ticker = asyncio.create_task(self._tick())

    @property
    def port(self) -> int:
        """That of the first listener, `[http] port`."""
        return self.listeners[0].port

    def certificates(self) -> list[Certificate]:
        return [listener.certificate for listener in self._by_tls()]

    def crowd(self) -> int:
        """How many are connected, or about to be, by all listeners together."""
        return len(self.connections) + sum(len(one.arriving) for one in self._by_tls())

    @property
    def overrun(self) -> bool:
        """By requests whose callers have left."""
        return len(self.tasks) >= _LEFT_BEHIND * self.settings.connections

    def make_room(self) -> bool:
        """For one more connection; whether it may come, if only to be told that it is one too many."""
        while self.crowd() >= self.settings.connections and self._one_gives_way():
            pass
        return self.crowd() < self.settings.connections + SPARE

    def _one_gives_way(self) -> bool:
        everybody: list[Connected] = [*self.connections, *(a for one in self._by_tls() for a in one.arriving)]
        gone = self._giving_way.one(everybody)
        if gone is None:
            return False
        if times := self._parted.next(gone.network):
            _log.warning(
                "as many connections as there may be: one that was silent or slow is closed for a new one",
                address=gone.network,
                times=times,
            )
        return True

    def _by_tls(self) -> list[TlsListener]:
        return [listener for listener in self.listeners if isinstance(listener, TlsListener)]

    def _listener(self, key: str, settings: ListenerSettings, bound: Sequence[socket.socket]) -> Listener:
        if settings.tls is None:
            return Listener(key, settings, bound)
        limits = self.settings
        return TlsListener(key, settings, self.make_room, limits.head_seconds, limits.body_seconds, bound)

    def _connection(self, admission: Admission, arrived: Arrived) -> Connection:
        return Connection(self, asyncio.get_running_loop(), admission, arrived)

    async def stop(self) -> None:
        """The listener closes, requests under way finish or are cut off after `stop_seconds`."""
        self.stopping = True
        self._close()
        self.left()
        for connection in list(self.connections):
            connection.shutdown()
        try:
            async with asyncio.timeout(self.settings.stop_seconds):
                while self.tasks:
                    await asyncio.wait(self.tasks)
                await self._empty.wait()
        except TimeoutError:
            await self._cut_off()
        self._ticker.cancel()

    def _close(self) -> None:
        for listener in self.listeners:
            listener.close()

    async def _cut_off(self) -> None:
        for connection in list(self.connections):
            connection.transport.abort()
        tasks = list(self.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def sweep(self, now: float) -> None:
        """Let go of connections that have waited too long; `now` in the loop's time."""
        for connection in list(self.connections):
            if connection.deadline <= now:
                connection.expire()

    def run(self, request: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(request)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def left(self) -> None:
        """A connection may have been the last."""
        if self.stopping and not self.connections:
            self._empty.set()

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        for tick in itertools.count(1):
            await asyncio.sleep(1)
            self._date()
            self.sweep(loop.time())
            if tick % _RENEWAL_TICKS == 0:
                await self.renew()

    async def renew(self) -> None:
        """Take certificates whose files have changed."""
        for certificate in self.certificates():
            await asyncio.to_thread(certificate.renew, self._clock.now())

    def _date(self) -> None:
        self.date = f"date: {formatdate(usegmt=True)}\r\n".encode()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
