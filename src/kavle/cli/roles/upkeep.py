"""What every process does, whatever its roles: what is due, what has ended, and the watch over itself.

However many processes there are, each thing is done once: in the database each takes what no other is at work
on. So none of them is a leader, and none is missed when it dies."""

from __future__ import annotations

import asyncio

from kavle.cli.roles.node import Node
from kavle.core.schedule import Schedule
from kavle.core.sweep import Sweep, watch_loop


class Upkeep:
    def __init__(self, node: Node) -> None:
        self._node = node
        self._schedule = Schedule(node.store, node.clock, node.wake_all)
        self._sweep = Sweep(node.store, node.clock, node.metrics, node.wake_all)
        self._tasks: list[asyncio.Task[None]] = []

    def expand(self) -> None:
        """There is a new bundle, or one to be ended."""
        self._schedule.expand()

    async def start(self) -> None:
        run = self._node.run
        self._tasks = [
            run(self._schedule.run(), "schedule"),
            run(self._sweep.run(), "sweep"),
            run(watch_loop(self._node.metrics), "watch"),
        ]

    async def stop(self) -> None:
        await self._node.end(self._tasks)
