"""How a carrier's link stands, as an operator is shown it: alike for carriers of every kind."""

from __future__ import annotations

from datetime import datetime

from kavle.clock import Clock
from kavle.model.link import LinkReport


class Standing:
    """`entered` a state and since when, `up` so often, and what went `wrong` last."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since = clock.now()
        self._error = ""
        self._error_at: datetime | None = None
        self.times_up = 0

    @property
    def reconnects(self) -> int:
        return max(0, self.times_up - 1)

    def entered(self) -> None:
        """Another state than before."""
        self._since = self._clock.now()

    def up(self) -> None:
        """The link is there, or there again."""
        self.times_up += 1

    def wrong(self, error: str) -> None:
        self._error, self._error_at = error, self._clock.now()

    def report(
        self,
        state: str,
        *,
        window: int,
        in_flight: int,
        submits: int,
        rate: float | None = None,
        slowed: bool = False,
    ) -> LinkReport:
        return LinkReport(
            state=state,
            since=self._since,
            window=window,
            in_flight=in_flight,
            submits=submits,
            reconnects=self.reconnects,
            error=self._error,
            error_at=self._error_at,
            rate=rate,
            slowed=slowed,
        )
