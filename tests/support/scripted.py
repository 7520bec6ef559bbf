"""A carrier that does as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from kavle.clock import SetClock
from kavle.core.dispatch import Dispatcher
from kavle.model.link import LinkReport
from kavle.model.message import Accepted, Lease, Outcome, Parcel, Result, Unsent, Unsure


class Scripted:
    """Takes `window` segments at once, and answers each with a yes; while not `answering`, only when told to.
    What it never answers is unsure when it closes."""

    name = "scripted"
    bound = True
    reconnects = 0

    def __init__(self, events: Dispatcher, clock: SetClock, window: int) -> None:
        self.events = events
        self.clock = clock
        self.window = window
        self.busy = 0  # segments that somebody else has in flight
        self.keeps = 0  # of what is free, for priority 3
        self.taken: list[Parcel] = []
        self.answering = True
        self.held = False
        self.ended = asyncio.Event()
        self._open: list[Parcel] = []
        self._answered = asyncio.Event()

    @property
    def in_flight(self) -> int:
        return sum(len(parcel.segments) for parcel in self._open)

    def report(self) -> LinkReport:
        return LinkReport("bound", self.clock.now(), self.window, self.in_flight, len(self.taken), 0)

    def free(self) -> int:
        return max(0, self.window - self.busy - self.in_flight)

    @property
    def lot(self) -> int:
        return self.window

    def kept(self) -> int:
        return min(self.keeps, self.free())

    def submit(self, parcels: Sequence[Parcel]) -> None:
        assert sum(len(parcel.segments) for parcel in parcels) <= self.window
        self.taken.extend(parcels)
        self._open.extend(parcels)
        if self.held:
            self._report(parcels, lambda lease, number: Unsent())
        elif self.answering:
            asyncio.get_running_loop().call_soon(self.answer, parcels)

    def answer(self, parcels: Sequence[Parcel]) -> None:
        self._report(parcels, lambda lease, number: Accepted(f"{lease.message_id}.{number}"))
        self.events.room()

    def _report(self, parcels: Sequence[Parcel], result: Callable[[Lease, int], Result]) -> None:
        now = self.clock.now()
        self.events.outcomes(
            [
                Outcome(parcel.lease, one.number, result(parcel.lease, one.number), now)
                for parcel in parcels
                for one in parcel.segments
            ]
        )
        self._open = [parcel for parcel in self._open if parcel not in parcels]
        if not self._open:
            self._answered.set()

    async def run(self) -> None:
        await self.ended.wait()

    def hold(self) -> None:
        self.held = True

    async def settle(self, seconds: float) -> None:
        if self._open:
            self._answered.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._answered.wait(), seconds)

    async def close(self) -> None:
        if self._open:
            self._report(self._open, lambda lease, number: Unsure("closed"))
        self.ended.set()
