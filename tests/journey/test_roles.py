"""Processes that are each but a part of the gateway, on one PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode

import msgspec
import pytest
import structlog

from kavle.cli.app import Gateway
from kavle.cli.roles.role import ALL, Role, roles_of
from kavle.clock import SystemClock
from kavle.settings import SettingsError
from kavle.simulator.faults import Faults
from kavle.simulator.smsc import Smsc, SmscSettings
from support import processes
from support.invariants import invariants
from support.patience import PATIENCE
from support.postgres import empty_database, fetch, fresh_database, release, until_listening
from support.processes import LOOPBACK, NetworkProcess, Process, kavle, run, settings_file
from support.running import settings_for

ACCOUNT = ["--password", "1234", "--credits", "100"]
CALL = {"acc": "test", "pass": "1234", "msg": "Testar", "to": "0702617396", "from": "ip1"}


@pytest.mark.parametrize(
    ("words", "roles"),
    [
        ([], ALL),
        (["all"], ALL),
        (["south,all"], ALL),
        (["north"], {Role.NORTH}),
        (["north, south"], {Role.NORTH, Role.SOUTH}),
        (["north", "callbacks"], {Role.NORTH, Role.CALLBACKS}),
        (["north,south,callbacks"], ALL),
    ],
)
def test_roles_are_named_one_by_one_or_in_a_list(words: list[str], roles: frozenset[Role]) -> None:
    assert roles_of(words) == roles


def test_a_role_that_there_is_not_is_told_with_those_that_there_are() -> None:
    with pytest.raises(SettingsError, match=r'no role "west" \(known: north, south, callbacks, all\)'):
        roles_of(["north,west"])


async def test_on_sqlite_one_process_is_all(tmp_path: Path) -> None:
    config = str(settings_file(tmp_path, 1))
    code, _, err = await run("serve", "--config", config, "--role", "north,callbacks")
    assert code == 1
    assert err.startswith(
        "Error: --role: a SQLite database has one process, which must do everything, not north"
    )
    assert "name a PostgreSQL database" in err


# --- processes --------------------------------------------------------------------------------------------


@pytest.fixture
async def database() -> str:
    return await empty_database()


@pytest.fixture
async def config(tmp_path: Path, network_process: NetworkProcess, database: str) -> str:
    config = str(settings_file(tmp_path, network_process.port, database=database, binds=2))
    assert (await run("account", "create", "test", *ACCOUNT, "--config", config))[0] == 0
    return config


@asynccontextmanager
async def nodes(config: str, log: Path, *roles: str) -> AsyncIterator[list[Process]]:
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(kavle("serve", "--config", config, "--role", role, log=log))
            for role in roles
        ]


async def get(node: Process | int, path: str) -> str:
    port = node if isinstance(node, int) else node.port

    return await processes.get(f"http://{LOOPBACK}:{port}{path}")


async def send(node: Process | int, **parameters: str) -> str:
    return await get(node, f"/sendsms.aspx?{urlencode({**CALL, 'prio': '2', **parameters})}")


async def until(database: str, what: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while await fetch(database, f"SELECT {what}") != [(True,)]:
            await asyncio.sleep(0.05)


def delivered(count: int) -> str:
    return f"(SELECT count(*) FROM message WHERE status = 22) = {count}"  # noqa: S608


async def test_what_one_process_accepts_another_sends(
    config: str, database: str, network_process: NetworkProcess, tmp_path: Path
) -> None:
    async with nodes(config, tmp_path / "nodes.log", "north", "south,callbacks") as (north, south):
        assert north.said.endswith(", as north\n")
        assert south.said.endswith(", as south, callbacks\n")
        answers = await asyncio.gather(*(send(north) for _ in range(10)))
        await until(database, delivered(10))

        with pytest.raises(HTTPError) as nothing_for_customers:
            await send(south)
        nothing_for_customers.value.close()
        assert nothing_for_customers.value.code == 404
        assert [await get(node, "/healthz") for node in (north, south)] == ["ok", "ok"]
        assert 'kavle_links_held{carrier="simulated"} 2.0' in await get(south, "/metrics")
        assert "kavle_links_held{" not in await get(north, "/metrics")
        assert 'kavle_outcomes_total{outcome="accepted"} 10.0' in await get(south, "/metrics")

        _, shown, _ = await run("carriers", "--config", config)
        assert shown.count("bound as transceiver") == 2
        assert [await north.stop(), await south.stop()] == [0, 0]
    await invariants(database, network_process.seen(), answers)


async def test_of_two_of_each_role_one_may_die(
    config: str, database: str, network_process: NetworkProcess, tmp_path: Path
) -> None:
    roles = "north", "north", "south", "south"
    async with nodes(config, tmp_path / "nodes.log", *roles) as (one, other, south, spare):
        answers = await asyncio.gather(*(send(node) for node in (one, other) for _ in range(10)))
        await until(database, delivered(20))
        await asyncio.gather(one.kill(), south.kill())
        answers += await asyncio.gather(*(send(other) for _ in range(10)))
        await until(database, delivered(30))
        mine = "count(DISTINCT node_id) = 1 FROM link WHERE node_id IS NOT NULL"
        await until(database, f"{mine} AND expires_at > extract(epoch FROM clock_timestamp()) * 1000")
        assert [await other.stop(), await spare.stop()] == [0, 0]
    await invariants(database, network_process.seen(), answers)


async def test_what_is_accepted_while_no_process_has_links_waits_for_one(
    config: str, database: str, network_process: NetworkProcess, tmp_path: Path
) -> None:
    async with nodes(config, tmp_path / "nodes.log", "north") as (north,):
        answer = await send(north)
        assert await north.stop() == 0
    assert await fetch(database, "SELECT state FROM job") == [(0,)]
    async with nodes(config, tmp_path / "nodes.log", "south") as (south,):
        await until(database, delivered(1))
        assert await south.stop() == 0
    await invariants(database, network_process.seen(), [answer])


# --- called, and not found by looking ---------------------------------------------------------------------


async def test_an_alarm_reaches_another_process_s_link_though_others_wait(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("kavle.core.dispatch.POLL", 3600)
    url = await fresh_database()
    smsc = Smsc(SmscSettings(), structlog.get_logger())
    _, port = await smsc.start(LOOPBACK, 0)
    settings = settings_for(url, port)
    (carrier,) = settings.carrier
    carrier = msgspec.structs.replace(carrier, window=10, response_timeout=600.0)  # nothing makes room
    settings = msgspec.structs.replace(settings, carrier=[carrier])
    north = Gateway(settings, SystemClock(), frozenset({Role.NORTH}))
    south = Gateway(settings, SystemClock(), frozenset({Role.SOUTH}))
    await asyncio.gather(north.start(), south.start())
    config = str(settings_file(tmp_path, port, database=url))
    await run("account", "create", "test", *ACCOUNT, "--config", config)
    try:
        await smsc.until(lambda counts: counts.binds > 0)
        await until_listening(url, 2)
        smsc.inflict(Faults(mute=3600))  # what is in flight stays there, in all slots but the alarms'
        answers = [await send(north.http.port) for _ in range(30)]
        assert all(int(answer) >= 1000 for answer in answers)
        await until(url, "(SELECT count(*) FROM job WHERE state = 1) BETWEEN 8 AND 9")
        await send(north.http.port, prio="3", to="0701740615")
        await until(url, "(SELECT count(*) FROM job WHERE state = 1 AND priority = 3) = 1")
    finally:
        smsc.inflict(Faults(mute=0, drop_links=True))
        await asyncio.gather(north.stop(), south.stop())
        await smsc.stop()
    await release(url)
