"""How a carrier's link stands, as an operator is shown it: alike for carriers of every kind."""

from __future__ import annotations

from datetime import datetime

from kavle.clock import Clock
from kavle.model.link import LinkReport
from kavle.model.why import Why, why


class Standing:
    """`entered` a state and since when, `up` so often, and what went `wrong` last."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since = clock.now()
        self._wrong: Why | None = None
        self._wrong_at: datetime | None = None
        self._failing: datetime | None = None
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

    def wrong(self, reason: Why, look_at: str = "") -> None:
        """`look_at`: the settings that it speaks of."""
        told = why("{error}; look at {setting}", error=reason, setting=look_at) if look_at else reason
        self._wrong, self._wrong_at = told, self._clock.now()

    def fails(self) -> None:
        """A message has failed by the network."""
        self._failing = self._failing or self._clock.now()

    def works(self) -> None:
        """One has not."""
        self._failing = None

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
            error="" if self._wrong is None else str(self._wrong),
            error_at=self._wrong_at,
            why=self._wrong,
            rate=rate,
            slowed=slowed,
            failing=self._failing,
        )
