"""Commit 3: what the network said of the segments that it was handed, and the end of their jobs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import apsw

from kavle.model.message import Accepted, Outcome
from kavle.model.status import Status
from kavle.store.job import Job, JobRow
from kavle.store.rows import Entry, SegmentOutcome, to_ms
from kavle.store.sqlite import accounts, receipts
from kavle.store.sqlite.expire import set_status
from kavle.store.sqlite.rows import Reader, Row, array, insert

_JOBS = Reader(
    "SELECT json_group_array(json_array(j.message_id, j.token, j.unsent, j.handed, j.unsure, j.attempt,"
    " m.account_id, m.carrier_id, m.segments, m.segment_price, m.recipient, m.status))"
    " FROM json_each(?) AS one CROSS JOIN job AS j ON j.message_id = one.value"
    " CROSS JOIN message AS m ON m.id = one.value WHERE j.state = 1",
    JobRow,
)
_SEGMENT = "INSERT INTO segment (message_id, number, attempt, outcome, status, at, network_id, error)"
_AWAITING = "INSERT INTO awaiting (domain, network_id, message_id, number, attempt, recipient, at)"
_NEXT = (
    # A lease that goes on keeps its end.
    "UPDATE job SET state = new.value ->> 1, unsent = new.value ->> 2, handed = new.value ->> 3,"
    " unsure = new.value ->> 4, due = iif(new.value ->> 1 = 1, due, new.value ->> 5)"
    " FROM json_each(?) AS new WHERE message_id = new.value ->> 0"
)
_DONE = "DELETE FROM job WHERE message_id IN (SELECT value FROM json_each(?))"

_ACCEPTED: Final = int(SegmentOutcome.ACCEPTED)
_IN_NETWORK: Final = int(Status.IN_NETWORK)


def record(db: apsw.Connection, batches: Sequence[Sequence[Outcome]]) -> list[int]:
    """For each batch, how many of its outcomes counted: those whose lease has ended meanwhile do not."""
    ids = {outcome.lease.message_id for batch in batches for outcome in batch}
    work = _Work(_JOBS(db, array(ids)))
    counted = [sum([work.note(outcome) for outcome in batch]) for batch in batches]
    work.write(db)
    return counted


def end_leases(db: apsw.Connection, ids: Sequence[int], now: int) -> int:
    """Leases that ended without outcomes: their handed segments are Unsure, and go out again."""
    work = _Work([])
    for row in _JOBS(db, array(ids)):
        work.lose(Job(row), now)
    work.write(db)
    return len(work.done) + len(work.left)


class _Work:
    """Rows to be written, gathered from many jobs."""

    def __init__(self, rows: Iterable[JobRow]) -> None:
        self._rows = {row.id: row for row in rows}
        self._jobs: dict[int, Job] = {}
        self.segments: list[Row] = []
        self.awaiting: list[Row] = []
        self.statuses: list[tuple[int, int, int]] = []
        self.refunds: list[accounts.Change] = []
        self.done: list[int] = []
        self.left: list[Row] = []

    def note(self, outcome: Outcome) -> bool:
        id = outcome.lease.message_id
        row = self._rows.get(id)
        if row is None:
            return False
        if row.total == 1 and type(outcome.result) is Accepted and id not in self._jobs:
            return self._note_plain(row, outcome, outcome.result.network_id)
        job = self._jobs.get(id)
        if job is None:
            job = self._jobs[id] = Job(row)
        return job.note(outcome)

    def lose(self, job: Job, now: int) -> None:
        job.lose(now)
        self._jobs[job.row.id] = job
        job.touched = True

    def write(self, db: apsw.Connection) -> None:
        for job in self._jobs.values():
            if job.touched:
                self._settle(job)
        insert(db, _SEGMENT, self.segments)
        insert(db, _AWAITING, self.awaiting)
        if self.refunds:
            accounts.post(db, self.refunds, max(job.at for job in self._jobs.values()))
        set_status(db, self.statuses)
        db.execute(_DONE, (array(self.done),))
        if self.left:
            db.execute(_NEXT, (array(self.left),))
        if self.awaiting:
            receipts.match_waiting(db, [row[:2] for row in self.awaiting])

    def _note_plain(self, row: JobRow, outcome: Outcome, network_id: str) -> bool:
        """What nearly all outcomes are, to the same effect as `Job`: one segment, and the network has it."""
        if outcome.lease.token != row.token:
            return False
        del self._rows[row.id]  # the same outcome again finds no lease
        at = to_ms(outcome.at)
        self.segments.append((row.id, 1, row.attempt, _ACCEPTED, _IN_NETWORK, at, network_id, None))
        self._await(row, network_id, 1, at)
        self.statuses.append((row.id, _IN_NETWORK, at))
        self.done.append(row.id)
        return True

    def _settle(self, job: Job) -> None:
        job.settle()
        row = job.row
        for one in job.noted:
            told = int(one.outcome), int(one.status), one.at, one.network_id, one.error
            self.segments.append((row.id, one.number, row.attempt, *told))
            if one.network_id is not None:
                self._await(row, one.network_id, one.number, one.at)
        if job.refunded:
            self.refunds.append((row.account_id, job.refunded * row.price, Entry.REFUND, row.id))
        if job.status != row.status:
            self.statuses.append((row.id, int(job.status), job.at))
        if job.done:
            self.done.append(row.id)
        else:
            self.left.append((row.id, int(job.state), job.unsent, job.handed, job.unsure, job.due))

    def _await(self, row: JobRow, network_id: str, number: int, at: int) -> None:
        if network_id:  # some networks name what they took by nothing: no receipt can follow
            self.awaiting.append((row.carrier_id, network_id, row.id, number, row.attempt, row.recipient, at))
