"""What callbacks came to, on its way to the disk: in batches, and for as long as that takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

import structlog

from kavle.clock import Clock
from kavle.core.outage import Outage
from kavle.metrics import Metrics
from kavle.model.callback import CallbackTry, LeasedCallback, Verdict
from kavle.store.errors import StoreUnavailable
from kavle.store.store import Store

RETRY_STORE: Final = 1.0

_NAMES: Final = {
    Verdict.DONE: "ok",
    Verdict.AGAIN: "again",
    Verdict.FAILED: "failed",
    Verdict.UNTRIED: "untried",
}

_log = structlog.get_logger("kavle.callbacks")


class Tries:
    """`run` until it is cancelled. `recorded` is called when a batch is on disk: its numbers are free."""

    def __init__(self, store: Store, clock: Clock, metrics: Metrics, recorded: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._on_recorded = recorded
        self._told = asyncio.Event()  # there are some to record
        self._open: list[CallbackTry] = []
        self._recording = asyncio.Lock()
        self._outage = Outage(_log, "callbacks wait to be recorded")

    def tell(self, one: CallbackTry) -> None:
        self._open.append(one)
        self._told.set()

    def give_back(self, callbacks: Iterable[LeasedCallback]) -> None:
        """They were not made, or cut short, and count as no try."""
        now = self._clock.now()
        for callback in callbacks:
            self.tell(CallbackTry(callback.lease, Verdict.UNTRIED, now))

    async def run(self) -> None:
        """However long it takes: what is lost would be called for again."""
        while True:
            await self._told.wait()
            self._told.clear()
            if not await self.recorded():
                await asyncio.sleep(RETRY_STORE)

    async def recorded(self) -> bool:
        """Whether what was to be recorded until now is on disk."""
        async with self._recording:
            batch, self._open = self._open, []
            if not batch:
                return True
            try:
                counted = await self._store.inbox.record(batch)
            except StoreUnavailable as error:
                self._outage.began(error, calls=len(batch))
                self._open = batch + self._open
                self._told.set()
                return False
        self._outage.over()
        self._count(batch, counted)
        self._on_recorded()
        return True

    def _count(self, batch: list[CallbackTry], counted: int) -> None:
        for one in batch:
            self._metrics.callbacks[_NAMES[one.verdict]] += 1
        self._metrics.fenced_callbacks += len(batch) - counted
