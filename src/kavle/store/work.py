"""What a batch of outcomes comes to: the rows to be written, gathered from many jobs. Pure, and the same on
every engine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kavle.model.message import Accepted, Outcome
from kavle.model.status import Status
from kavle.store.funds import Owed
from kavle.store.job import Job, JobRow
from kavle.store.rows import SegmentOutcome, to_ms

SegmentColumns = tuple[int, int, int, int, int, int, str | None, str | None]
"""message, number, attempt, outcome, status, when, network id, error"""
AwaitingColumns = tuple[int, str, int, int, int, str, int]
"""domain, network id, message, number, attempt, recipient, when"""
LeftColumns = tuple[int, int, int, int, int, int, int]
"""A job that goes on: message, state, unsent, handed, unsure, due, attempt"""

_ACCEPTED: Final = int(SegmentOutcome.ACCEPTED)
_IN_NETWORK: Final = int(Status.IN_NETWORK)


class Work:
    """`note` outcomes, or `lose` leases; then `settle` once, and write its rows."""

    def __init__(self, rows: Iterable[JobRow]) -> None:
        self._rows = {row.id: row for row in rows}
        self._jobs: dict[int, Job] = {}
        self.segments: list[SegmentColumns] = []
        self.awaiting: list[AwaitingColumns] = []
        self.statuses: list[tuple[int, int, int]] = []  # message, status, when
        self.refunds: list[Owed] = []
        self.refunded_at = 0
        self.done: list[int] = []  # jobs to be deleted
        self.left: list[LeftColumns] = []
        self.whole: dict[int, int] = {}
        """Messages that the network has now all of, and of which it receipts the whole, and since when."""

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

    def settle(self) -> None:
        """Once, when all is noted: makes the rows."""
        for job in self._jobs.values():
            if job.touched:
                self._settle(job)

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
            self.refunded_at = max(self.refunded_at, job.at)
            self.refunds.append((row.account_id, row.origin, job.refunded * row.price))
        if job.status != row.status:
            self.statuses.append((row.id, int(job.status), job.at))
        if row.whole and row.total > 1 and job.status is Status.IN_NETWORK:
            self.whole[row.id] = job.at
        if job.done:
            self.done.append(row.id)
        else:
            masks = job.unsent, job.handed, job.unsure
            self.left.append((row.id, int(job.state), *masks, job.due, job.attempt))

    def _await(self, row: JobRow, network_id: str, number: int, at: int) -> None:
        if network_id:  # some networks name what they took by nothing: no receipt can follow
            self.awaiting.append((row.carrier_id, network_id, row.id, number, row.attempt, row.recipient, at))
