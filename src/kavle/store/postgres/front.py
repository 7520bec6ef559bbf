"""Where the ready jobs of each queue stand: one node's knowledge, by which it passes over those long gone.

While somebody holds an old snapshot (a dump, say), every job that was ever leased stays in the index of ready
ones, dead but not to be cleared away, in front of those that are alive. So a node remembers the ranges in
which it has seen ready jobs. Outside them there are only those that have become ready since it looked, and
these it finds by their stamp, whoever brought them: docs/adr/0012."""

from __future__ import annotations

import time
from typing import Final

import msgspec

from kavle.store.postgres.ranges import EVERYWHERE, Range, gaps, joined
from kavle.store.postgres.rows import Db, columns

RANGES: Final = 8  # of one priority
FORGET: Final = 10.0
"""Seconds after which all is looked through anew: by then it may be less than all that is fresh."""
REVIEW: Final = 60.0
"""And after so many when the queue seems empty: an older Kavle, on a node beside us, sets no stamps."""

_LOOK: Final = """
WITH fresh AS MATERIALIZED (
  SELECT priority, tag FROM job   -- in job_fresh's own words for what is ready
  WHERE carrier_id = $1 AND state < 1 AND since > '0' AND since >= $2::text::xid8
), ready AS (
  SELECT known.priority, first.tag AS low, known.high
  FROM unnest($3::smallint[], $4::bigint[], $5::bigint[]) AS known(priority, low, high)
  CROSS JOIN LATERAL (
    SELECT tag FROM job WHERE carrier_id = $1 AND state = 0 AND priority = known.priority
      AND tag BETWEEN known.low AND known.high ORDER BY tag, message_id LIMIT 1
  ) AS first
  UNION ALL
  SELECT gap.priority, min(tag), max(tag)
  FROM unnest($6::smallint[], $7::bigint[], $8::bigint[]) AS gap(priority, low, high)
  JOIN fresh ON fresh.priority = gap.priority AND fresh.tag BETWEEN gap.low AND gap.high
  GROUP BY gap.priority, gap.low
)
SELECT horizon, priority, low, high
FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon) AS seen LEFT JOIN ready ON true
"""


class _Known(msgspec.Struct):
    """Outside `ranges` nothing was ready that is stamped by a transaction before `horizon`: these had all
    ended when it was looked, the others may yet commit."""

    ranges: list[Range]
    horizon: str
    at: float
    reviewed: float  # when all was looked through

    def stale(self, now: float) -> bool:
        return now - self.at > FORGET or (not self.ranges and now - self.reviewed > REVIEW)


class Front:
    """`await front.look(db, carrier)`, in a transaction that has not changed any job yet: it may come to
    nothing, and then what it had leased is ready again with its old stamp."""

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}
        self._db: Db | None = None

    async def look(self, db: Db, carrier_id: int) -> list[Range]:
        """In the queue's order; every job that is ready now stands in one of them."""
        if db is not self._db:  # after a failover transactions may be numbered as others were before
            self._known, self._db = {}, db
        now = time.monotonic()
        known = self._known.get(carrier_id)
        if known is None or known.stale(now):
            known = _Known(EVERYWHERE, "0", now, now)
        between = gaps(known.ranges)
        found = await db.fetch(
            _LOOK, carrier_id, known.horizon, *columns(known.ranges, 3), *columns(between, 3)
        )
        ranges = joined([Range(*row[1:]) for row in found if row[1] is not None], RANGES)
        self._known[carrier_id] = _Known(ranges, found[0][0], now, known.reviewed)
        return ranges
