"""How the ways to the networks are doing, over all nodes, as an operator is shown it."""

from __future__ import annotations

import msgspec

from kavle.clock import Clock
from kavle.store.store import Store
from kavle.store.types import Backlog, CarrierState, LinkLine


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

    async def show(self) -> CarriersView:
        store = self._store
        states = await store.carrier_states(self._clock.now())
        return CarriersView(await store.links(), await store.backlog(), states)
