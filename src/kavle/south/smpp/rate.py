"""A carrier's rate as a token bucket: one token a submit_sm. No I/O; times are those of the session."""

from __future__ import annotations

import math
from typing import Final

AHEAD: Final = 0.1
"""Seconds whose worth of segments is leased before its turn. What is leased goes out before all that comes
later to the queue, however fair its place: so no more than a moment's worth."""

_UNLIMITED: Final = 2**31
_ROUNDING: Final = 1e-6


class Rate:
    """At most `per_second` a second, and `AHEAD`'s worth of them at once; None: as many as there are."""

    def __init__(self, per_second: float | None) -> None:
        self._per_second = per_second
        self._most = _UNLIMITED if per_second is None else max(1.0, per_second * AHEAD)
        self._tokens = float(self._most)
        self._at = -math.inf

    @property
    def lot(self) -> int:
        """How many go out in `AHEAD`."""
        return int(self._most + _ROUNDING)

    def ready(self, now: float) -> int:
        """How many may go out at this moment."""
        return int(self._at_time(now) + _ROUNDING)

    def ahead(self, now: float) -> int:
        """How many may go out within `AHEAD`; one at least, or a slow link would never be given any."""
        if self._per_second is None:
            return _UNLIMITED
        return max(1, int(self._at_time(now) + self._per_second * AHEAD + _ROUNDING))

    def take(self, count: int, now: float) -> None:
        if self._per_second is not None:
            self._tokens, self._at = self._at_time(now) - count, now

    def wait(self, now: float) -> float:
        """Seconds until the next may go out."""
        if self._per_second is None:
            return 0.0
        return max(0.0, 1.0 - self._at_time(now)) / self._per_second

    def _at_time(self, now: float) -> float:
        if self._per_second is None:
            return self._most
        return min(self._most, self._tokens + (now - self._at) * self._per_second)
