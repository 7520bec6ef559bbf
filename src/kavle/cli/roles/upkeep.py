"""What every process does, whatever its roles: what is due, what has ended, and the watch over itself.

However many processes there are, each thing is done once: in the database each takes what no other is at work
on. So none of them is a leader, and none is missed when it dies."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from kavle.cli.roles.node import Node
from kavle.core.books import Bookkeeper
from kavle.core.incoming import PartSweep
from kavle.core.moves import Moves
from kavle.core.retention import Retention
from kavle.core.schedule import Schedule
from kavle.core.sweep import Sweep, watch_loop


class Upkeep:
    def __init__(self, node: Node) -> None:
        self._node = node
        self._schedule = Schedule(node.store, node.clock, node.wake_all)
        self._sweep = Sweep(node.store, node.clock, node.metrics, node.wake_all)
        names = {carrier_id: name for name, carrier_id in node.carrier_ids.items()}
        self._moves = Moves(node.store, node.clock, node.terms, node.failover, node.metrics, names, node.wake)
        wait = timedelta(seconds=node.settings.incoming.wait_for_parts)
        self._parts = PartSweep(node.store, node.clock, node.metrics, wait, node.came)
        self._retention = Retention(node.store, node.clock, node.settings.retention.keep)
        self._books = Bookkeeper(node.store, node.metrics)
        self._tasks: list[asyncio.Task[None]] = []

    def expand(self) -> None:
        """There is a new bundle, or one to be ended."""
        self._schedule.expand()

    async def start(self) -> None:
        run, failover, ids = self._node.run, self._node.failover, self._node.carrier_ids
        self._node.metrics.gauge(
            "kavle_carrier_down_seconds",
            "Since it has had no bound link on any node",
            "carrier",
            lambda: {name: failover.down.get(carrier_id, 0.0) for name, carrier_id in ids.items()},
        )
        self._tasks = [
            run(self._schedule.run(), "schedule"),
            run(self._sweep.run(), "sweep"),
            run(self._moves.run(), "moves"),
            run(self._parts.run(), "parts"),
            run(self._retention.run(), "retention"),
            run(self._books.run(), "books"),
            run(watch_loop(self._node.metrics), "watch"),
        ]

    async def stop(self) -> None:
        await self._node.end(self._tasks)
