"""What is old goes, a little at a time: texts first, and later all but the ledger and the counts."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from kavle.clock import Clock
from kavle.core.outage import Outage, each
from kavle.store.retention import Erase, Kept
from kavle.store.store import Store

EVERY: Final = 3600.0
PAUSE: Final = 0.1
"""Seconds between two chunks: others have most of the time."""
GRACE: Final = timedelta(days=1)
"""Chunks are for what is so much older still: by then a busy gateway has dropped it by the partition."""

_log = structlog.get_logger("kavle.retention")


class Retention:
    """`run` until it is cancelled. None keeps for ever."""

    def __init__(
        self, store: Store, clock: Clock, texts: timedelta | None, messages: timedelta | None
    ) -> None:
        self._store = store
        self._clock = clock
        self._ages = dict.fromkeys(Kept, messages) | dict.fromkeys((Kept.FILES, Kept.TEXTS), texts)
        self._outage = Outage(_log, "what is old can't be erased")

    async def run(self) -> None:
        await each(EVERY, self.once, self._outage)

    async def once(self) -> None:
        for kind, age in self._ages.items():
            if age is not None:
                await self._erase(kind, age)

    async def _erase(self, kind: Kept, age: timedelta) -> None:
        before = self._clock.now() - age
        if partitions := await self._store.drop(Erase(kind, before)):
            _log.info("old partitions are dropped", kind=kind, partitions=partitions)
        after: int | None = 0
        rows = 0
        while after is not None:
            erased = await self._store.erase(Erase(kind, before - GRACE, after))
            rows, after = rows + erased.rows, erased.after
            await asyncio.sleep(PAUSE)
        if rows:
            _log.info("what was old is erased", kind=kind, rows=rows)
