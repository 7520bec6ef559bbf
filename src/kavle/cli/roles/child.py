"""One north process, as the engine has it."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from kavle import __version__
from kavle.cli.config import Settings
from kavle.cli.roles.counts import Counted
from kavle.cli.roles.orders import BEAT, CHANGED, COUNT, START, STOP, STORED, Start, name_of
from kavle.cli.roles.pulse import Pulse
from kavle.model.errors import OutcomeUnknown
from kavle.north.server import Bound
from kavle.store.errors import RowRefused, StoreError, StoreUnavailable
from kavle.store.sqlite.line import Heard, Line, Served, reading

_SPARE: Final = 10.0
"""Seconds that it has to end besides those that its requests have."""
_LONGEST_START: Final = 120.0  # seconds; on a cold disk and a busy machine it takes some

_log = structlog.get_logger("kavle.norths")


class Child:
    """`start`, then `ended` until it is over; `stop` in between. It lives no longer than its line to us."""

    def __init__(self, number: int, served: Mapping[str, Served], heard: Mapping[str, Heard]) -> None:
        self.name = name_of(number)
        self._number = number
        self._lost = asyncio.Event()
        self._line = Line(served, heard, self._lost.set)
        self._pulse = Pulse(lambda: self._line.call(BEAT, None, reading(None)))
        self._process: asyncio.subprocess.Process
        self._patience = _SPARE

    async def start(self, settings: Settings, bound: Bound) -> None:
        """Returns when it serves. Raises `StoreError` or `SettingsError` when it can't."""
        self._patience = settings.http.stop_seconds + _SPARE
        sockets = {key: [one.fileno() for one in some] for key, some in bound.items()}
        descriptors = [one for some in sockets.values() for one in some]
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = await _started(self._number, theirs, descriptors)
            except BaseException:
                ours.close()
                raise
        try:
            await self._line.open(ours)
            async with asyncio.timeout(_LONGEST_START):
                await self._line.call(START, Start(__version__, settings, sockets), reading(None))
        except BaseException as error:
            await self.kill()
            if isinstance(error, TimeoutError):
                raise StoreError(f"{self.name} did not serve within {_LONGEST_START:g} s") from error
            if isinstance(error, OutcomeUnknown | StoreUnavailable | RowRefused):
                raise StoreError(f"{self.name} ended while it started: see the log") from error
            raise

    def tell_stored(self, at: float) -> None:
        self._line.tell(STORED, at)

    def tell_changed(self, account: str) -> None:
        self._line.tell(CHANGED, account)

    def look(self) -> None:
        """To be called each second. One that stands still is killed, which is then as if it had died."""
        if self._pulse.turn():
            _log.error("a process stands still, and is killed", process=self.name)
            self._kill()

    def count(self) -> asyncio.Future[Counted]:
        return self._line.call(COUNT, None, reading(Counted))

    async def stop(self) -> None:
        """In order: what it has begun is finished."""
        self._line.tell(STOP)
        if code := await self.ended(self._patience):
            _log.error("a process did not stop in order", process=self.name, code=code)

    async def ended(self, seconds: float | None = None) -> int:
        """Its exit code, once it is over; after so many seconds it is made to end."""
        try:
            async with asyncio.timeout(seconds):
                await self._lost.wait()
            async with asyncio.timeout(self._patience):
                return await self._process.wait()
        except TimeoutError:
            return await self.kill()

    async def kill(self) -> int:
        self._kill()
        return await self._process.wait()

    def _kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()


async def _started(
    number: int, line: socket.socket, descriptors: Sequence[int]
) -> asyncio.subprocess.Process:
    """Its standard input is the line; nobody else can get at that."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "kavle.cli.north", str(number), stdin=line.fileno(), pass_fds=descriptors
    )
