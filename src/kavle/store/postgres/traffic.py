"""Counts for charts. A transaction appends what it has changed, with its own number, in the statement that
changes it: that takes no lock that another wants. A sweep folds it into sums by minute and by hour."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from kavle.model.status import Status
from kavle.model.traffic import Traffic
from kavle.store.postgres.rows import Db
from kavle.store.rows import to_ms
from kavle.store.traffic import LOST_CODES, MINUTE, MINUTES_KEPT, TOLD, lines
from kavle.store.types import TrafficQuery

BATCH: Final = 5_000
REVIEW: Final = 60.0
"""Seconds between looks through all of it: what is dead and not yet cleared away is passed over meanwhile."""

_INTO: Final = "INSERT INTO tally (at, account_id, carrier_id, accepted, sent, delivered, failed)"
ACCEPTED: Final = (
    # For a WITH query: of `one`, messages that are being accepted.
    f"{_INTO} SELECT accepted_at - accepted_at % {MINUTE}, account_id, carrier_id, count(*), 0, 0,"  # noqa: S608
    " count(*) FILTER (WHERE carrier_id = 0) FROM one GROUP BY 1, 2, 3"
)
TAKEN_BACK: Final = (
    f"{_INTO} SELECT accepted_at - accepted_at % {MINUTE}, account_id, carrier_id, -count(*), 0, 0, 0"  # noqa: S608
    " FROM messages GROUP BY 1, 2, 3"
)
CHANGED: Final = (
    # Of `told`, messages whose status has just changed.
    f"{_INTO} SELECT status_at - status_at % {MINUTE}, account_id, carrier_id, 0,"  # noqa: S608 -- ours
    f" count(*) FILTER (WHERE status = {int(Status.IN_NETWORK)}),"
    f" count(*) FILTER (WHERE status = {int(Status.DELIVERED)}),"
    f" count(*) FILTER (WHERE status IN ({LOST_CODES}))"
    f" FROM told WHERE status IN ({TOLD}) GROUP BY 1, 2, 3"
)

_MY_TURN: Final = "SELECT pg_try_advisory_xact_lock(hashtextextended('kavle traffic', 0))"
_HORIZON: Final = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"
_FIRST: Final = (
    "SELECT min(since)::text FROM tally WHERE since >= $1::text::xid8 AND since < $2::text::xid8"  # by index
)
_UNTIL: Final = (
    "SELECT since::text FROM tally WHERE since >= $1::text::xid8 AND since < $2::text::xid8"  # noqa: S608
    f" ORDER BY since LIMIT 1 OFFSET {BATCH}"
)
_FOLD: Final = """
WITH gone AS (
  DELETE FROM tally WHERE since >= $1::text::xid8 AND since < $2::text::xid8
  RETURNING at, account_id, carrier_id, accepted, sent, delivered, failed
)
INSERT INTO traffic AS t (minutes, account_id, at, carrier_id, accepted, sent, delivered, failed)
SELECT span.minutes, who.account_id, at - at % (span.minutes * 60000), carrier_id,
       sum(accepted), sum(sent), sum(delivered), sum(failed)
FROM gone CROSS JOIN (VALUES (1), (60)) AS span(minutes)
CROSS JOIN LATERAL (VALUES (gone.account_id), (0)) AS who(account_id)
GROUP BY 1, 2, 3, 4
ON CONFLICT (minutes, account_id, at, carrier_id) DO UPDATE
SET accepted = t.accepted + excluded.accepted, sent = t.sent + excluded.sent,
    delivered = t.delivered + excluded.delivered, failed = t.failed + excluded.failed
"""
_OLD: Final = (
    "DELETE FROM traffic WHERE ctid = ANY(ARRAY(SELECT ctid FROM traffic"  # noqa: S608 -- a number of ours
    f" WHERE minutes = 1 AND account_id = $2 AND at < $1 ORDER BY at LIMIT {BATCH}))"
)
_READ: Final = (
    "SELECT t.at, c.name, t.accepted, t.sent, t.delivered, t.failed"
    " FROM traffic AS t LEFT JOIN carrier AS c ON c.id = t.carrier_id"
    " WHERE t.minutes = $1 AND t.account_id = $2 AND t.at >= $3 AND t.at < $4 ORDER BY t.at, t.carrier_id"
)


class Fold:
    """One call after another: whether there is more to fold at once. In the transaction that takes rows away
    their sums are moved on, and one node does so at a time: so each is counted once, whoever dies."""

    def __init__(self) -> None:
        self._from = "0"
        self._db: Db | None = None
        self._reviewed = 0.0

    async def __call__(self, db: Db, wanted: Sequence[None]) -> tuple[list[bool], None]:
        if not await db.fetchval(_MY_TURN):
            return [False] * len(wanted), None
        now = time.monotonic()
        if db is not self._db or now - self._reviewed > REVIEW:
            self._from, self._db, self._reviewed = "0", db, now
        horizon: str = await db.fetchval(_HORIZON)
        more = await self._fold(db, horizon)
        return [more] * len(wanted), None

    async def _fold(self, db: Db, horizon: str) -> bool:
        # Every transaction before the horizon has ended: none will bring another row before it.
        first: str | None = await db.fetchval(_FIRST, self._from, horizon)
        if first is None:
            self._from = horizon
            return False
        until: str | None = await db.fetchval(_UNTIL, first, horizon)
        if until == first:  # one transaction brought more than a batch
            until = str(int(first) + 1)
        await db.execute(_FOLD, first, until or horizon)
        self._from = first  # and not behind it: this may come to nothing
        return until is not None


async def forget(db: Db, wanted: Sequence[datetime]) -> tuple[list[int], None]:
    """Counts by minute that are old: how many were dropped, a batch of each account at most."""
    before = to_ms(max(wanted) - MINUTES_KEPT)
    accounts = [0, *(row[0] for row in await db.fetch("SELECT id FROM account ORDER BY id"))]
    dropped = 0
    for account_id in accounts:
        dropped += int((await db.execute(_OLD, before, account_id)).split()[-1])
    return [dropped] * len(wanted), None


async def read(db: Db, query: TrafficQuery) -> list[Traffic]:
    since, until = to_ms(query.since), to_ms(query.until)
    return lines(await db.fetch(_READ, query.minutes, query.account_id, since, until))
