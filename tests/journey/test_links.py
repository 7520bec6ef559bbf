"""One bind for two gateways on one PostgreSQL: it is held by one of them, and never by both."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from kavle.simulator.journal import MemoryJournal
from kavle.simulator.smsc import Smsc
from support.accounts import open_accounts
from support.cut import Wire
from support.invariants import invariants
from support.patience import PATIENCE
from support.postgres import empty_database, fetch
from support.processes import LOOPBACK, Process, kavle, settings_file

FOR_EVER = 600.0
"""Seconds that a link is a node's: nobody takes it over in this test but who is given it."""


CUT_OFF = 6.0
"""Long enough for a busy machine to close a link in a third of it."""


@pytest.fixture
async def port(network: Smsc) -> int:
    return (await network.start(LOOPBACK, 0))[1]


@pytest.fixture
async def database() -> str:
    url = await empty_database()
    await open_accounts(url, {"test": 100})
    return url


def serve(folder: Path, port: int, database: str, link_lease: float = 3.0) -> list[str]:
    folder.mkdir(exist_ok=True)
    config = settings_file(folder, port, database=database, link_lease=link_lease)
    return ["serve", "--config", str(config)]


async def send(node: Process) -> str:
    answer = await node.send()
    assert int(answer) >= 1000
    return answer


async def until(database: str, sql: str, rows: list[tuple[object, ...]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while await fetch(database, sql) != rows:
            await asyncio.sleep(0.05)


async def until_delivered(database: str, count: int) -> None:
    await until(database, "SELECT count(*) FROM message WHERE status = 22", [(count,)])


async def test_a_dead_nodes_link_is_taken_over(
    network: Smsc, port: int, journal: MemoryJournal, database: str, tmp_path: Path
) -> None:
    node, log = serve(tmp_path, port, database), tmp_path / "nodes.log"
    async with kavle(*node, log=log) as one:
        await network.until(lambda counts: counts.binds == 1)
        async with kavle(*node, log=log) as other:
            answers = [await send(one), await send(other)]  # what the other takes goes out by the one
            await until_delivered(database, 2)
            assert network.counts.binds == 1
            await one.kill()
            answers.append(await send(other))
            await until_delivered(database, 3)
            assert network.counts.binds == 2
            assert await other.stop() == 0
    await invariants(database, journal.entries, answers)


async def test_a_stop_in_order_hands_the_link_over(
    network: Smsc, port: int, journal: MemoryJournal, database: str, tmp_path: Path
) -> None:
    node, log = serve(tmp_path, port, database, FOR_EVER), tmp_path / "nodes.log"
    async with kavle(*node, log=log) as one:
        await network.until(lambda counts: counts.binds == 1)
        async with kavle(*node, log=log) as other:
            answers = [await send(other)]
            await until_delivered(database, 1)
            assert await one.stop() == 0
            answers.append(await send(other))
            await until_delivered(database, 2)
            assert await other.stop() == 0
    assert network.counts.peer_errors == 0
    assert await fetch(database, "SELECT node_id FROM link") == [(None,)]
    assert await fetch(database, "SELECT node_id FROM contender") == []
    await invariants(database, journal.entries, answers)


async def test_a_node_cut_off_from_the_database_unbinds_before_another_binds(
    network: Smsc, port: int, journal: MemoryJournal, database: str, tmp_path: Path
) -> None:
    wire, log = Wire(database), tmp_path / "nodes.log"
    await wire.start()
    async with kavle(*serve(tmp_path / "cut", port, wire.url, CUT_OFF), log=log) as one:
        await network.until(lambda counts: counts.binds == 1)
        async with kavle(*serve(tmp_path, port, database, CUT_OFF), log=log) as other:
            answers = [await send(one)]
            await until_delivered(database, 1)
            wire.freeze()
            await network.until(lambda counts: not counts.links or counts.binds > 1)
            assert network.counts.binds == 1, "the other bound while the one still was"
            answers.append(await send(other))
            await until_delivered(database, 2)
            await until(database, "SELECT count(*) FROM contender", [(1,)])
            wire.thaw()
            await until(database, "SELECT count(*) FROM contender", [(2,)])
            assert network.counts.binds == 2
            answers.append(await send(one))
            await until_delivered(database, 3)
            assert [await one.stop(), await other.stop()] == [0, 0]
    await wire.stop()
    await invariants(database, journal.entries, answers)
