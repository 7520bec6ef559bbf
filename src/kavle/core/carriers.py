"""How the ways to the networks are doing, over all nodes, as an operator is shown it."""

from __future__ import annotations

import msgspec

from kavle.store.store import Store
from kavle.store.types import Backlog, LinkLine


class ShowCarriers(msgspec.Struct, frozen=True, tag="carriers"):
    pass


class CarriersView(msgspec.Struct, frozen=True):
    links: list[LinkLine]
    backlog: list[Backlog]


class Carriers:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def show(self) -> CarriersView:
        return CarriersView(await self._store.links(), await self._store.backlog())
