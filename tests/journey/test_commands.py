"""The commands as a person meets them: what they print, what they exit with, what they do."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from support.processes import LOOPBACK, Process, kavle, run, settings_file


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[Process]:
    async with kavle("simulate", "smsc", "--port", "0", log=tmp_path / "network.log") as network:
        yield network


@pytest.fixture
def config(tmp_path: Path, network: Process) -> str:
    return str(settings_file(tmp_path, network.port))


async def fetch(url: str) -> str:
    def get() -> str:
        with urlopen(url, timeout=20) as answer:  # noqa: S310 -- loopback
            return str(answer.read().decode())

    return await asyncio.to_thread(get)


async def test_accounts_are_made_filled_and_listed_without_a_gateway(config: str) -> None:
    code, out, _ = await run("account", "list", "--config", config)
    assert (code, out) == (
        0,
        "There are no accounts yet; make one by `kavle account create NAME --password -`.\n",
    )
    code, out, _ = await run(
        "account",
        "create",
        "alarm",
        "--password",
        "-",
        "--credits",
        "10",
        "--config",
        config,
        input="s3cret\n",
    )
    assert (code, out) == (0, "Account alarm is made, with 10.00 credits.\n")
    code, out, _ = await run("account", "topup", "alarm", "0.385", "--config", config)
    assert (code, out) == (0, "Account alarm has 10.38 credits now.\n")
    code, out, _ = await run("account", "list", "--config", config)
    assert out.split()[:2] == ["alarm", "10.38"]


async def test_and_while_the_gateway_runs(config: str, tmp_path: Path) -> None:
    async with kavle("serve", "--config", config, log=tmp_path / "gateway.log") as gateway:
        code, _, _ = await run("account", "create", "alarm", "--password", "1234", "--config", config)
        assert code == 0
        url = f"http://{LOOPBACK}:{gateway.port}/sendsms.aspx?acc=alarm&pass=1234&msg=Larm&to=0702617396&from=ip1"
        assert await fetch(url) == "100"
        await run("account", "topup", "alarm", "5", "--config", config)
        assert int(await fetch(url)) >= 1000
        _, out, _ = await run("account", "list", "--config", config)
        assert out.split()[:2] == ["alarm", "4.00"]
        assert await gateway.stop() == 0
    _, out, _ = await run("account", "list", "--config", config)
    assert out.split()[:2] == ["alarm", "4.00"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["account", "topup", "nobody", "5"], "there is no account named nobody"),
        (["account", "create", "a b", "--password", "x"], "no spaces"),
        (["account", "create", "a", "--password", ""], "the password is empty"),
        (["account", "create", "a", "--password", "x", "--credits", "1,5"], "is not an amount"),
    ],
)
async def test_a_mistake_is_one_line_that_says_what_to_do(
    config: str, arguments: list[str], error: str
) -> None:
    code, out, err = await run(*arguments, "--config", config)
    assert code != 0
    assert out == ""
    assert error in err
    assert "Traceback" not in err


async def test_an_account_can_be_made_once(config: str) -> None:
    again = ["account", "create", "alarm", "--password", "x", "--config", config]
    assert (await run(*again))[0] == 0
    code, _, err = await run(*again)
    assert code == 1
    assert err == "Error: there is an account named alarm already\n"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (("[[carrier]]", "[[carriers]]"), "carriers: no such key; did you mean carrier?"),
        (("window = 20", "windw = 20"), "carrier.simulated.windw: no such key; did you mean window?"),
        (("window = 20", 'window = "many"'), "carrier.simulated.window"),
        (('carriers = ["simulated"]', 'carriers = ["telia"]'), "there is no carrier telia"),
        (("sqlite:///", "mysql://"), "database"),
    ],
)
async def test_a_wrong_setting_is_named(config: str, change: tuple[str, str], error: str) -> None:
    path = Path(config)
    path.write_text(path.read_text().replace(*change))
    code, _, err = await run("serve", "--config", config)
    assert code == 1
    assert error in err
    assert "Traceback" not in err


async def test_serve_does_not_start_without_a_carrier_or_a_route(tmp_path: Path) -> None:
    path = tmp_path / "kavle.toml"
    path.write_text(f'database = "sqlite:///{tmp_path}/kavle.db"\n')
    code, _, err = await run("serve", "--config", str(path))
    assert code == 1
    assert "there is no carrier to send by: add a [[carrier]] table" in err
    assert not (tmp_path / "kavle.db").exists()
    path.write_text(
        path.read_text() + '[[carrier]]\nname="a"\nkind="smpp"\nhost="h"\nsystem_id="s"\npassword="p"\n'
    )
    code, _, err = await run("serve", "--config", str(path))
    assert code == 1
    assert 'there is no route: add a [[route]] table such as prefix = "" and carriers = ["a"]' in err


async def test_serve_without_its_file_says_which(tmp_path: Path) -> None:
    code, _, err = await run("serve", "--config", str(tmp_path / "none.toml"))
    assert code == 1
    assert "none.toml: No such file or directory" in err


async def test_a_second_gateway_on_the_same_database_is_refused(config: str, tmp_path: Path) -> None:
    async with kavle("serve", "--config", config, log=tmp_path / "gateway.log"):
        code, _, err = await run("serve", "--config", config)
        assert code == 1
        assert "is in use by another Kavle" in err


async def test_a_taken_port_is_told_and_leaves_nothing_running(config: str, tmp_path: Path) -> None:
    async with kavle("serve", "--config", config, log=tmp_path / "gateway.log") as gateway:
        other = tmp_path / "other"
        other.mkdir()
        path = other / "kavle.toml"
        path.write_text(Path(config).read_text().replace(f"{tmp_path}/data", f"{other}/data"))
        code, _, err = await run("serve", "--config", str(path), "--port", str(gateway.port))
        assert code == 1
        assert "Address already in use" in err or "address already in use" in err
        assert "Traceback" not in err


async def test_secrets_come_from_the_environment_or_from_files(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret\n")
    path = Path(config)
    path.write_text(path.read_text().replace('password = "secret"', 'password = "not so"'))
    monkeypatch.setenv("KAVLE_CARRIER_SIMULATED_PASSWORD_FILE", str(secret))
    async with kavle("serve", "--config", config, log=tmp_path / "gateway.log") as gateway:
        async with asyncio.timeout(10):
            while 'kavle_link_bound{carrier="simulated"} 1.0' not in await fetch(
                f"http://{LOOPBACK}:{gateway.port}/metrics"
            ):
                await asyncio.sleep(0.05)


async def test_demo_leads_to_a_delivered_message_with_nothing_else_done(tmp_path: Path) -> None:
    data = tmp_path / "demo"
    log = tmp_path / "demo.log"
    async with kavle("demo", "--data", str(data), "--port", "0", log=log, ready="sendsms.aspx") as demo:
        url = demo.said.strip().removeprefix("curl ").strip("'")
        assert "acc=test&pass=1234&msg=Testar&to=0702617396&from=ip1&prio=2" in url
        assert int(await fetch(url)) >= 1000
        assert demo.process.stdout is not None
        async with asyncio.timeout(20):
            while b"+46702617396 got from ip1: Testar" not in await demo.process.stdout.readline():
                pass
        assert await demo.stop() == 0
    assert (data / "kavle.db").exists()
    assert not os.path.exists(data / "kavle.db.sock")


@pytest.mark.parametrize(
    "command", [[], ["serve"], ["demo"], ["account"], ["account", "create"], ["simulate", "smsc"]]
)
async def test_every_command_explains_itself(command: list[str]) -> None:
    code, out, _ = await run(*command, "--help")
    assert code == 0
    assert out.startswith("Usage: ")
    assert len(out.splitlines()) > 6
