"""Steps of the clock on the wall: by NTP after a start with a wrong one, by hand, or since the machine slept.

A lease ends at a time on the wall. After a step forward all would have ended at once, with their messages on
the link: they would go out twice. So none is ended before those of before the step would be over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog

from kavle.clock import Clock

TOLERANCE: Final = timedelta(seconds=5)
"""What a busy machine, or NTP that goes gently, may make of two clocks that are read one after the other."""

_log = structlog.get_logger("kavle.clock")


class Steps:
    """One for each who ends leases. `life` is that of a lease."""

    def __init__(self, clock: Clock, life: timedelta) -> None:
        self._clock = clock
        self._life = life.total_seconds()
        self._now = clock.now()
        self._steady = self._calm_at = clock.steady()

    def calm(self, now: datetime) -> bool:
        """Whether leases may be ended that are over by `now`, which was read a moment ago."""
        steady = self._clock.steady()
        step = (now - self._now) - timedelta(seconds=steady - self._steady)
        self._now, self._steady = now, steady
        if abs(step) > TOLERANCE:
            _log.warning("the clock was set", seconds=round(step.total_seconds()))
            self._calm_at = steady + self._life
        return steady >= self._calm_at
