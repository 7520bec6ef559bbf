"""kill -9 of the gateway at random moments under load, and at the end the books of both sides.

20 rounds here; `make proof` runs 200, or ROUNDS=n of them."""

from __future__ import annotations

import asyncio
import os
import random
import socket
from pathlib import Path

import pytest

from kavle.simulator.journal import read_journal
from kavle.store.sqlite.connection import open_reader
from support.invariants import invariants
from support.load import Load
from support.processes import LOOPBACK, kavle, run, settings_file

ROUNDS = int(os.environ.get("KAVLE_CHAOS_ROUNDS", "20"))
SETTLE = 120


@pytest.mark.timeout(0)
async def test_nothing_is_lost_doubled_or_mispaid_when_the_gateway_is_killed(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 -- shown if it fails
    dice = random.Random(seed)
    journal, log, database = (
        tmp_path / "network.jsonl",
        tmp_path / "gateway.log",
        tmp_path / "data" / "kavle.db",
    )
    network_options = ["--port", "0", "--journal", str(journal), "--response-delay", "0.01"]
    async with kavle(
        "simulate", "smsc", "--quiet", *network_options, "--receipt-delay", "0.02", log=log
    ) as network:
        config = settings_file(tmp_path, network.port, http_port=free_port())
        serve = ["serve", "--config", str(config)]
        await run(
            "account", "create", "test", "--password", "1234", "--credits", "1000000", "--config", str(config)
        )
        load: Load | None = None
        for _ in range(ROUNDS):
            async with kavle(*serve, log=log) as gateway:
                load = load or Load(gateway.port)
                await asyncio.sleep(dice.uniform(0.05, 0.8))
                await gateway.kill()
        assert load is not None
        async with kavle(*serve, log=log) as gateway:
            await asyncio.sleep(0.5)
            await load.stop()
            await settled(database)
            assert await gateway.stop() == 0
        await network.stop()
    assert len(load.answered) > ROUNDS, "the load got through"
    invariants(database, read_journal(journal), load.answered)


async def settled(database: Path) -> None:
    """Until every message has ended."""
    db = open_reader(database)
    open_ones = "SELECT count(*) FROM message WHERE status IN (10, 11, 21)"
    async with asyncio.timeout(SETTLE):
        while db.execute(open_ones).get:
            await asyncio.sleep(0.2)
    db.close()


def free_port() -> int:
    """The gateway comes back on the same port each time, as a real one does."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
