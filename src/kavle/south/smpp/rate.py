"""A carrier's rate as a token bucket: one token a submit_sm. No I/O; times are those of the session."""

from __future__ import annotations

import math
from typing import Final

AHEAD: Final = 0.1
"""Seconds whose worth of segments is leased before its turn. What is leased goes out before all that comes
later to the queue, however fair its place: so no more than a moment's worth."""

DEEPEST: Final = 1.0
"""Seconds of silence that a refill may have to make up for, at most."""

_UNLIMITED: Final = 2**31
_ROUNDING: Final = 1e-6


class Rate:
    """At most `per_second` a second, and `AHEAD`'s worth of them at once; None: as many as there are."""

    def __init__(self, per_second: float | None) -> None:
        self.per_second = per_second
        self._most = _most(per_second)
        self._tokens = float(self._most)
        self._at = -math.inf

    @property
    def lot(self) -> int:
        """How many go out in `AHEAD`."""
        return int(self._most + _ROUNDING)

    def ready(self, now: float) -> int:
        """How many may go out at this moment."""
        return max(0, int(self._at_time(now) + _ROUNDING))

    def ahead(self, now: float) -> int:
        """How many may go out within `AHEAD`; one at least, or a slow link would never be given any."""
        if self.per_second is None:
            return _UNLIMITED
        return max(1, int(self._at_time(now) + self.per_second * AHEAD + _ROUNDING))

    def take(self, count: int, now: float) -> None:
        if self.per_second is not None:
            self._tokens, self._at = self._at_time(now) - count, now

    def forfeit(self, now: float) -> None:
        """One more than was taken, down to `DEEPEST`'s worth below nothing."""
        if self.per_second is not None:
            self.take(1, now)
            self._tokens = max(self._tokens, -self.per_second * DEEPEST)

    def change(self, per_second: float | None, now: float) -> None:
        """Another rate from now on. What goes as fast as it can has no tokens left to begin with."""
        if per_second != self.per_second:
            tokens = self._at_time(now) if self.per_second is not None else 0.0
            self.per_second, self._most, self._at = per_second, _most(per_second), now
            self._tokens = min(tokens, self._most)

    def wait(self, now: float) -> float:
        """Seconds until the next may go out."""
        if self.per_second is None:
            return 0.0
        return max(0.0, 1.0 - self._at_time(now)) / self.per_second

    def _at_time(self, now: float) -> float:
        if self.per_second is None:
            return self._most
        return min(self._most, self._tokens + (now - self._at) * self.per_second)


def _most(per_second: float | None) -> float:
    return _UNLIMITED if per_second is None else max(1.0, per_second * AHEAD)
