"""Messages that wait for an operator: the network may have some of their segments, or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import apsw

from kavle.model.status import FINAL, NOT_SENT, Status
from kavle.store.rows import from_ms, numbers, to_ms
from kavle.store.sqlite import accounts
from kavle.store.sqlite.expire import set_status
from kavle.store.sqlite.rows import Reader, array
from kavle.store.types import Decision, HeldLine, HeldPage, Verdict

_LIST: Final = (
    # "state <> 0" is what makes SQLite see that the partial index job_due serves.
    "SELECT j.message_id, a.name, c.name, m.recipient, j.unsure & ~j.unsent, m.segments, j.due"
    " FROM job AS j CROSS JOIN message AS m ON m.id = j.message_id"
    " CROSS JOIN account AS a ON a.id = m.account_id CROSS JOIN carrier AS c ON c.id = j.carrier_id"
    " WHERE j.state = 3 AND j.state <> 0 AND j.due >= ?1 AND (j.due, j.message_id) > (?1, ?2)"
    " AND c.name = coalesce(?3, c.name) ORDER BY j.due, j.message_id LIMIT ?4"
)
_COUNTS: Final = (
    "SELECT c.name, count(*) FROM job AS j JOIN carrier AS c ON c.id = j.carrier_id"
    " WHERE j.state = 3 AND j.state <> 0 GROUP BY c.id"
)
_HELD: Final = Reader(
    "SELECT json_group_array(json_array(j.message_id, j.unsure & ~j.unsent, m.account_id, m.segment_price,"
    " m.status, coalesce(m.bundle_id, m.id)))"
    " FROM json_each(?) AS one CROSS JOIN job AS j ON j.message_id = one.value"
    " CROSS JOIN message AS m ON m.id = one.value WHERE j.state = 3",
    tuple[int, int, int, int, int, int],
)
_RELEASE: Final = (
    # They stay unsure: whatever becomes of them now, the first try may have got through. But what was held
    # before its time, in a copy that was put back, had no first try; and it goes on waiting for its time.
    "UPDATE job SET unsent = unsent | unsure, unsure = iif(m.due_at > job.due, 0, unsure),"
    " state = iif(m.due_at > ?2, 2, 0), due = iif(m.due_at > ?2, m.due_at, due) FROM message AS m"
    " WHERE m.id = message_id AND message_id IN (SELECT value FROM json_each(?1))"
)
_CANCELLED: Final = (
    "SELECT m.id FROM json_each(?) AS one CROSS JOIN message AS m ON m.id = one.value"
    " JOIN bundle AS b ON b.id = m.bundle_id WHERE b.cancelled_at IS NOT NULL"
)
_DONE: Final = "DELETE FROM job WHERE message_id IN (SELECT value FROM json_each(?))"


def listing(db: apsw.Connection, page: HeldPage) -> list[HeldLine]:
    since, message_id = page.after
    rows = db.execute(_LIST, (to_ms(since), message_id, page.carrier, page.limit))
    return [
        HeldLine(id, account, carrier, recipient, tuple(numbers(held)), total, from_ms(at))
        for id, account, carrier, recipient, held, total, at in rows
    ]


def counts(db: apsw.Connection) -> dict[str, int]:
    return dict(db.execute(_COUNTS))


def decide(db: apsw.Connection, wanted: Sequence[Decision]) -> list[list[int]]:
    """For each decision the messages that it was carried out on: those that were still held."""
    return [_decide(db, one) for one in wanted]


def _decide(db: apsw.Connection, decision: Decision) -> list[int]:
    jobs = _HELD(db, array(set(decision.ids)))
    ids = [job[0] for job in jobs]
    if decision.verdict is Verdict.RELEASE:
        ended = {row[0] for row in db.execute(_CANCELLED, (array(ids),))}
        ids = [id for id in ids if id not in ended]
        db.execute(_RELEASE, (array(ids), to_ms(decision.now)))
        return ids
    now = to_ms(decision.now)
    if decision.verdict is Verdict.FAIL:
        owed = [(account, origin, held.bit_count() * price) for _, held, account, price, _, origin in jobs]
        accounts.refund(db, owed, now)
        failed = int(Status.NETWORK_FAILED)
        set_status(db, [(id, failed, now) for id, _, _, _, status, _ in jobs if status not in FINAL])
    else:  # what was held in a copy that was put back does not show as 21 yet
        there = int(Status.IN_NETWORK)
        set_status(db, [(id, there, now) for id, _, _, _, status, _ in jobs if status in NOT_SENT])
    db.execute(_DONE, (array(ids),))
    return ids
