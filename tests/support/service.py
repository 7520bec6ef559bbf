"""A gateway under a service manager: however it ends, it is started again."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from support.patience import PATIENCE
from support.processes import Process, started

KILLED = -signal.SIGKILL
_ENDS_IT = {signal.SIGTERM, signal.SIGKILL}
_AGAIN = 0.1  # seconds


class Service:
    """`kavle …`, again and again. `ends` tells of each life whether it had got ready, and its exit code."""

    def __init__(self, *arguments: str, log: Path, within: Sequence[str] = ()) -> None:
        """`within`: the command that starts it."""
        self.log = log
        self._within = within
        self.ends: list[tuple[bool, int]] = []
        self._arguments = arguments
        self._process: Process | None = None
        self._ready = asyncio.Event()
        self._ending = False
        self._task = asyncio.create_task(self._run())

    async def until_ready(self) -> Process:
        """A life that was not told to end."""
        async with asyncio.timeout(PATIENCE):
            await self._ready.wait()
        assert self._process is not None
        return self._process

    def signal(self, number: signal.Signals) -> None:
        """At any moment: also in the middle of its start, or when there is none."""
        if self._process is None or not self._process.running:
            return
        if number in _ENDS_IT:
            self._ending = True
            self._ready.clear()
        self._process.process.send_signal(number)

    async def stop(self) -> int:
        """In order, and for good; the exit code."""
        process = await self.until_ready()
        self._task.cancel()
        return await process.stop()

    async def end(self) -> None:
        """However it is."""
        self._task.cancel()
        if self._process is not None and self._process.running:
            await self._process.kill()

    async def _run(self) -> None:
        while True:
            self._process = await started(*self._arguments, log=self.log, within=self._within)
            self._ending = False
            was_ready = await self._process.ready()
            if was_ready and not self._ending:
                self._ready.set()
            code = await self._process.process.wait()
            self._ready.clear()
            self.ends.append((was_ready, code))
            await asyncio.sleep(_AGAIN)


@asynccontextmanager
async def service(*arguments: str, log: Path, within: Sequence[str] = ()) -> AsyncIterator[Service]:
    service = Service(*arguments, log=log, within=within)
    try:
        yield service
    finally:
        await service.end()
