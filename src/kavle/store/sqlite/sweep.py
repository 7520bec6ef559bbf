"""What time ends: leases, messages, and waiting receipts.
Every step is bounded, so that a sweep never holds the writer for long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import apsw

from kavle.store.job import LONGEST_LEASE_MS
from kavle.store.matching import HORIZON_MS
from kavle.store.rows import JobState, to_ms
from kavle.store.sqlite import outcomes, receipts
from kavle.store.sqlite.expire import expire
from kavle.store.sqlite.rows import delete
from kavle.store.types import Awaited, Swept

BATCH: Final = 500
STRETCH: Final = 10_000
"""Open segments of one stretch of a walk through them."""
MOST_WAITING: Final = 100_000
"""Receipts kept for segments that nobody knows; the oldest beyond these are dropped."""

_ENDED = (
    # "state <> 0" is what makes SQLite see that the partial index job_due serves.
    "SELECT message_id FROM job WHERE state = ? AND state <> 0 AND due <= ? ORDER BY due LIMIT ?"
)
_SHORTEN = (
    # It was taken before the clock was set back.
    "UPDATE job SET due = ? WHERE state = ? AND state <> 0 AND due > ?"
)
_OLD_WAITING = (
    # Ids rise with time: only the oldest few are looked at, however many wait.
    "DELETE FROM waiting WHERE id IN"
    " (SELECT id FROM (SELECT id, at FROM waiting ORDER BY id LIMIT ?) WHERE at < ?)"
    " OR id <= (SELECT max(id) FROM waiting) - ?"
)
_KEY = "domain, network_id, message_id, number, attempt"
_END = f"SELECT {_KEY} FROM awaiting WHERE ({_KEY}) > (?, ?, ?, ?, ?) ORDER BY {_KEY} LIMIT 1 OFFSET ?"  # noqa: S608
_STALE = (
    f"SELECT {_KEY} FROM (SELECT {_KEY}, at FROM awaiting WHERE ({_KEY}) > (?, ?, ?, ?, ?)"  # noqa: S608 -- ours
    f" ORDER BY {_KEY} LIMIT ?) WHERE at < ? ORDER BY {_KEY} LIMIT ?"
)


def sweep(db: apsw.Connection, wanted: Sequence[tuple[datetime, bool]]) -> list[Swept]:
    """Each by the time, and whether leases are to be ended."""
    return [_sweep(db, to_ms(now), leases) for now, leases in wanted]


def _sweep(db: apsw.Connection, now: int, leases: bool) -> Swept:
    unsure = _end_leases(db, now) if leases else 0
    db.execute(_OLD_WAITING, (BATCH, now - HORIZON_MS, MOST_WAITING))
    return Swept(unsure=unsure, forgotten=db.changes())


def _end_leases(db: apsw.Connection, now: int) -> int:
    db.execute(_SHORTEN, (now + LONGEST_LEASE_MS, int(JobState.LEASED), now + LONGEST_LEASE_MS))
    ended = [row[0] for row in db.execute(_ENDED, (int(JobState.LEASED), now, BATCH))]
    return outcomes.end_leases(db, ended, now) if ended else 0


def expire_late(db: apsw.Connection, wanted: Sequence[tuple[list[int], int]]) -> list[int]:
    return [expire(db, ids, now) for ids, now in wanted]


def stale(db: apsw.Connection, now: int, after: Awaited) -> tuple[list[Awaited], Awaited | None]:
    """Of a stretch of the open segments, those whose receipt would come too late to be believed; and where to
    go on."""
    end: Awaited | None = db.execute(_END, (*after, STRETCH - 1)).get
    rows: list[Awaited] = list(db.execute(_STALE, (*after, STRETCH, now - HORIZON_MS, BATCH)))
    return rows, rows[-1] if len(rows) == BATCH else end


def forget(db: apsw.Connection, wanted: Sequence[Sequence[Awaited]]) -> list[int]:
    for rows in wanted:
        delete(db, receipts.SETTLED, rows)
    return [len(rows) for rows in wanted]


def recover(db: apsw.Connection, now: int) -> int:
    """At start: this file has one engine, so every lease in it is a dead process's. Ends a bounded number of
    them; how many."""
    rows = db.execute("SELECT message_id FROM job WHERE state = ? LIMIT ?", (int(JobState.LEASED), BATCH))
    ended = [row[0] for row in rows]
    return outcomes.end_leases(db, ended, now) if ended else 0
