"""Commit 3: what the network said of the segments that it was handed, and the end of their jobs."""

from __future__ import annotations

from collections.abc import Sequence

import apsw
import msgspec

from kavle.model.life import backoff
from kavle.model.message import Accepted, Outcome, Refused, Unsent, Unsure
from kavle.model.status import FAILED, FINAL, Status
from kavle.store.rows import Entry, JobState, SegmentOutcome, to_ms
from kavle.store.sqlite import accounts, receipts
from kavle.store.sqlite.expire import set_status
from kavle.store.sqlite.rows import Reader, array, insert


class _Row(msgspec.Struct, array_like=True):
    id: int
    token: int
    unsent: int
    handed: int
    unsure: int
    attempt: int
    account_id: int
    carrier_id: int
    total: int
    price: int
    recipient: str
    status: Status


class _Noted(msgspec.Struct, frozen=True):
    """A row of `segment` to be."""

    number: int
    outcome: SegmentOutcome
    status: Status
    at: int
    network_id: str | None
    error: str | None


_JOBS = Reader(
    "SELECT json_group_array(json_array(j.message_id, j.token, j.unsent, j.handed, j.unsure, j.attempt, m.account_id,"
    " m.carrier_id, m.segments, m.segment_price, m.recipient, m.status))"
    " FROM json_each(?) AS one CROSS JOIN job AS j ON j.message_id = one.value"
    " CROSS JOIN message AS m ON m.id = one.value WHERE j.state = 1",
    _Row,
)
_SEGMENT = "INSERT INTO segment (message_id, number, attempt, outcome, status, at, network_id, error)"
_AWAITING = "INSERT INTO awaiting (domain, network_id, message_id, number, attempt, recipient, at)"
_NEXT = (
    # A lease that goes on keeps its end.
    "UPDATE job SET state = new.value ->> 1, unsent = new.value ->> 2, handed = new.value ->> 3,"
    " unsure = new.value ->> 4, due = iif(new.value ->> 1 = 1, due, new.value ->> 5) FROM json_each(?) AS new"
    " WHERE message_id = new.value ->> 0"
)
_DONE = "DELETE FROM job WHERE message_id IN (SELECT value FROM json_each(?))"


def record(db: apsw.Connection, batches: Sequence[Sequence[Outcome]]) -> list[int]:
    """For each batch, how many of its outcomes counted: those whose lease has ended meanwhile do not."""
    jobs = {
        row.id: _Job(row)
        for row in _JOBS(db, array({one.lease.message_id for batch in batches for one in batch}))
    }
    counted = [sum(_note(jobs, one) for one in batch) for batch in batches]
    _write(db, [job for job in jobs.values() if job.touched])
    return counted


def _note(jobs: dict[int, _Job], outcome: Outcome) -> bool:
    job = jobs.get(outcome.lease.message_id)
    return job is not None and job.note(outcome)


def end_leases(db: apsw.Connection, rows: Sequence[int], now: int) -> int:
    """Leases that ended without outcomes: their handed segments are Unsure, and go out again."""
    jobs = [_Job(row) for row in _JOBS(db, array(rows))]
    for job in jobs:
        job.lose(now)
    _write(db, jobs)
    return len(jobs)


