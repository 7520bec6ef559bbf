"""Several gateways on one PostgreSQL under load, each at random killed, and cut off: from the database, from
the network, from both, with a word or without. At the end nothing is lost, every answer was true, nothing was
sent twice but what a link was unsure of, and every amount is right.

And of machines whose cable is pulled, where there may be network namespaces. Some rounds here; `make proof`
runs 20 of each, or CUTS=n of them."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from kavle.simulator.journal import read_journal
from support.accounts import open_accounts
from support.calls import everything_but_mms
from support.cut import SOCKET
from support.disasters import END_LEASES, settled
from support.invariants import invariants
from support.island import Island
from support.line import Line, Trouble
from support.load import Load
from support.postgres import empty_database, fetch, said
from support.processes import LOOPBACK, free_port, kavle, settings_file
from support.promises import promises
from support.proof import Proof
from support.service import KILLED, service
from support.severance import Node, Severances

PROOF = "KAVLE_CHAOS_CUTS" in os.environ
ROUNDS = int(os.environ.get("KAVLE_CHAOS_CUTS", "3"))
NODES = 3
LINK_LEASE = 3.0
# Longer than a node may keep its links without the database; in the proof longer than it waits for anything.
LONGEST = 20.0 if PROOF else 4.0
# What is lost without a word costs a node 15 s, until it waits for an answer no longer.
TROUBLES = list(Trouble) if PROOF else [Trouble.CUT, Trouble.STALLED, Trouble.DEAF]
ACCOUNTS = ["poor", "rich", "other"]
NETWORK = [
    *("simulate", "smsc", "--quiet", "--port", "0"),
    *("--response-delay", "0.02", "--receipt-delay", "0.02", "--receipt-retry", "0.5"),
]
CARRIER = """
response_timeout = 1.0
enquire_link = 0.5
bind_timeout = 1.0
"""
# Killed, or stopped in order; or it did not find its database when it began.
ENDS = {(True, KILLED), (True, 0), (False, KILLED), (False, 0), (False, 1), (False, -signal.SIGTERM)}


@pytest.fixture
def dice() -> random.Random:
    seed = int(os.environ.get("KAVLE_CHAOS_SEED", random.randrange(2**32)))
    print(f"seed {seed}")  # noqa: T201 -- shown if it fails
    return random.Random(seed)


@pytest.mark.timeout(0)
async def test_nothing_is_lost_doubled_or_mispaid_when_nodes_are_killed_and_cut_off(
    tmp_path: Path, dice: random.Random
) -> None:
    await survive(tmp_path, dice, NODES, 0, Proof("nodes-cut-off"))


@pytest.mark.timeout(0)
async def test_nothing_is_when_machines_fall_off_the_network(tmp_path: Path, dice: random.Random) -> None:
    await survive(tmp_path, dice, 1, 2, Proof("machines-cut-off"))


async def survive(tmp_path: Path, dice: random.Random, severed: int, islands: int, proof: Proof) -> None:
    """So many nodes beside us whose lines may be cut, and so many on machines of their own."""
    database = await empty_database()
    # One of them is always short of credit, but for what is paid back.
    await open_accounts(database, {"poor": 5, "rich": 1_000_000, "other": 1_000_000})
    deadlocks = said().count("deadlock detected")
    journal, log = tmp_path / "network.jsonl", tmp_path / "network.log"
    async with kavle(*NETWORK, "--journal", str(journal), log=log) as network:
        async with severable(tmp_path, database, network.port, severed, islands) as (nodes, ports):
            load = Load(
                *ports,
                callers=2 * NODES,
                accounts=ACCOUNTS,
                borne={"42", "100"},
                kinds=everything_but_mms,
            )
            severances = Severances(nodes, dice, TROUBLES)
            for _ in proof.rounds(ROUNDS):
                await load.until_answered(10)  # it goes on by itself
                await severances.strike(longest=LONGEST)
            await load.until_answered(20)
            await load.stop()
            assert [await node.service.stop() for node in nodes] == [0] * len(nodes)
        # What is leased now is a dead node's.
        await fetch(database, END_LEASES)
        config = settings_file(tmp_path, network.port, database=database, binds=NODES, carrier=CARRIER)
        async with kavle("serve", "--config", str(config), log=log) as gateway:
            await settled(database)
            assert await gateway.stop() == 0
        await network.stop()
    for node in nodes:
        assert set(node.service.ends) <= ENDS, node.service.ends
        assert "Traceback" not in node.service.log.read_text()
    await invariants(database, read_journal(journal), load.answered, load.observed, asked=load.asked)
    await promises(database, read_journal(journal), load.calls)
    assert said().count("deadlock detected") == deadlocks
    lives = sum(len(node.service.ends) + 1 for node in nodes)
    proof.holds({"rounds": proof.made, "lives": lives, **load.counted}, severances.struck)


@asynccontextmanager
async def severable(
    folder: Path, database: str, smpp: int, severed: int, islands: int
) -> AsyncIterator[tuple[list[Node], list[int]]]:
    """Ready, and their ports."""
    async with AsyncExitStack() as stack:
        started = [await stack.enter_async_context(a_node(folder, database, smpp)) for _ in range(severed)]
        for number in range(islands):
            island = await stack.enter_async_context(an_island(folder, database, smpp, number))
            started.append(island)
        for node, _ in started:
            await node.service.until_ready()
        yield [node for node, _ in started], [port for _, port in started]


@asynccontextmanager
async def a_node(folder: Path, database: str, smpp: int) -> AsyncIterator[tuple[Node, int]]:
    """And its port."""
    port = free_port()
    async with lines(folder / f"node-{port}", database, smpp, LOOPBACK) as (config, to_database, to_network):
        log = config.parent / "log"
        async with service("serve", "--config", str(config), "--port", str(port), log=log) as one:
            yield Node(one, to_database, to_network), port


@asynccontextmanager
async def an_island(folder: Path, database: str, smpp: int, number: int) -> AsyncIterator[tuple[Node, int]]:
    """A node on a machine of its own, and the port by which customers come to it."""
    port, island = 8080, Island(number)
    island.make()
    with ExitStack() as sunk:
        sunk.callback(island.sink)
        customers = Line(partial(asyncio.open_connection, island.address, port))
        await customers.start()
        async with lines(folder / f"island-{number}", database, smpp, island.shore) as (config, *_):
            serve = ["serve", "--config", str(config), "--host", island.address, "--port", str(port)]
            async with service(*serve, log=config.parent / "log", within=island.within) as one:
                cable = Cable(island, customers)
                yield Node(one, cable, cable), customers.port
        await customers.stop()


class Cable:
    """Of an island. Its customers see that it is gone, as they have no 15 minutes to wait."""

    def __init__(self, island: Island, customers: Line) -> None:
        self._island = island
        self._customers = customers

    def strike(self, trouble: Trouble) -> None:
        self._island.strike(trouble)
        self._customers.strike(Trouble.CUT)

    def mend(self) -> None:
        self._island.mend()
        self._customers.mend()


@asynccontextmanager
async def lines(home: Path, database: str, smpp: int, host: str) -> AsyncIterator[tuple[Path, Line, Line]]:
    """Settings that lead over them, to the database and to the network."""
    home.mkdir()
    target = urlsplit(database)
    socket = f"{parse_qs(target.query)['host'][0]}/{SOCKET}"
    to_database = Line(partial(asyncio.open_unix_connection, socket), host)
    to_network = Line(partial(asyncio.open_connection, LOOPBACK, smpp), host)
    await to_database.start()
    await to_network.start()
    url = f"postgresql://{target.username}@{host}:{to_database.port}{target.path}?sslmode=disable"
    config = settings_file(
        home,
        to_network.port,
        host=host,
        database=url,
        binds=NODES,
        link_lease=LINK_LEASE,
        carrier=CARRIER,
    )
    yield config, to_database, to_network
    await to_database.stop()
    await to_network.stop()
