"""The one clock. Everything that needs the time is handed a `Clock`, so that a test can set it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time as an aware datetime in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class SetClock:
    """A clock that stands still until it is told to move; for tests."""

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now or datetime(2026, 1, 1, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def forward(self, **by: float) -> datetime:
        """Move on by a timedelta's arguments: `clock.forward(minutes=5)`."""
        self._now += timedelta(**by)
        return self._now
