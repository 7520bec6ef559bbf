"""Internal ids in blocks, and the partitions that their rows will need."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from kavle.store.postgres.rows import Db

BLOCK: Final = 256  # the sequence's INCREMENT
STALE: Final = 60.0
"""Seconds after which what is left of a block is not used: ids rise with time on all nodes, but for that."""
AHEAD: Final = 10_000_000
"""Ids beyond the newest for which there are partitions: one partition's worth at least."""

_BLOCKS: Final = "SELECT nextval('message_block') FROM generate_series(1, $1::int)"
_MAKE: Final = "SELECT make_partitions($1)"
_NEWEST: Final = "SELECT CASE WHEN is_called THEN last_value + 255 ELSE 0 END FROM message_block"


class Ids:
    """A block is taken in a transaction of its own, on disk before any id of it is used: so an id names one
    message for ever, and can be looked up when the answer to its commit was lost."""

    def __init__(self, pool: Db, now: Callable[[], float] = time.monotonic) -> None:
        """`pool`: outside any transaction."""
        self._pool = pool
        self._now = now
        self._taken_at = now()
        self._free: list[range] = []
        self._covered = 0
        self._db: Db | None = None

    def follow(self, db: Db) -> None:
        """`db` is what their rows are written by. With another connection than before, what is left of the
        blocks is dropped: after a failover the server may give them out again."""
        if db is not self._db:
            self._free, self._db = [], db

    async def take(self, count: int) -> list[int]:
        taken: list[int] = []
        if self._now() >= self._taken_at + STALE:
            self._free = []
        while len(taken) < count:
            if not self._free:
                await self._refill(count - len(taken))
            block = self._free.pop()
            part = block[: count - len(taken)]
            taken += part
            if len(part) < len(block):
                self._free.append(block[len(part) :])
        return taken

    def wants_partitions(self, newest: int) -> bool:
        return newest + AHEAD >= self._covered

    async def make_partitions(self, db: Db, newests: Sequence[int]) -> tuple[list[None], None]:
        """For the ids after each of `newests`. Harmless while others write: they wait for nothing in it."""
        self._covered = await db.fetchval(_MAKE, max(newests) + AHEAD)
        return [None] * len(newests), None

    async def _refill(self, count: int) -> None:
        self._taken_at = self._now()
        firsts = [row[0] for row in await self._pool.fetch(_BLOCKS, -(-count // BLOCK))]
        last = max(firsts) + BLOCK - 1
        if last >= self._covered:  # by now the sweep should have made them
            self._covered = await self._pool.fetchval(_MAKE, last)
        self._free = [range(first, first + BLOCK) for first in reversed(firsts)]


async def newest(db: Db) -> int:
    """No id above this one was ever given out, on any node."""
    found: int = await db.fetchval(_NEWEST)
    return found


async def newests(db: Db, askers: Sequence[None]) -> list[int]:
    """For each who asks at once."""
    return [await newest(db)] * len(askers)
