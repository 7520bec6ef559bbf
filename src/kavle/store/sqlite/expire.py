"""The end of messages that are not handed over: expired (43), cancelled (12) or failed already; their unsent
segments are refunded."""

from __future__ import annotations

from collections.abc import Sequence

import apsw

from kavle.model.status import FINAL, Status
from kavle.store.sqlite import accounts, traffic
from kavle.store.sqlite.rows import Reader, array

_UNSENT = Reader(
    "SELECT json_group_array(json_array(j.message_id, j.unsent & ~j.unsure, m.account_id, m.segment_price,"
    " m.status, coalesce(m.bundle_id, m.id)))"
    " FROM json_each(?) AS one CROSS JOIN job AS j ON j.message_id = one.value"
    " CROSS JOIN message AS m ON m.id = one.value WHERE j.state <> 1",
    tuple[int, int, int, int, int, int],
)


def expire(db: apsw.Connection, ids: Sequence[int], now: int) -> int:
    """End those of `ids` that are still queued and not leased; how many those were."""
    return _end(db, _UNSENT(db, array(ids)), Status.EXPIRED, now)


def withdraw(db: apsw.Connection, ids: Sequence[int], now: int) -> int:
    """Take messages that have failed already out of the queue; the status stays as it is."""
    return _end(db, _UNSENT(db, array(ids)), None, now)


def cancel(db: apsw.Connection, ids: Sequence[int], now: int) -> int:
    """End messages of which nothing was ever handed over."""
    return _end(db, _UNSENT(db, array(ids)), Status.CANCELLED, now)


def _end(
    db: apsw.Connection, jobs: Sequence[tuple[int, int, int, int, int, int]], status: Status | None, now: int
) -> int:
    if not jobs:
        return 0
    owed = [
        (account_id, origin, unsent.bit_count() * price) for _, unsent, account_id, price, _, origin in jobs
    ]
    accounts.refund(db, owed, now)
    if status is not None:
        open_ones = [job[0] for job in jobs if job[4] not in FINAL]
        set_status(db, [(id, int(status), now) for id in open_ones])
    db.execute(
        "DELETE FROM job WHERE message_id IN (SELECT value FROM json_each(?))",
        (array(job[0] for job in jobs),),
    )
    return len(jobs)


def set_status(db: apsw.Connection, changes: Sequence[tuple[int, int, int]]) -> None:
    """(message, status, when) each. What one read of a link brought has one time, and mostly one status."""
    alike: dict[tuple[int, int], list[int]] = {}
    for id, status, at in changes:
        alike.setdefault((status, at), []).append(id)
    for (status, at), ids in alike.items():
        changed = array(ids)
        db.execute(
            "UPDATE message SET status = ?, status_at = ? WHERE id IN (SELECT value FROM json_each(?))",
            (status, at, changed),
        )
        traffic.changed(db, changed, status, at)
