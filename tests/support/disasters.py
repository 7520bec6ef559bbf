"""What may befall two gateways and their PostgreSQL server, each at any moment."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

import asyncpg
import psutil

from support.books import Place, one, reading
from support.postgres import fetch, halt, postmaster_and_backends, resume
from support.service import Service

_BACKENDS = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND application_name = 'kavle' ORDER BY pid"
)
END_LEASES = "UPDATE job SET due = 0 WHERE state = 1"
END_CALLS = "UPDATE callback SET due = 0 WHERE state = 1"
END_PAUSES = (
    "UPDATE job SET due = 0 WHERE state = 2 AND message_id NOT IN"
    " (SELECT id FROM message WHERE due_at > extract(epoch FROM clock_timestamp()) * 1000)"
)
"""As though the minutes had passed for which they would wait; but what is to go out later keeps its time."""
OPEN = "SELECT count(*) FROM message WHERE status IN (10, 11, 21)"
UNTOLD = "SELECT count(*) FROM callback"
SETTLE = 300


class Disasters:
    """`await strike()` brings one of them about; `struck` counts them by name."""

    def __init__(
        self, nodes: Sequence[Service], database: str, dice: random.Random, *, longest: float
    ) -> None:
        """`longest`: seconds that the server is away, now and then."""
        self._longest = longest
        self._nodes = nodes
        self._database = database
        self._dice = dice
        self.struck: Counter[str] = Counter()
        self._likely = {
            self.node_killed: 8,
            self.both_nodes_killed: 2,
            self.node_stopped: 2,
            self.node_stopped_while_the_server_is_down: 2,
            self.server_crashed: 4,
            self.server_restarted: 2,
            self.server_stood_still: 2,
            self.backend_killed: 2,
            self.table_locked: 2,
            self.node_killed_while_the_server_is_down: 2,
            self.node_overslept: 2,
        }

    async def strike(self) -> None:
        (disaster,) = self._dice.choices(list(self._likely), self._likely.values())
        self.struck[disaster.__name__.replace("_", " ")] += 1
        await disaster()

    async def node_killed(self) -> None:
        self._dice.choice(self._nodes).signal(signal.SIGKILL)

    async def both_nodes_killed(self) -> None:
        for node in self._nodes:
            node.signal(signal.SIGKILL)

    async def node_stopped(self) -> None:
        self._dice.choice(self._nodes).signal(signal.SIGTERM)

    async def node_stopped_while_the_server_is_down(self) -> None:
        down = asyncio.create_task(self._down("immediate"))
        await asyncio.sleep(self._dice.uniform(0, 0.5))
        await self.node_stopped()
        await down

    async def server_crashed(self) -> None:
        await self._down("immediate")

    async def server_restarted(self) -> None:
        await self._down("fast")

    async def server_stood_still(self) -> None:
        """And then does what it was told when nobody waits for it any more."""
        processes = postmaster_and_backends()
        for process in processes:
            process.suspend()
        await self._outage()
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.resume()

    async def table_locked(self) -> None:
        """By a stranger, as VACUUM FULL does."""
        table = self._dice.choice(["message", "job", "balance", "segment", "awaiting", "gateway"])
        stranger = await asyncpg.connect(self._database)
        try:
            async with stranger.transaction():
                await stranger.execute(f"LOCK TABLE {table}")
                await self._outage()
        finally:
            await stranger.close()

    async def backend_killed(self) -> None:
        """One of its processes: the server ends all others, and recovers: their memory may be spoilt."""
        pids = [row[0] for row in await fetch(self._database, _BACKENDS)]
        if pids:
            os.kill(int(str(self._dice.choice(pids))), signal.SIGKILL)

    async def node_killed_while_the_server_is_down(self) -> None:
        down = asyncio.create_task(self._down("immediate"))
        await asyncio.sleep(self._dice.uniform(0, 0.5))
        await self.node_killed()
        await down

    async def node_overslept(self) -> None:
        """Its machine stood still until its leases had ended, and others had gone on with its messages."""
        node = self._dice.choice(self._nodes)
        node.signal(signal.SIGSTOP)
        await fetch(self._database, END_LEASES)
        await asyncio.sleep(self._dice.uniform(0.5, 2.5))
        node.signal(signal.SIGCONT)

    async def _down(self, mode: str) -> None:
        await asyncio.to_thread(halt, mode)
        await self._outage()
        await asyncio.to_thread(resume)

    async def _outage(self) -> None:
        (most,) = self._dice.choices([0, 2, self._longest], [6, 4, 1])
        await asyncio.sleep(self._dice.uniform(most / 2, most))


async def settled(place: Place, open: str = OPEN) -> None:
    """Until every message has ended, or what `open` counts."""
    read = reading(place)
    async with asyncio.timeout(SETTLE):
        while await one(read, open):
            if isinstance(place, str):
                await fetch(place, END_PAUSES)
            await asyncio.sleep(0.2)
