"""Commit 3: what the network said of the segments that it was handed, and the end of their jobs."""

from __future__ import annotations

from collections.abc import Sequence

import apsw

from kavle.model.message import Outcome
from kavle.store.job import ENOUGH, LEASE_ENDED, Job, JobRow
from kavle.store.rows import SegmentOutcome
from kavle.store.sqlite import accounts, receipts
from kavle.store.sqlite.expire import set_status
from kavle.store.sqlite.rows import Reader, array, insert
from kavle.store.work import Work

_DOUBTS = (
    # Of hardly any job, and then by key.
    f"json(iif(j.unsure AND j.attempt >= {ENOUGH}, (SELECT json_group_array(s.number) FROM segment AS s"  # noqa: S608 -- ours
    f" WHERE s.message_id = j.message_id AND s.outcome = {int(SegmentOutcome.UNSURE)}"
    f" AND s.error <> '{LEASE_ENDED}'), '[]'))"
)
_JOBS = Reader(
    "SELECT json_group_array(json_array(j.message_id, j.token, j.unsent, j.handed, j.unsure, j.attempt,"  # noqa: S608 -- ours
    " m.account_id, j.carrier_id, m.segments, m.segment_price, m.recipient, m.status,"
    " coalesce(m.bundle_id, m.id), iif(c.hold, json('true'), json('false')),"
    f" iif(c.whole, json('true'), json('false')), {_DOUBTS}))"
    " FROM json_each(?) AS one CROSS JOIN job AS j ON j.message_id = one.value"
    " CROSS JOIN message AS m ON m.id = one.value CROSS JOIN carrier AS c ON c.id = j.carrier_id"
    " WHERE j.state = 1",
    JobRow,
)
_SEGMENT = "INSERT INTO segment (message_id, number, attempt, outcome, status, at, network_id, error)"
_AWAITING = "INSERT INTO awaiting (domain, network_id, message_id, number, attempt, recipient, at)"
_NEXT = (
    # A lease that goes on keeps its end.
    "UPDATE job SET state = new.value ->> 1, unsent = new.value ->> 2, handed = new.value ->> 3,"
    " unsure = new.value ->> 4, due = iif(new.value ->> 1 = 1, due, new.value ->> 5),"
    " attempt = new.value ->> 6"
    " FROM json_each(?) AS new WHERE message_id = new.value ->> 0"
)
_DONE = "DELETE FROM job WHERE message_id IN (SELECT value FROM json_each(?))"


def record(db: apsw.Connection, batches: Sequence[Sequence[Outcome]]) -> list[int]:
    """For each batch, how many of its outcomes counted: those whose lease has ended meanwhile do not."""
    ids = {outcome.lease.message_id for batch in batches for outcome in batch}
    work = Work(_JOBS(db, array(ids)))
    counted = [sum([work.note(outcome) for outcome in batch]) for batch in batches]
    _write(db, work)
    return counted


def end_leases(db: apsw.Connection, ids: Sequence[int], now: int) -> int:
    """Leases that ended without outcomes: their handed segments are Unsure, and held or sent again."""
    work = Work([])
    for row in _JOBS(db, array(ids)):
        work.lose(Job(row), now)
    _write(db, work)
    return len(work.done) + len(work.left)


def _write(db: apsw.Connection, work: Work) -> None:
    work.settle()
    insert(db, _SEGMENT, work.segments)
    insert(db, _AWAITING, work.awaiting)
    accounts.refund(db, work.refunds, work.refunded_at)
    set_status(db, work.statuses)
    db.execute(_DONE, (array(work.done),))
    if work.left:
        db.execute(_NEXT, (array(work.left),))
    if work.awaiting:
        receipts.match_waiting(db, [row[:2] for row in work.awaiting])
    if work.whole:
        receipts.roll_up_taken(db, work.whole)
