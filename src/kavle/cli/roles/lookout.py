"""What a north process does beside serving, where the engine sees to all that is due: it looks which carriers
have a link, and watches over itself."""

from __future__ import annotations

import asyncio

from kavle.cli.roles.node import Node
from kavle.core.moves import Moves
from kavle.core.sweep import watch_loop


class Lookout:
    def __init__(self, node: Node) -> None:
        self._node = node
        names = {carrier_id: name for name, carrier_id in node.carrier_ids.items()}
        self._moves = Moves(node.store, node.clock, node.terms, node.failover, node.metrics, names, node.wake)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        run = self._node.run
        self._tasks = [run(self._moves.watch(), "moves"), run(watch_loop(self._node.metrics), "watch")]

    async def stop(self) -> None:
        await self._node.end(self._tasks)
