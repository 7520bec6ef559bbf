"""Nodes that are killed, and cut off from their database, the network, or both, each at any moment."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from support.line import Trouble
from support.service import Service

_LEAST = 0.05  # seconds


class Way(Protocol):
    """A line, or a machine's cable."""

    def strike(self, trouble: Trouble) -> None: ...

    def mend(self) -> None: ...


class Node:
    """A gateway under a service manager, and the ways that it lives by."""

    def __init__(self, service: Service, database: Way, network: Way) -> None:
        self.service = service
        self.database = database
        self.network = network


class Severances:
    """`await strike()` brings one of them about, and ends it; `struck` counts them by name."""

    def __init__(self, nodes: Sequence[Node], dice: random.Random, troubles: Sequence[Trouble]) -> None:
        """`troubles`: those that a line may have."""
        self._nodes = nodes
        self._dice = dice
        self._troubles = troubles
        self.struck: Counter[str] = Counter()
        self._likely: dict[Callable[[], Awaitable[None]], int] = {
            self.killed: 3,
            self.database_away: 4,
            self.network_away: 3,
            self.alone: 4,
            self.all_without_database: 1,
            self.killed_while_alone: 3,
            self.stopped_while_alone: 1,
            self.others_killed_meanwhile: 2,
        }

    async def strike(self, *, longest: float) -> None:
        """`longest`: seconds that it may last."""
        (what,) = self._dice.choices(list(self._likely), self._likely.values())
        self._longest = longest
        await what()

    async def killed(self) -> None:
        self._one().service.signal(signal.SIGKILL)
        self._count("killed")

    async def database_away(self) -> None:
        await self._away("database", [self._one().database])

    async def network_away(self) -> None:
        await self._away("network", [self._one().network])

    async def alone(self) -> None:
        """And the others take over its links, while it is still there."""
        await self._away("both", self._lines(self._one()))

    async def all_without_database(self) -> None:
        await self._away("all databases", [node.database for node in self._nodes])

    async def killed_while_alone(self) -> None:
        node = self._one()
        await self._away("both, and killed", self._lines(node), lambda: node.service.signal(signal.SIGKILL))

    async def stopped_while_alone(self) -> None:
        node = self._one()
        await self._away("both, and stopped", self._lines(node), lambda: node.service.signal(signal.SIGTERM))

    async def others_killed_meanwhile(self) -> None:
        node = self._one()

        def kill() -> None:
            for other in self._nodes:
                if other is not node:
                    other.service.signal(signal.SIGKILL)

        await self._away("both, and the others killed", self._lines(node), kill)

    def _one(self) -> Node:
        return self._dice.choice(self._nodes)

    @staticmethod
    def _lines(node: Node) -> list[Way]:
        return [node.database, node.network]

    async def _away(
        self, what: str, lines: Sequence[Way], meanwhile: Callable[[], None] = lambda: None
    ) -> None:
        trouble = self._dice.choice(self._troubles)
        self._count(f"{what} {trouble.name.lower()}")
        for line in lines:
            line.strike(trouble)
        try:
            lasts = self._dice.choice([self._longest / 10, self._longest / 3, self._longest])
            moment = self._dice.uniform(0, lasts)
            await asyncio.sleep(moment)
            meanwhile()
            await asyncio.sleep(max(lasts - moment, _LEAST))
        finally:
            for line in lines:
                line.mend()

    def _count(self, what: str) -> None:
        self.struck[what] += 1
