"""The window: which segments are in flight, and which wait for room. No I/O; times are the session's."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from kavle.model.message import Parcel, Refused, Result, Unsent
from kavle.model.status import Status
from kavle.sms.segment import Segment
from kavle.south.smpp.submit import submit_sm
from kavle.wire.smpp.errors import FieldError
from kavle.wire.smpp.session import Session

PATIENCE: Final = 30.0
"""Seconds that a segment may wait for room; well within its lease, whose end gives it to others."""

_UNSENT: Final = Unsent()


class Handed(msgspec.Struct, gc=False):
    """A segment on its way: the token of its submit_sm."""

    parcel: Parcel
    segment: Segment
    at: float  # when it was handed over; then, when it was sent


Ended = tuple[Handed, Result]


class Window:
    """`size` submit_sm at most await their response."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._queue: deque[Handed] = deque()
        self.submits = 0

    def room(self, session: Session) -> int:
        """Segments that it takes before one has to wait for another's response."""
        return max(0, self._size - session.in_flight - len(self._queue))

    def put(self, parcels: Iterable[Parcel], now: float) -> None:
        self._queue.extend(
            [Handed(parcel, segment, now) for parcel in parcels for segment in parcel.segments]
        )

    def fill(self, session: Session, now: float) -> Sequence[Ended]:
        """Let the session send as many as may be; those that can't be sent have ended."""
        queue = self._queue
        if not queue:
            return ()
        ended = self._stale(now)
        for _ in range(min(self._size - session.in_flight, len(queue))):
            handed = queue.popleft()
            handed.at = now
            try:
                session.request(submit_sm(handed.parcel, handed.segment), handed, now)
            except FieldError as error:
                # It is the sender that may hold what SMPP has no place for; all else was checked or is ours.
                ended.append((handed, Refused(Status.NETWORK_FAILED, False, str(error))))
            else:
                self.submits += 1
        return ended

    def withdraw(self) -> list[Ended]:
        """What waits, waits no more."""
        ended: list[Ended] = [(handed, _UNSENT) for handed in self._queue]
        self._queue.clear()
        return ended

    def _stale(self, now: float) -> list[Ended]:
        ended: list[Ended] = []
        while self._queue and self._queue[0].at + PATIENCE < now:
            ended.append((self._queue.popleft(), _UNSENT))
        return ended
