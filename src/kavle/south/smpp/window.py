"""The window: which segments are in flight, and which wait for room. No I/O; times are the session's."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from kavle.core.shares import Shares
from kavle.model.message import Parcel, Priority, Refused, Result, Unsent
from kavle.model.status import Status
from kavle.sms.segment import Segment
from kavle.south.smpp.rate import AHEAD, Rate
from kavle.south.smpp.submit import goes_whole, submit_sm
from kavle.wire.smpp.errors import FieldError
from kavle.wire.smpp.pdus import SubmitSm
from kavle.wire.smpp.session import Session

PATIENCE: Final = 30.0
"""Seconds that a segment may wait for room; well within its lease, whose end gives it to others."""

KEPT: Final = 10
"""A slot in so many is kept for priority 3, and one at least where there are two."""

_UNSENT: Final = Unsent()


class Handed(msgspec.Struct, gc=False):
    """A segment on its way, or all of a message that goes in one: the token of its submit_sm."""

    parcel: Parcel
    segments: tuple[Segment, ...]
    at: float  # when it was handed over; then, when it was sent


Ended = tuple[Handed, Result]
Said = Callable[[Handed], SubmitSm]


def _as_it_is(handed: Handed) -> SubmitSm:
    return submit_sm(handed.parcel, handed.segments[0])


class Window:
    """`size` submit_sm at most await their response, and they go out at most at `rate`. A tenth of the slots
    is kept for priority 3, which also goes before all others: however much of these waits or is in flight, it
    is sent at once. Beside a flood of it the others have their share of what goes out.

    Where the network turns the window over in a moment, as many again wait here for others' responses: it has
    something to do then, while the next are leased."""

    def __init__(
        self, size: int, rate: Rate | None = None, payload: bool = False, ahead: bool = True
    ) -> None:
        """`payload`: long messages go in one where they can. `ahead`: some may wait for others' responses."""
        self._size = size
        self._rate = rate or Rate(None)
        self._payload = payload
        self._may_be_ahead = ahead
        self._kept = max(1, size // KEPT) if size > 1 else 0
        self._queues: dict[int, deque[Handed]] = {one: deque() for one in sorted(Priority, reverse=True)}
        self._urgent = self._queues[Priority.URGENT]
        self._urgent_in_flight = 0
        self._shares = Shares()
        self._quick = False  # the network turns a window over in a moment
        self.submits = 0

    @property
    def lot(self) -> int:
        """How many go out at once, when nothing is in flight."""
        return min(self._size, self._rate.lot)

    @property
    def waiting(self) -> int:
        return sum(map(len, self._queues.values()))

    def room(self, session: Session, now: float) -> int:
        """Segments of priority 3 that it takes before one has to wait longer than a moment for its turn."""
        urgent, free = len(self._urgent), self._size - session.in_flight
        # Before whatever else waits, or with it.
        room = max(free - urgent, free + self._ahead - self.waiting)
        return max(0, min(room, self._rate.ahead(now) - urgent))

    def kept(self, session: Session, now: float) -> int:
        """How many of these are not for any other priority."""
        free = min(self._free_for_others(session) + self._ahead, self._rate.ahead(now)) - self.waiting
        return max(0, self.room(session, now) - max(0, free))

    def put(self, parcels: Iterable[Parcel], now: float) -> None:
        for parcel in parcels:
            self._queues[parcel.priority].extend(
                [Handed(parcel, segments, now) for segments in self._pieces(parcel)]
            )

    def fill(self, session: Session, now: float, said: Said = _as_it_is) -> Sequence[Ended]:
        """Let the session send as many as may be, as each is `said` then; what can't be sent has ended."""
        if not self.waiting:
            return ()
        ended = self._stale(now)
        owed, all_of_it = self._shares.owed(), dict.fromkeys(self._queues, self._size)
        sent = Counter[int]()
        for priority, most in (*owed.items(), *all_of_it.items()):
            sent[priority] += self._send(priority, most, session, now, said, ended)
        self._shares.took(sent, {priority for priority, queue in self._queues.items() if not queue})
        return ended

    def pause(self, session: Session, now: float) -> float | None:
        """Seconds until the rate lets out the next of those that have room; None when none is kept by it."""
        has_room = self._urgent and session.in_flight < self._size
        has_room = has_room or (self.waiting > len(self._urgent) and self._free_for_others(session) > 0)
        return self._rate.wait(now) if has_room else None

    def answered(self, handed: Handed, now: float, *, throttled: bool = False) -> None:
        """It is in flight no longer, whatever became of it. `throttled`: it was too much for the network."""
        self._urgent_in_flight -= handed.parcel.priority == Priority.URGENT
        self._quick = now - handed.at < AHEAD and not throttled

    def withdraw(self) -> list[Ended]:
        """What waits, waits no more."""
        self._quick = False
        ended: list[Ended] = [(handed, _UNSENT) for queue in self._queues.values() for handed in queue]
        for queue in self._queues.values():
            queue.clear()
        return ended

    @property
    def _ahead(self) -> int:
        """Segments that may wait for others' responses: so many that none waits longer than a moment."""
        return self._size if self._quick and self._may_be_ahead else 0

    def _pieces(self, parcel: Parcel) -> list[tuple[Segment, ...]]:
        if self._payload and goes_whole(parcel):
            return [parcel.segments]
        return [(segment,) for segment in parcel.segments]

    def _free_for_others(self, session: Session) -> int:
        others = session.in_flight - self._urgent_in_flight
        return min(self._size - session.in_flight, self._size - self._kept - others)

    def _send(
        self, priority: int, most: int, session: Session, now: float, said: Said, ended: list[Ended]
    ) -> int:
        queue, urgent = self._queues[priority], priority == Priority.URGENT
        room = self._size - session.in_flight if urgent else self._free_for_others(session)
        before = self.submits
        for _ in range(min(most, room, len(queue), self._rate.ready(now))):
            handed = queue.popleft()
            handed.at = now
            try:
                session.request(said(handed), handed, now)
            except FieldError as error:
                # It is the sender that may hold what SMPP has no place for; all else was checked or is ours.
                ended.append((handed, Refused(Status.NETWORK_FAILED, False, str(error))))
            else:
                self.submits += 1
        sent = self.submits - before
        self._rate.take(sent, now)
        self._urgent_in_flight += sent if urgent else 0
        return sent

    def _stale(self, now: float) -> list[Ended]:
        ended: list[Ended] = []
        for queue in self._queues.values():
            while queue and queue[0].at + PATIENCE < now:
                ended.append((queue.popleft(), _UNSENT))
        return ended
