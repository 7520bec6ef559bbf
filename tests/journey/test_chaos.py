"""kill -9 at random moments under load, and at the end the books of both sides: of one gateway on SQLite; of
two on PostgreSQL, where the server dies as well.

Some rounds here; `make proof` runs 200, or ROUNDS=n of them."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kavle.simulator.journal import read_journal
from support.accounts import open_accounts
from support.books import Place
from support.calls import Kind, everything
from support.customer import SETTINGS, Customer, customer, give_number
from support.disasters import END_CALLS, END_LEASES, UNTOLD, Disasters, settled
from support.invariants import invariants
from support.load import Load
from support.postgres import empty_database, fetch, said
from support.processes import LOOPBACK, MMSC_PATH, Process, free_port, kavle, run, settings_file
from support.promises import all_that_came_is_told, promises, until_all_came
from support.proof import Proof
from support.service import KILLED, Service, service

ROUNDS = int(os.environ.get("KAVLE_CHAOS_ROUNDS", "20"))
NODE_ROUNDS = int(os.environ.get("KAVLE_CHAOS_ROUNDS", "10"))
# Twice as long as a node waits to learn what became of a commit in doubt; it is short where it must be quick.
LONGEST = 24 if "KAVLE_CHAOS_ROUNDS" in os.environ else 3
NETWORK = [
    "simulate",
    "smsc",
    "--quiet",
    "--port",
    "0",
    "--response-delay",
    "0.01",
    "--receipt-delay",
    "0.02",
    "--receipt-retry",
    "0.5",
]
# It gives up after 100 tries, which must last longer than any gateway is away.
MMSC = [
    "simulate",
    "mmsc",
    "--quiet",
    "--port",
    "0",
    "--response-delay",
    "0.01",
    "--report-delay",
    "0.02",
    "--retry",
    "2",
]
BORNE = {"4", "42", "100"}  # MMS and SMS have codes of their own for a balance that is too small

# Killed, stopped in order, or told twice to stop. Before it was ready: stopped before it knew of any order,
# or without a database to start on.
ENDS = {(ready, code) for ready in (True, False) for code in (KILLED, 0, 130)}
ENDS |= {(False, -signal.SIGTERM), (False, 1)}


@pytest.fixture
def dice() -> random.Random:
    seed = int(os.environ.get("KAVLE_CHAOS_SEED", random.randrange(2**32)))
    print(f"seed {seed}")  # noqa: T201 -- shown if it fails
    return random.Random(seed)


@pytest.mark.timeout(0)
async def test_nothing_is_lost_doubled_or_mispaid_when_the_gateway_is_killed(
    tmp_path: Path, dice: random.Random
) -> None:
    async def life(gateway: Process, load: Load) -> None:
        # However loaded the machine is: some lives end before they answered anybody, most do not.
        await load.until_answered(dice.randrange(12))

    proof = Proof("kills-sqlite")
    proof.holds(await survive(tmp_path, dice, proof, life))


@pytest.mark.skipif("KAVLE_CHAOS_ROUNDS" not in os.environ, reason="a round is in test_norths.py")
@pytest.mark.timeout(0)
async def test_nothing_is_lost_doubled_or_mispaid_when_the_engine_or_a_north_is_killed(
    tmp_path: Path, dice: random.Random
) -> None:
    killed = Counter[str]()

    async def life(gateway: Process, load: Load) -> None:
        for _ in range(dice.randrange(3)):
            await load.until_answered(dice.randrange(12))
            if norths := gateway.children:  # else both are being started anew
                os.kill(dice.choice(norths), signal.SIGKILL)
                killed["a north"] += 1

    proof = Proof("kills-norths")
    figures = await survive(tmp_path, dice, proof, life, processes=2, borne=frozenset({"42"}))
    killed["the engine"] = proof.made
    proof.holds(figures, killed)


async def survive(
    folder: Path,
    dice: random.Random,
    proof: Proof,
    life: Callable[[Process, Load], Awaitable[None]],
    *,
    processes: int = 0,
    borne: frozenset[str] = frozenset(),
) -> dict[str, int]:
    """The figures of a gateway on SQLite that lives so in each round, and soon after is killed."""
    journal, log = folder / "network.jsonl", folder / "gateway.log"
    database, port = folder / "data" / "kavle.db", free_port()
    async with (
        customer(dice) as owner,
        kavle(*NETWORK, "--journal", str(journal), log=log) as network,
        mmsc(port, folder / "mmsc.jsonl", log) as other,
    ):
        config = settings_file(
            folder, network.port, http_port=port, mmsc=other.port, processes=processes, more=SETTINGS
        )
        serve = ["serve", "--config", str(config)]
        account = ["account", "create", "test", "--password", "1234", "--credits", "1000000"]
        assert (await run(*account, "--config", str(config)))[0] == 0
        await give_number("test", owner.there.url, str(config))
        load: Load | None = None
        for _ in proof.rounds(ROUNDS):
            async with kavle(*serve, log=log) as gateway:
                load = load or Load(gateway.port, callers=8, kinds=everything, borne=borne)
                await life(gateway, load)
                await asyncio.sleep(dice.uniform(0.05, 0.8))
                await gateway.kill()
        assert load is not None
        async with kavle(*serve, log=log) as gateway:
            await load.until_all_got_through(Kind)
            await load.stop()
            await all_is_over(database, folder)
            assert await gateway.stop() == 0
        await other.stop()
        await network.stop()
    await check(folder, database, load, owner)
    return {"rounds": proof.made, **load.counted, "callbacks": len(owner.told)}


@pytest.mark.timeout(0)
async def test_nothing_is_lost_doubled_or_mispaid_when_nodes_and_the_server_die(
    tmp_path: Path, dice: random.Random
) -> None:
    proof = Proof("kills-postgresql")
    database = await empty_database()
    # One of them is always short of credit, but for what is paid back.
    await open_accounts(database, {"poor": 5, **{f"customer{n}": 1_000_000 for n in range(5)}})
    deadlocks = said().count("deadlock detected")
    journal, log = tmp_path / "network.jsonl", tmp_path / "network.log"
    ports = [free_port(), free_port()]
    async with (
        customer(dice) as owner,
        kavle(*NETWORK, "--journal", str(journal), log=log) as network,
        mmsc(ports[0], tmp_path / "mmsc.jsonl", log) as other,
    ):
        config = settings_file(
            tmp_path, network.port, database=database, binds=2, mmsc=other.port, more=SETTINGS
        )
        await give_number("customer0", owner.there.url, str(config))
        async with two_nodes(config, ports) as nodes:
            accounts = ["poor", *(f"customer{n}" for n in range(5))]
            load = Load(*ports, callers=8, accounts=accounts, borne=BORNE, kinds=everything)
            disasters = Disasters(nodes, database, dice, longest=LONGEST)
            for _ in proof.rounds(NODE_ROUNDS):
                await load.until_answered(5)  # it goes on by itself
                await asyncio.sleep(dice.uniform(0, 1))
                await disasters.strike()
            await load.until_all_got_through(Kind)
            await load.stop()
            assert [await node.stop() for node in nodes] == [0, 0]
        # What is leased now is a dead node's.
        await fetch(database, END_LEASES)
        await fetch(database, END_CALLS)
        async with kavle("serve", "--config", str(config), "--port", str(ports[0]), log=log) as gateway:
            await all_is_over(database, tmp_path)
            assert await gateway.stop() == 0
        await other.stop()
        await network.stop()
    for node in nodes:
        assert set(node.ends) <= ENDS, node.ends
        assert "Traceback" not in node.log.read_text()
    await check(tmp_path, database, load, owner)
    assert said().count("deadlock detected") == deadlocks
    lives = sum(len(node.ends) + 1 for node in nodes)
    figures = {
        "rounds": proof.made,
        "lives": lives,
        **load.counted,
        "callbacks": len(owner.told),
    }
    proof.holds(figures, disasters.struck)


async def all_is_over(database: Place, folder: Path) -> None:
    """Each message has ended, what phones send has come, and its owner knows of it."""
    await settled(database)
    await until_all_came(lambda: read_journal(folder / "network.jsonl"))
    await settled(database, UNTOLD)


async def check(folder: Path, database: Place, load: Load, owner: Customer) -> None:
    entries = [*read_journal(folder / "network.jsonl"), *read_journal(folder / "mmsc.jsonl")]
    await invariants(database, entries, load.answered, load.observed, asked=load.asked)
    await promises(database, entries, load.calls)
    await all_that_came_is_told(database, owner)


@asynccontextmanager
async def mmsc(gateway: int, journal: Path, log: Path) -> AsyncIterator[Process]:
    """It comes to the gateway at this port."""
    vasp = f"http://{LOOPBACK}:{gateway}{MMSC_PATH}"
    async with kavle(*MMSC, "--vasp", vasp, "--journal", str(journal), log=log) as process:
        yield process


@asynccontextmanager
async def two_nodes(config: Path, ports: list[int]) -> AsyncIterator[list[Service]]:
    """Both ready."""
    serve = ["serve", "--config", str(config), "--port"]
    async with (
        service(*serve, str(ports[0]), log=config.parent / "one.log") as one,
        service(*serve, str(ports[1]), log=config.parent / "other.log") as other,
    ):
        await one.until_ready()
        await other.until_ready()
        yield [one, other]