class _Job:
    """One leased job while a batch of outcomes is worked into it."""

    def __init__(self, row: _Row) -> None:
        self.row = row
        self.id, self.total, self.attempt = row.id, row.total, row.attempt
        self.unsent, self.handed, self.unsure, self.status = row.unsent, row.handed, row.unsure, row.status
        self.at = self.refunded = 0
        self.touched = False
        self.noted: list[_Noted] = []

    def note(self, outcome: Outcome) -> bool:
        bit = 1 << (outcome.segment - 1)
        if outcome.lease.token != self.row.token or not self.handed & bit:
            return False  # fenced: the lease has ended, and its segments were decided without this
        self.touched = True
        self.handed &= ~bit
        self.at = to_ms(outcome.at)
        result = outcome.result
        if not isinstance(result, Unsent):
            self.unsure &= ~bit  # the last outcome decides
        if isinstance(result, Accepted):
            self.unsent &= ~bit
            self._add(outcome.segment, SegmentOutcome.ACCEPTED, Status.IN_NETWORK, result.network_id, None)
        elif isinstance(result, Refused):
            self._refused(bit, outcome.segment, result)
        elif isinstance(result, Unsure):
            self._unsure(bit, outcome.segment, result.error)
        return True

    def lose(self, now: int) -> None:
        """Every handed segment's outcome is lost."""
        self.at = now
        for number in range(1, self.total + 1):
            bit = 1 << (number - 1)
            if self.handed & bit:
                self._unsure(bit, number, "the lease ended without an outcome")
        self.handed = 0

    def _refused(self, bit: int, number: int, result: Refused) -> None:
        if result.retryable:
            self._add(number, SegmentOutcome.RETRY, Status.DELAYED, None, result.error)
            self._delay()
            return
        self.unsent &= ~bit
        self.refunded += 1
        self._add(number, SegmentOutcome.REFUSED, result.status, None, result.error)
        if self.status not in FINAL:
            self.status = result.status

    def _unsure(self, bit: int, number: int, error: str) -> None:
        self._add(number, SegmentOutcome.UNSURE, Status.DELAYED, None, error)
        self.unsure |= bit
        self._delay()

    def _delay(self) -> None:
        if self.status not in FINAL:
            self.status = Status.DELAYED

    def _add(
        self, number: int, outcome: SegmentOutcome, status: Status, network_id: str | None, error: str | None
    ) -> None:
        self.noted.append(_Noted(number, outcome, status, self.at, network_id, error))

    def settle(self) -> None:
        """When the lease's last outcome is in: what has failed is not sent on, and is paid back."""
        if not self.handed and self.status in FAILED:
            self.refunded += (self.unsent & ~self.unsure).bit_count()  # the network may have the others
            self.unsent = 0
        if not self.unsent and self.status not in FINAL:
            self.status = Status.IN_NETWORK

    @property
    def done(self) -> bool:
        return not self.unsent and not self.handed

    @property
    def state(self) -> JobState:
        if self.handed:
            return JobState.LEASED
        return JobState.WAITING if self.status is Status.DELAYED else JobState.READY

    @property
    def due(self) -> int:
        """When what is sent again is sent again."""
        return self.at + backoff(self.attempt)


def _write(db: apsw.Connection, jobs: Sequence[_Job]) -> None:
    for job in jobs:
        job.settle()
    insert(db, _SEGMENT, [_segment(job, one) for job in jobs for one in job.noted])
    accepted = [
        (job.row.carrier_id, one.network_id, job.id, one.number, job.attempt, job.row.recipient, one.at)
        for job in jobs
        for one in job.noted
        if one.network_id  # some networks name what they took by nothing: no receipt can follow
    ]
    insert(db, _AWAITING, accepted)
    refunds = [
        (job.row.account_id, job.refunded * job.row.price, Entry.REFUND, job.id)
        for job in jobs
        if job.refunded
    ]
    if refunds:
        accounts.post(db, refunds, max(job.at for job in jobs))
    set_status(db, [(job.id, job.status, job.at) for job in jobs if job.status is not job.row.status])
    db.execute(_DONE, (array(job.id for job in jobs if job.done),))
    left = [
        (job.id, int(job.state), job.unsent, job.handed, job.unsure, job.due) for job in jobs if not job.done
    ]
    if left:
        db.execute(_NEXT, (array(left),))
    if accepted:
        receipts.match_waiting(db, [(domain, network_id) for domain, network_id, *_ in accepted])


def _segment(job: _Job, one: _Noted) -> tuple[int, int, int, int, int, int, str | None, str | None]:
    return (
        job.id,
        one.number,
        job.attempt,
        int(one.outcome),
        int(one.status),
        one.at,
        one.network_id,
        one.error,
    )
