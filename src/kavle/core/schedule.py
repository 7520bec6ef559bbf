"""What becomes due, and what bundles still have to become: in bounded steps, so that a million neither holds
the database nor delays an alarm."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from kavle.clock import Clock
from kavle.core.outage import Outage
from kavle.store.errors import StoreUnavailable
from kavle.store.store import Store

DUE_EVERY: Final = 0.25
"""Seconds between looks for what is due: the contract's second is one of a clock, not of a stopwatch."""
BUNDLES_EVERY: Final = 1.0
"""Seconds between looks for bundles that nobody told of: those that a dead process left."""

_log = structlog.get_logger("kavle.schedule")


class Schedule:
    """`run` until it is cancelled. `wake` is told when jobs have become ready."""

    def __init__(self, store: Store, clock: Clock, wake: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._wake = wake
        self._expanding = asyncio.Event()
        self._outage = Outage(_log, "what is due, or a bundle, has to wait")

    def expand(self) -> None:
        """There is a new bundle, or one to be ended."""
        self._expanding.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._promote())
            group.create_task(self._advance())

    async def once(self) -> None:
        """All that is to be done now."""
        await self._all(self._store.promote)
        await self._all(self._store.advance)

    async def _promote(self) -> None:
        while True:
            await self._all(self._store.promote)
            await asyncio.sleep(DUE_EVERY)

    async def _advance(self) -> None:
        while True:
            self._expanding.clear()
            await self._all(self._store.advance)
            try:
                async with asyncio.timeout(BUNDLES_EVERY):
                    await self._expanding.wait()
            except TimeoutError:
                continue

    async def _all(self, some: Callable[..., Awaitable[int]]) -> None:
        try:
            while await some(self._clock.now()):
                self._wake()
        except StoreUnavailable as error:
            self._outage.began(error)
        else:
            self._outage.over()
