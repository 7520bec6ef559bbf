"""How the ways to the networks are doing, over all nodes, as an operator is shown it."""

from __future__ import annotations

import time
from collections import Counter
from typing import Final

import msgspec

from kavle.clock import Clock
from kavle.store.store import Store
from kavle.store.types import Backlog, CarrierState, LinkLine

REST: Final = 20.0
"""A queue that is too long to be counted at once is counted a twentieth of the time, whoever looks on."""


class ShowCarriers(msgspec.Struct, frozen=True, tag="carriers"):
    pass


class CarriersView(msgspec.Struct, frozen=True):
    links: list[LinkLine]
    backlog: list[Backlog]
    states: list[CarrierState] = []


class Carriers:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._counted: list[Backlog] = []
        self._holds_until = 0.0

    async def show(self) -> CarriersView:
        states = await self._store.carrier_states(self._clock.now())
        return CarriersView(await self._store.links(), await self._backlog(), states)

    async def _backlog(self) -> list[Backlog]:
        """What is in the queue, by carrier and priority, the least first; nothing where nothing is."""
        began = time.monotonic()
        if began < self._holds_until:
            return self._counted
        found: Counter[tuple[str, int]] = Counter()
        stretches, after = 0, 0
        while True:
            counted = await self._store.backlog(after)
            found.update({(one.carrier, one.priority): one.messages for one in counted.lines})
            stretches += 1
            if counted.after is None:
                break
            after = counted.after
        if stretches > 1:
            self._holds_until = time.monotonic() + REST * (time.monotonic() - began)
        self._counted = [Backlog(*key, messages) for key, messages in sorted(found.items())]
        return self._counted
