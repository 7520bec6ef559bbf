"""One link in use: its dispatcher and its carrier, from the first lease to the unbind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final

import structlog

from kavle.core.carrier import Carrier
from kavle.core.dispatch import Dispatcher

SETTLE: Final = 10.0
"""Seconds that a stop waits for the responses of what is in flight."""

_log = structlog.get_logger("kavle.links")


class Road:
    """`start`, then `stop` or `cut`, and `settled` in the end."""

    def __init__(self, carrier: Carrier, dispatcher: Dispatcher) -> None:
        self.carrier = carrier
        self._dispatcher = dispatcher
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, died: Callable[[BaseException], None]) -> None:
        """`died` is told what it died of, which is a bug."""

        def run(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
            task = asyncio.create_task(work, name=f"{name} {self.carrier.name}")
            task.add_done_callback(lambda task: _tell(task, died))
            return task

        self._dispatching = run(self._dispatcher.dispatch(self.carrier), "dispatch")
        self._linking = run(self.carrier.run(), "link")

    def wake(self, *, urgent: bool = False) -> None:
        self._dispatcher.wake(urgent=urgent)

    async def stop(self) -> None:
        """In this order: nothing more is leased, what is in flight is awaited and stored, what was not
        written goes back to the queue; then the link unbinds."""
        self._dispatcher.stop_leasing()
        # A lease that is being committed is still handed over.
        await asyncio.wait([self._dispatching], timeout=SETTLE)
        self.carrier.hold()
        await self.carrier.settle(SETTLE)
        await self._recorded()
        await self.carrier.close()
        await self._end()

    async def cut(self, seconds: float) -> None:
        """As `stop`, but the link is closed after so long, and the store is not waited for. May follow upon a
        `stop` that was cancelled."""
        self._dispatcher.stop_leasing()
        self.carrier.hold()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.carrier.settle(seconds / 2)
                await self.carrier.close()
        await self._end()

    async def settled(self) -> None:
        """Returns when the outcomes of a road that was stopped or cut are on disk, or after `SETTLE`."""
        await asyncio.wait([self._dispatching], timeout=SETTLE)
        await self._recorded()

    async def _recorded(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE):
                await self._dispatcher.settled()

    async def _end(self) -> None:
        """What is still in flight is Unsure from now on."""
        self._linking.cancel()
        await asyncio.wait([self._linking])


def _tell(task: asyncio.Task[None], died: Callable[[BaseException], None]) -> None:
    if not task.cancelled() and (bug := task.exception()) is not None:
        died(bug)
