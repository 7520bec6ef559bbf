"""Two gateways on one PostgreSQL: what either accepts arrives, and the money is exact, also when one dies."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from support.accounts import open_accounts
from support.calls import ORDINARY, REFUSED
from support.invariants import invariants
from support.load import Load
from support.patience import PATIENCE
from support.postgres import empty_database, fetch
from support.processes import NetworkProcess, kavle, run, settings_file

ACCOUNT = ["--password", "1234", "--credits", "100"]


@pytest.fixture
async def database() -> str:
    return await empty_database()


@pytest.fixture
def config(tmp_path: Path, network_process: NetworkProcess, database: str) -> str:
    return str(settings_file(tmp_path, network_process.port, database=database, binds=2))


async def delivered(database: str) -> int:
    ((count,),) = await fetch(database, "SELECT count(*) FROM message WHERE status = 22")
    return int(str(count))


async def until_delivered(database: str, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while await delivered(database) < count:
            await asyncio.sleep(0.05)


async def until_none(database: str, count: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while await fetch(database, count) != [(0,)]:
            await asyncio.sleep(0.05)


async def test_two_nodes_share_one_database(
    config: str, database: str, network_process: NetworkProcess, tmp_path: Path
) -> None:
    assert (await run("migrate", "--config", config))[:2] == (0, "The database's schema is up to date.\n")
    assert (await run("account", "create", "test", *ACCOUNT, "--config", config))[0] == 0
    serve = ["serve", "--config", config]
    log = tmp_path / "nodes.log"
    async with kavle(*serve, log=log) as one, kavle(*serve, log=log) as other:
        answers = await asyncio.gather(*(node.send() for node in (one, other) for _ in range(10)))
        assert len({answer for answer in answers if int(answer) >= 1000}) == 20
        await until_delivered(database, 20)
        await one.kill()
        answers.append(await other.send())
        await until_delivered(database, 21)
        _, listed, _ = await run("account", "list", "--config", config)
        assert listed.split()[3:5] == ["test", "79.00"]
        assert await other.stop() == 0
    assert await fetch(database, "SELECT sum(amount) FROM ledger") == [(79 * 10_000,)]
    await invariants(database, network_process.seen(), answers)


async def test_credit_for_ten_is_spent_once_over_two_nodes(
    config: str, database: str, network_process: NetworkProcess, tmp_path: Path
) -> None:
    await run("account", "create", "test", "--password", "1234", "--credits", "10", "--config", config)
    serve = ["serve", "--config", config]
    log = tmp_path / "nodes.log"
    async with kavle(*serve, log=log) as one, kavle(*serve, log=log) as other:
        answers = await asyncio.gather(*(node.send() for node in (one, other) for _ in range(32)))
        assert sorted(answer == "100" for answer in answers) == [False] * 10 + [True] * 54
        await until_delivered(database, 10)
        assert [await one.stop(), await other.stop()] == [0, 0]
    await invariants(database, network_process.seen(), [answer for answer in answers if answer != "100"])


async def test_two_nodes_debit_and_refund_20_accounts_without_a_deadlock(
    config: str, database: str, network_process: NetworkProcess, tmp_path: Path
) -> None:
    names = [f"customer{n}" for n in range(20)]
    await open_accounts(database, dict.fromkeys(names, 1_000_000))
    serve = ["serve", "--config", config]
    log = tmp_path / "nodes.log"
    async with kavle(*serve, log=log) as one, kavle(*serve, log=log) as other:
        load = Load(
            one.port,
            other.port,
            callers=40,
            accounts=names,
            recipient=lambda serial: REFUSED if serial // len(names) % 2 else ORDINARY,
        )
        await load.until_answered(1500)
        await load.stop()
        await until_none(database, "SELECT count(*) FROM message WHERE status < 22")
        assert [await one.stop(), await other.stop()] == [0, 0]
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    assert await fetch(database, deadlocks) == [(0,)]
    refunds = "SELECT count(DISTINCT account_id) FROM ledger WHERE kind = 3"
    assert await fetch(database, refunds) == [(20,)]
    await invariants(database, network_process.seen(), load.answered, asked=load.asked)


async def test_a_server_that_is_not_there_is_told_in_one_line(config: str) -> None:
    path = Path(config)
    text = path.read_text()
    path.write_text(text.replace(text.split('"')[1], "postgresql://kavle@127.0.0.1:1/kavle"))
    code, _, err = await run("serve", "--config", config)
    assert code == 1
    assert "Traceback" not in err
    assert err.startswith("Error: ")
