"""One leased job while its segments' outcomes are worked into it: pure, and the same on every engine."""

from __future__ import annotations

from typing import Final

import msgspec

from kavle.model.life import backoff, patience
from kavle.model.message import Accepted, Outcome, Refused, Result, Unsent, Unsure
from kavle.model.status import FINAL, Status
from kavle.store.rows import JobState, SegmentOutcome, numbers, to_ms

ENOUGH: Final = 4
"""A segment of which the link was unsure so often is taken to be with the network: 21, and paid."""

LONGEST_LEASE_MS: Final = 10 * 60 * 1000
"""No lease is for longer: one that seems to be was taken before the clock was set back."""

LEASE_ENDED: Final = "the lease ended without an outcome"
"""The error of what is unsure since a process died; the link has said nothing of it."""


class JobRow(msgspec.Struct, array_like=True):
    """A leased job and what its message says; `unsent`, `handed` and `unsure` are bit masks of segments;
    `origin` is the accept that paid for it, its bundle's or its own. What is unsure and not unsent is held:
    it waits for an operator, as all that is unsure does where its carrier says `hold`. `doubts`: the segment
    that the link was unsure of, for each time; looked up from the attempt on from which it may count."""

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
    status: int
    origin: int
    hold: bool
    whole: bool
    doubts: list[int]


class SegmentRow(msgspec.Struct, frozen=True):
    """A row of `segment` to be."""

    number: int
    outcome: SegmentOutcome
    status: Status
    at: int
    network_id: str | None
    error: str | None


class Job:
    """`note` each outcome, or `lose` the whole lease; then `settle` once, and write what has changed."""

    def __init__(self, row: JobRow) -> None:
        self.row = row
        self.unsent, self.handed, self.unsure = row.unsent, row.handed, row.unsure
        self.status = Status(row.status)
        self.at = self.after = self.refunded = 0
        self.touched = False
        self.noted: list[SegmentRow] = []

    def note(self, outcome: Outcome) -> bool:
        """Whether it counts: once the lease has ended, its segments were decided without this."""
        bit = 1 << (outcome.segment - 1)
        if outcome.lease.token != self.row.token or not self.handed & bit:
            return False
        self.touched = True
        self.handed &= ~bit
        self.at = to_ms(outcome.at)
        self._take(bit, outcome.segment, outcome.result)
        return True

    def lose(self, now: int) -> None:
        """Every handed segment's outcome is lost, with the process that would have told it. That says nothing
        of the network, however often it happens: it is held, or sent again."""
        self.at = now
        for number in numbers(self.handed):
            self._doubt(1 << (number - 1), number, LEASE_ENDED)
        self.handed = 0

    def settle(self) -> None:
        """When the lease's last outcome is in: what has failed is not sent on, and is paid back."""
        if not self.handed and self.status in FINAL:
            self.refunded += (self.unsent & ~self.unsure).bit_count()  # the network may have the others
            self.unsent = 0
        if not self.unsent and self.status not in FINAL:
            self.status = Status.IN_NETWORK

    @property
    def done(self) -> bool:
        return not self.unsent and not self.handed and (not self.unsure or self.status in FINAL)

    @property
    def state(self) -> JobState:
        if self.handed:
            return JobState.LEASED
        if not self.unsent:
            return JobState.HELD
        return JobState.WAITING if self.status is Status.DELAYED else JobState.READY

    @property
    def attempt(self) -> int:
        """A lease that comes back as it was given, never written to a link, was no attempt."""
        returned = not self.noted and not self.handed and self.unsent == self.row.handed
        return self.row.attempt - returned

    @property
    def due(self) -> int:
        """When what is sent again is sent again; of what is held, since when."""
        return self.at + (self.after or backoff(self.row.attempt)) if self.unsent else self.at

    def _take(self, bit: int, number: int, result: Result) -> None:
        if isinstance(result, Unsent):
            return
        if isinstance(result, Accepted):
            self.unsent &= ~bit
            self.unsure &= ~bit
            self._add(number, SegmentOutcome.ACCEPTED, Status.IN_NETWORK, result.network_id, None)
        elif isinstance(result, Unsure):
            self._lost(bit, number, result)
        elif result.retryable:
            self.after = max(self.after, round(1000 * (result.after or 0)))
            self._again(number, SegmentOutcome.RETRY, result.error)
        else:
            self._refuse(bit, number, result)

    def _lost(self, bit: int, number: int, result: Unsure) -> None:
        """Sent again, but not for ever: a network that takes a segment each time and never says so would
        send it to the phone each time."""
        enough = self.row.doubts.count(number) + 1 >= ENOUGH and not self.row.hold
        self._doubt(bit, number, result.error)
        self.after = max(self.after, patience(self.row.attempt))
        if enough:
            self.unsent &= ~bit
            self.unsure &= ~bit

    def _doubt(self, bit: int, number: int, error: str) -> None:
        self.unsure |= bit
        if self.row.hold:
            self.unsent &= ~bit
            self._add(number, SegmentOutcome.UNSURE, Status.IN_NETWORK, None, error)
        else:
            self._again(number, SegmentOutcome.UNSURE, error)

    def _again(self, number: int, outcome: SegmentOutcome, error: str) -> None:
        self._add(number, outcome, Status.DELAYED, None, error)
        if self.status not in FINAL:
            self.status = Status.DELAYED

    def _refuse(self, bit: int, number: int, result: Refused) -> None:
        self.unsent &= ~bit
        self.refunded += not self.unsure & bit  # an earlier try may have got through
        self._add(number, SegmentOutcome.REFUSED, result.status, None, result.error)
        if self.status not in FINAL:
            self.status = result.status

    def _add(
        self, number: int, outcome: SegmentOutcome, status: Status, network_id: str | None, error: str | None
    ) -> None:
        self.noted.append(SegmentRow(number, outcome, status, self.at, network_id, error))
