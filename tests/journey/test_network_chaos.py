"""A network whose links drop, stall, throttle, reorder and repeat at random, under load. At the end nothing
is lost, nothing was sent twice but what the link was unsure of, every amount is right, and every message has
the status that the network's own journal says it should have.

Some hundred messages here, sent slowly so that the faults meet them; `make proof` sends 20,000 by each kind
of link on each engine, or MESSAGES=n of them."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from kavle.simulator.journal import read_journal
from support.accounts import open_accounts
from support.books import Place, one, reading
from support.calls import ORDINARY, OTHERS, THROTTLED
from support.disasters import settled
from support.fates import every_status_is_what_the_network_did
from support.invariants import invariants
from support.load import Load
from support.postgres import empty_database
from support.processes import free_port, kavle, run, settings_file
from support.proof import Proof
from support.weather import Weather

PROOF = "KAVLE_CHAOS_MESSAGES" in os.environ
MESSAGES = int(os.environ.get("KAVLE_CHAOS_MESSAGES", "250"))
RATE = 0 if PROOF else 120  # submit_sm a second
MODES = ["transceiver", "transmitter+receiver"]
FEWEST = 10  # strikes
REST = MESSAGES // 20  # messages that may be open when the sky clears
# A message of which a segment was unsure too often has no job and awaits nothing, and stays 21.
OPEN = "SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM awaiting)"
UNSURE = "SELECT count(*) FROM segment WHERE outcome = 4"
EXPIRED, UNKNOWN, QUEUE_FULL = "46701740612", "46701740621", "46701740619"
NETWORK = [
    *("simulate", "smsc", "--quiet", "--port", "0", "--http-port", "0"),
    *("--response-delay", "0.05", "--receipt-delay", "0.02", "--receipt-retry", "0.5"),
]
# So that what never comes is not waited for long.
CARRIER = """
mode = "{mode}"
rate = {rate}
response_timeout = 1.0
enquire_link = 0.5
bind_timeout = 1.0
[carrier.retry]
ESME_RTHROTTLED = {{ after = 0.2 }}
ESME_RMSGQFUL = {{ after = 0.2 }}
"""


@pytest.fixture
def dice() -> random.Random:
    seed = int(os.environ.get("KAVLE_CHAOS_SEED", random.randrange(2**32)))
    print(f"seed {seed}")  # noqa: T201 -- shown if it fails
    return random.Random(seed)


@pytest.mark.parametrize("mode", MODES if PROOF else MODES[:1])
@pytest.mark.timeout(0)
async def test_one_gateway_on_sqlite_bears_it(mode: str, tmp_path: Path, dice: random.Random) -> None:
    proof = Proof(f"network-sqlite-{mode}")
    database = tmp_path / "data" / "kavle.db"
    async with network(tmp_path, dice) as (smpp, weather):
        config = settings_file(tmp_path, smpp, binds=2, carrier=CARRIER.format(mode=mode, rate=RATE))
        account = ["account", "create", "test", "--password", "-", "--credits", "1000000"]
        assert (await run(*account, "--config", str(config), input="1234\n"))[0] == 0
        async with nodes(config, 1) as ports:
            load = await under(weather, database, ports)
    await check(tmp_path, database, load, weather, proof)


@pytest.mark.parametrize("mode", MODES if PROOF else MODES[1:])
@pytest.mark.timeout(0)
async def test_two_gateways_on_postgresql_bear_it(mode: str, tmp_path: Path, dice: random.Random) -> None:
    proof = Proof(f"network-postgresql-{mode}")
    database = await empty_database()
    async with network(tmp_path, dice) as (smpp, weather):
        await open_accounts(database, {"test": 1_000_000})
        carrier = CARRIER.format(mode=mode, rate=RATE)
        config = settings_file(tmp_path, smpp, database=database, binds=2, carrier=carrier)
        async with nodes(config, 2) as ports:
            load = await under(weather, database, ports)
    await check(tmp_path, database, load, weather, proof)


def mixed(serial: int) -> str:
    """A number that every message is delivered to, mostly; else one of all kinds that end."""
    if serial % 100 == 0:
        return (THROTTLED, QUEUE_FULL)[serial // 100 % 2]
    others = (*OTHERS, EXPIRED, UNKNOWN)
    return others[serial // 5 % len(others)] if serial % 5 == 0 else ORDINARY[:-2] + f"{30 + serial % 70}"


@asynccontextmanager
async def network(folder: Path, dice: random.Random) -> AsyncIterator[tuple[int, Weather]]:
    """Its port, and what befalls it."""
    log, journal = folder / "network.log", str(folder / "network.jsonl")
    seed = str(dice.randrange(2**32))
    async with kavle(*NETWORK, "--journal", journal, "--seed", seed, log=log) as process:
        face = int(process.said.rpartition(":")[2])
        yield process.port, Weather(face, dice)
        assert await process.stop() == 0
    assert "Traceback" not in log.read_text()


@asynccontextmanager
async def nodes(config: Path, count: int) -> AsyncIterator[list[int]]:
    """So many gateways, by their ports; in the end they have stopped in order, and none has failed."""
    log = config.parent / "gateway.log"
    ports = [free_port() for _ in range(count)]
    async with AsyncExitStack() as started:
        running = [
            await started.enter_async_context(
                kavle("serve", "--config", str(config), "--port", str(port), log=log)
            )
            for port in ports
        ]
        yield ports
        assert [await node.stop() for node in running] == [0] * count
    assert "Traceback" not in log.read_text()


async def under(weather: Weather, database: Place, ports: Sequence[int]) -> Load:
    """All calls and what they brought about, in all weathers; then the sky clears, and all settles."""
    await weather.order({"drop_at_submit": 20})
    load = Load(*ports, recipient=mixed, calls=MESSAGES)
    read = reading(database)
    while not await one(read, UNSURE):
        await asyncio.sleep(0.05)
    strikes = 0
    while strikes < FEWEST or not load.done or await one(read, OPEN) > REST:
        await weather.strike()
        strikes += 1
    await weather.clear()
    await load.stop()
    await settled(database, OPEN)
    return load


async def check(folder: Path, database: Place, load: Load, weather: Weather, proof: Proof) -> None:
    journal = list(read_journal(folder / "network.jsonl"))
    await invariants(database, journal, load.answered, load.observed, asked=load.asked)
    ends = await every_status_is_what_the_network_did(database, journal)
    assert len(load.answered) == MESSAGES
    again = await one(reading(database), UNSURE)
    statuses = {f"ended as {end}": count for end, count in sorted(ends.items())}
    proof.holds({"messages": MESSAGES, **statuses, "unsure submit_sm": again}, weather.struck)
