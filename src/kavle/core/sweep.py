"""What time does to the queue, once a second; and the watch over the event loop itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import count
from typing import Final

import structlog

from kavle.clock import Clock
from kavle.core.census import Census
from kavle.core.dispatch import LEASE
from kavle.core.doubt import Doubt
from kavle.core.outage import Outage, each
from kavle.core.steps import Steps
from kavle.metrics import Metrics
from kavle.store.store import Store
from kavle.store.types import FIRST_AWAITED, Awaited

EVERY: Final = 1.0
LOOK_EVERY: Final = 15  # sweeps between walks through the queue, where it is not longer than they can go
FORGET_EVERY: Final = 3600.0  # between walks through all segments that await their receipt
PAUSE: Final = 0.1
"""Seconds between two stretches of such a walk: others have most of the time."""
STALL: Final = 0.05
LOOP_LOG: Final = "kavle.loop"

_log = structlog.get_logger("kavle.sweep")
_loop_log = structlog.get_logger(LOOP_LOG)


class Sweep:
    def __init__(self, store: Store, clock: Clock, metrics: Metrics, wake: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._wake = wake
        self._census = Census(store, metrics)
        self._steps = Steps(clock, LEASE)
        self._doubt = Doubt(store, clock)
        self._walking = False  # through the queue: a stretch with each sweep
        self._turns = count()
        self._outage = Outage(_log, "the sweep can't be stored")
        self._unforgotten = Outage(_log, "what is waited for in vain can't be forgotten")

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(each(EVERY, self._next, self._outage))
            group.create_task(each(FORGET_EVERY, self._forget, self._unforgotten))

    async def _next(self) -> None:
        await self.once(look=next(self._turns) % LOOK_EVERY == 0)

    async def once(self, *, look: bool) -> None:
        now = self._clock.now()
        swept = await self._store.sweep(now, leases=self._steps.calm(now))
        self._metrics.stored_at = time.monotonic()
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
        now = await self._doubt.believed()
        if now is None:
            return
        after: Awaited | None = FIRST_AWAITED
        rows = 0
        while after is not None:
            forgotten = await self._store.forget(now, after)
            rows, after = rows + forgotten.rows, forgotten.after
            await asyncio.sleep(PAUSE)
        if rows:
            _log.info("receipts are waited for no longer", segments=rows)
        while await self._store.forget_traffic(now):
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
            _loop_log.warning(
                "the event loop stalled", milliseconds=round(late * 1000), work=round(worked * 1000)
            )
