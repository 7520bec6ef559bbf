"""Ready jobs on their way to a lease: pure, and the same on every engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from kavle.model.message import Lease, LeasedMessage, Priority
from kavle.model.service import Service
from kavle.sms.segment import Encoding
from kavle.store.rows import from_ms, numbers
from kavle.store.types import LeaseRequest

_IN_ORDER: Final = sorted(Priority, reverse=True)


class Candidate(msgspec.Struct, array_like=True):
    """A ready job with what its carrier must know."""

    id: int
    unsent: int
    attempt: int
    expires_at: int
    recipient: str
    sender: str
    text: str
    encoding: Encoding
    flash: bool
    priority: int
    service: Service = Service.SMS


class _Room:
    """What is left of a request's room while it is filled."""

    def __init__(self, request: LeaseRequest) -> None:
        self._all = request.room
        self._lower = request.lower

    def of(self, priority: int) -> int:
        return self._all if priority == Priority.URGENT else min(self._all, self._lower)

    def fill(self, rows: Sequence[Candidate]) -> list[Candidate]:
        """The longest beginning that fits."""
        taken = []
        for row in rows:
            if row.unsent.bit_count() > self.of(row.priority):
                break
            self._take(row)
            taken.append(row)
        return taken

    def give(self, rows: Sequence[Candidate], owed: int) -> list[Candidate]:
        """So many segments, and what the last message has more: else a long one would get nothing ever."""
        taken = []
        for row in rows:
            if owed <= 0 or self.of(row.priority) <= 0:
                break
            owed -= row.unsent.bit_count()
            self._take(row)
            taken.append(row)
        return taken

    def _take(self, row: Candidate) -> None:
        size = row.unsent.bit_count()
        self._all -= size
        self._lower -= size if row.priority != Priority.URGENT else 0


def within(found: Sequence[Candidate], request: LeaseRequest) -> list[Candidate]:
    """What the lease takes of `found`, the beginning of each priority's queue, in which a job may be named
    twice: what lower priorities are owed, then the most urgent and fairest that fit into the rest. One at
    least where there is any room for it, or a long message would wait for ever."""
    rows = list({row.id: row for row in found}.values())
    queues = {priority: [row for row in rows if row.priority == priority] for priority in _IN_ORDER}
    room = _Room(request)
    taken = {p: room.give(queues[p], request.owed[p]) for p in _IN_ORDER if p in request.owed}
    for priority, queue in queues.items():
        before = taken.get(priority, [])
        taken[priority] = before + room.fill(queue[len(before) :])
    chosen = [row for priority in _IN_ORDER for row in taken[priority]]
    return chosen or [row for queue in queues.values() for row in queue if room.of(row.priority) > 0][:1]


def leased(row: Candidate, token: int) -> LeasedMessage:
    return LeasedMessage(
        lease=Lease(row.id, token, row.attempt + 1),
        recipient=row.recipient,
        sender=row.sender,
        text=row.text,
        encoding=row.encoding,
        flash=row.flash,
        priority=row.priority,
        expires_at=from_ms(row.expires_at),
        unsent=tuple(numbers(row.unsent)),
        service=row.service,
    )
