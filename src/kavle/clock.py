"""The one clock. Everything that needs the time is handed a `Clock`, so that a test can set it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time as an aware datetime in UTC."""

    def now(self) -> datetime: ...

    def steady(self) -> float:
        """Seconds since some moment, whatever is done to the clock on the wall."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def steady(self) -> float:
        return time.monotonic()


class SetClock:
    """A clock that stands still until it is told to move; for tests."""

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now or datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
        self._steady = 0.0

    def now(self) -> datetime:
        return self._now

    def forward(self, **by: float) -> datetime:
        """Move on by a timedelta's arguments: `clock.forward(minutes=5)`."""
        self._steady += timedelta(**by).total_seconds()
        return self.step(**by)

    def step(self, **by: float) -> datetime:
        """What somebody does who sets the clock on the wall: no time passes."""
        self._now += timedelta(**by)
        return self._now

    def steady(self) -> float:
        return self._steady
