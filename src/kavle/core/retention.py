"""What is old goes, a little at a time: texts first, and later all but the ledger and the counts. And what an
account wants gone sooner than that."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import structlog

from kavle.clock import Clock
from kavle.core.doubt import Doubt
from kavle.core.outage import Outage, each
from kavle.model.keeping import Keep
from kavle.store.retention import Erase, Kept
from kavle.store.store import Store

EVERY: Final = 3600.0
PAUSE: Final = 0.1
"""Seconds between two chunks: others have most of the time."""
GRACE: Final = timedelta(days=1)
"""Chunks are for what is so much older still: by then a busy gateway has dropped it by the partition."""
AGAIN: Final = timedelta(hours=23)
"""Between two walks through all that an account has: what is spared in each of them is much."""

_log = structlog.get_logger("kavle.retention")


class Retention:
    """`run` until it is cancelled."""

    def __init__(self, store: Store, clock: Clock, keep: Keep) -> None:
        self._store = store
        self._doubt = Doubt(store, clock)
        self._keep = keep
        self._walked: dict[int, tuple[Keep, datetime]] = {}  # by account: for what, and when
        self._outage = Outage(_log, "what is old can't be erased")

    async def run(self) -> None:
        await each(EVERY, self.once, self._outage)

    async def once(self) -> None:
        now = await self._doubt.believed()
        if now is None:
            return
        for kind, age in _ages(self._keep):
            before = now - age
            if partitions := await self._store.drop(Erase(kind, before)):
                _log.info("old partitions are dropped", kind=kind, partitions=partitions)
            await self._erase(Erase(kind, before - GRACE))
        for line in await self._store.accounts():
            sooner = self._keep.sooner(line.settings)
            if sooner != Keep() and (account := await self._store.account(line.name)) is not None:
                await self._walk(account.id, sooner, now)

    async def _walk(self, account_id: int, sooner: Keep, now: datetime) -> None:
        """All of an account, from its first row on: no partition goes with it, and nothing is to be waited
        for."""
        before, at = self._walked.get(account_id, (None, now))
        if before == sooner and timedelta(0) <= now - at < AGAIN:
            return
        for kind, age in _ages(sooner):
            await self._erase(Erase(kind, now - age, account_id=account_id))
        self._walked[account_id] = sooner, now

    async def _erase(self, first: Erase) -> None:
        after: int | None = first.after
        rows = 0
        while after is not None:
            erased = await self._store.erase(Erase(first.kind, first.before, after, first.account_id))
            rows, after = rows + erased.rows, erased.after
            await asyncio.sleep(PAUSE)
        if rows:
            _log.info("what was old is erased", kind=first.kind, rows=rows)


def _ages(keep: Keep) -> Iterator[tuple[Kept, timedelta]]:
    """Which are to be erased at all, in their order."""
    for kind in Kept:
        age = keep.messages
        if kind in (Kept.FILES, Kept.TEXTS):
            age = keep.texts
        elif kind is Kept.AUDIT:
            age = keep.audit
        if age is not None:
            yield kind, age
