"""What time ends: leases, messages, and waiting receipts.
Every step is bounded, and passes over what another node is just working on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from kavle.store.job import LONGEST_LEASE_MS
from kavle.store.matching import HORIZON_MS
from kavle.store.postgres.accounts import Change, refund
from kavle.store.postgres.expire import expire
from kavle.store.postgres.outcomes import end_leases
from kavle.store.postgres.rows import Db, columns
from kavle.store.rows import JobState, to_ms
from kavle.store.types import Awaited, Swept

BATCH: Final = 500
STRETCH: Final = 10_000
"""Open segments of one stretch of a walk through them."""
MOST_WAITING: Final = 100_000
"""Receipts kept for segments that nobody knows; the oldest beyond these are dropped."""

_EVER: Final = 0

_ENDED: Final = (
    # "state <> 0" is what makes the planner see that the partial index job_due serves.
    "SELECT message_id FROM job WHERE state = $1 AND state <> 0 AND due BETWEEN $2 AND $3 ORDER BY due"
    " LIMIT $4 FOR UPDATE SKIP LOCKED"
)
_SHORTEN: Final = (
    # It was taken before the clock was set back.
    "UPDATE job SET due = $1 WHERE message_id = ANY(ARRAY(SELECT message_id FROM job"
    " WHERE state = $2 AND state <> 0 AND due > $1 FOR UPDATE SKIP LOCKED))"
)
_FIRST_ENDED: Final = (
    "SELECT due FROM job WHERE state = $1 AND state <> 0 AND due BETWEEN $2 AND $3 ORDER BY due LIMIT 1"
)
_OLD_WAITING: Final = (
    # Ids rise as receipts come, so the oldest are the first.
    "DELETE FROM waiting WHERE id = ANY(ARRAY(SELECT id FROM"
    " (SELECT id, at FROM waiting ORDER BY id LIMIT $2) AS oldest"
    " WHERE at < $1 OR id <= (SELECT max(id) FROM waiting) - $3)) RETURNING id"
)
_KEY: Final = "domain, network_id, message_id, number, attempt"
_BEHIND: Final = f"({_KEY}) > ($1::bigint, $2::text, $3::bigint, $4::smallint, $5::int)"
_END: Final = f"SELECT {_KEY} FROM awaiting WHERE {_BEHIND} ORDER BY {_KEY} LIMIT 1 OFFSET $6::bigint"  # noqa: S608
_STALE: Final = (
    f"SELECT {_KEY} FROM (SELECT {_KEY}, at FROM awaiting WHERE {_BEHIND}"  # noqa: S608 -- ours
    f" ORDER BY {_KEY} LIMIT $6::bigint) AS stretch WHERE at < $7 ORDER BY {_KEY} LIMIT $8::bigint"
)
_FORGET: Final = (
    "DELETE FROM awaiting AS a"
    " USING unnest($1::bigint[], $2::text[], $3::bigint[], $4::smallint[], $5::int[])"
    " AS one(domain, network_id, message_id, number, attempt)"
    " WHERE a.domain = one.domain AND a.network_id = one.network_id AND a.message_id = one.message_id"
    " AND a.number = one.number AND a.attempt = one.attempt RETURNING a.message_id"
)


class Sweep:
    """Remembers since when there may be ended leases. What was leased before then has an outcome, but while
    somebody holds an old snapshot all of it stays in the index, in front of what is to be found."""

    def __init__(self) -> None:
        self._since = _EVER
        self._db: Db | None = None

    async def __call__(self, db: Db, wanted: Sequence[tuple[datetime, bool]]) -> tuple[list[Swept], None]:
        """Each by the time, and whether leases are to be ended."""
        if db is not self._db:  # after a failover leases may be back that were seen to be over
            self._since, self._db = _EVER, db
        refunds: list[Change] = []
        now, leases = max(wanted)
        swept = await self._sweep(db, to_ms(now), leases, refunds)
        await refund(db, refunds)
        return [swept, *[Swept(unsure=0, forgotten=0)] * (len(wanted) - 1)], None

    async def _sweep(self, db: Db, now: int, leases: bool, refunds: list[Change]) -> Swept:
        ended = await self._ended(db, now) if leases else []
        unsure, owed = await end_leases(db, ended, now) if ended else (0, [])
        refunds += owed
        forgotten = await db.fetch(_OLD_WAITING, now - HORIZON_MS, BATCH, MOST_WAITING)
        return Swept(unsure=unsure, forgotten=len(forgotten))

    async def _ended(self, db: Db, now: int) -> list[int]:
        # Read before anything is changed. A lease is never made to end in the past: once none is left that
        # ended by now, none is to come, but for a clock that is set back.
        if now < self._since:
            self._since = _EVER
        await db.execute(_SHORTEN, now + LONGEST_LEASE_MS, int(JobState.LEASED))
        first = await db.fetchval(_FIRST_ENDED, int(JobState.LEASED), self._since, now)
        self._since = max(self._since, now) if first is None else first
        if first is None:
            return []
        return [row[0] for row in await db.fetch(_ENDED, int(JobState.LEASED), first, now, BATCH)]


async def expire_late(db: Db, wanted: Sequence[tuple[list[int], int]]) -> tuple[list[int], None]:
    refunds: list[Change] = []
    counts = []
    for ids, now in wanted:
        count, owed = await expire(db, ids, now)
        counts.append(count)
        refunds += owed
    await refund(db, refunds)
    return counts, None


async def stale(db: Db, now: int, after: Awaited) -> tuple[list[Awaited], Awaited | None]:
    """Of a stretch of the open segments, those whose receipt would come too late to be believed; and where to
    go on."""
    end = await db.fetchrow(_END, *after, STRETCH - 1)
    late = await db.fetch(_STALE, *after, STRETCH, now - HORIZON_MS, BATCH)
    rows: list[Awaited] = [tuple(row) for row in late]
    if len(rows) == BATCH:
        return rows, rows[-1]
    return rows, None if end is None else tuple(end)


async def forget(db: Db, wanted: Sequence[Sequence[Awaited]]) -> tuple[list[int], None]:
    return [len(await db.fetch(_FORGET, *columns(rows, 5))) for rows in wanted], None
