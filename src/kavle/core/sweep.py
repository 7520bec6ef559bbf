"""What time does to the queue, once a second; and the watch over the event loop itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

import structlog

from kavle.clock import Clock
from kavle.core.census import Census
from kavle.core.outage import Outage
from kavle.metrics import Metrics
from kavle.store.errors import StoreUnavailable
from kavle.store.store import Store

EVERY: Final = 1.0
LOOK_EVERY: Final = 15  # sweeps between walks through the queue, where it is not longer than they can go
FORGET_EVERY: Final = 3600  # and between looks through all segments that await their receipt
STALL: Final = 0.05

_log = structlog.get_logger("kavle.sweep")


class Sweep:
    def __init__(self, store: Store, clock: Clock, metrics: Metrics, wake: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._wake = wake
        self._census = Census(store, metrics)
        self._walking = False  # through the queue: a stretch with each sweep
        self._outage = Outage(_log, "the sweep can't be stored")

    async def run(self) -> None:
        turn = 0
        while True:
            try:
                await self.once(look=turn % LOOK_EVERY == 0)
                if turn % FORGET_EVERY == 0:
                    await self._forget()
            except StoreUnavailable as error:
                self._outage.began(error)
            else:
                self._outage.over()
            turn += 1
            await asyncio.sleep(EVERY)

    async def once(self, *, look: bool) -> None:
        now = self._clock.now()
        swept = await self._store.sweep(now)
        if swept.unsure:
            _log.warning("leases ended without outcomes", messages=swept.unsure)
        while await self._store.fold():
            pass
        while await self._store.keep_runs(now):
            pass
        if look:
            await self._look()
            self._walking = True
        if self._walking:
            self._walking = not await self._census.step(now)
        if swept.unsure:
            self._wake()

    async def _forget(self) -> None:
        while forgotten := await self._store.forget(self._clock.now()):
            _log.info("receipts are waited for no longer", segments=forgotten)
        while await self._store.forget_traffic(self._clock.now()):
            pass

    async def _look(self) -> None:
        self._metrics.held = await self._store.held_counts()
        self._metrics.uncalled = await self._store.inbox.uncalled()


async def watch_loop(metrics: Metrics) -> None:
    """Count the times that something held the event loop for more than 50 ms, and how much of it was work of
    our own: the rest is the machine's, whose other processes had the cores."""
    while True:
        before, worked = time.perf_counter(), time.thread_time()
        await asyncio.sleep(STALL)
        late = time.perf_counter() - before - STALL
        worked = time.thread_time() - worked
        if late > STALL:
            metrics.stalls += 1
            metrics.longest_stall = max(metrics.longest_stall, late)
            metrics.longest_work = max(metrics.longest_work, min(worked, late))
            _log.warning("the event loop stalled", milliseconds=round(late * 1000), work=round(worked * 1000))
