"""An operator changes accounts: with the gateway running or not, on either engine."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kavle.cli.main import main
from support.pages import browsing
from support.postgres import empty_database
from support.processes import LOOPBACK, Process, kavle, run, settings_file

SHORT = (
    "This password is easily guessed: 8 characters are better, where the customer's programs can have"
    " so many.\n"
)
NO_NETWORK = 1  # the port of one that is not there: nothing here is to be delivered


class Operator:
    """Runs `kavle account …` with one settings file."""

    def __init__(self, config: Path) -> None:
        self.config = str(config)

    async def __call__(self, *arguments: str, input: str = "") -> str:
        """What a command prints that succeeds."""
        code, out, err = await run("account", *arguments, "--config", self.config, input=input)
        assert (code, err) in ((0, ""), (0, SHORT))
        return out

    async def shown(self, name: str = "alarm") -> dict[str, str]:
        lines = (await self("show", name)).splitlines()
        return {line[:14].rstrip(): line[14:] for line in lines}


@pytest.fixture(params=["sqlite", "postgres"])
async def operator(request: pytest.FixtureRequest, tmp_path: Path) -> Operator:
    """On a database that has one account."""
    options = {"database": await empty_database()} if request.param == "postgres" else {}
    operator = Operator(settings_file(tmp_path, NO_NETWORK, **options))
    await operator("create", "alarm", "--password", "1234", "--credits", "10")
    return operator


@pytest.fixture
async def on_sqlite(tmp_path: Path) -> Operator:
    operator = Operator(settings_file(tmp_path, NO_NETWORK))
    await operator("create", "alarm", "--password", "1234", "--credits", "10")
    return operator


async def send(gateway: Process, password: str, **more: str) -> str:
    return await gateway.send(**{"acc": "alarm", "pass": password, "msg": "Larm", **more})


async def test_settings_are_changed_one_by_one_and_shown(operator: Operator) -> None:
    shown = await operator.shown()
    assert shown.pop("since")
    assert shown == {
        "account": "alarm",
        "credits": "10.00",
        "log-in": "enabled",
        "sender": "-",
        "region": "-",
        "charset": "auto",
        "transliterate": "no",
        "balance as": "98.50",
        "addresses": "-",
        "prices": "-",
        "per_minute": "-",
        "texts_days": "-",
        "messages_days": "-",
        "hosts": "-",
        "stop_list": "no",
    }
    out = await operator("set", "alarm", "sender=Larm & Co", "region=no", "addresses=192.0.2.7,10.0.0.0/8")
    assert out == await operator("show", "alarm")
    await operator("set", "alarm", "region=", "balance=98,50")
    shown = await operator.shown()
    assert (shown["sender"], shown["region"], shown["balance as"]) == ("Larm & Co", "-", "98,50")
    assert shown["addresses"] == "192.0.2.7,10.0.0.0/8"


async def test_a_disabled_account_is_shown_as_such_and_keeps_its_settings(operator: Operator) -> None:
    await operator("set", "alarm", "sender=Larm")
    assert (await operator("disable", "alarm")).startswith("Account alarm is disabled.")
    assert (await operator.shown())["log-in"] == "disabled"
    assert (await operator("list")).splitlines()[1].endswith("  disabled")
    assert (await operator("enable", "alarm")).startswith("Account alarm is enabled.")
    shown = await operator.shown()
    assert (shown["log-in"], shown["sender"]) == ("enabled", "Larm")
    assert not (await operator("list")).splitlines()[1].endswith("disabled")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["show", "nobody"], "there is no account named nobody; `kavle account list` shows all"),
        (["set", "nobody", "region=NO"], "there is no account named nobody"),
        (["password", "nobody", "--password", "x"], "there is no account named nobody"),
        (["disable", "nobody"], "there is no account named nobody"),
        (["enable", "nobody"], "there is no account named nobody"),
        (["set", "alarm"], "Missing argument 'KEY=VALUE...'"),
        (["set", "alarm", "region"], "'region' is not of the form key=value"),
        (["set", "alarm", "region=NO", "region=SE"], "region is given twice"),
        (["set", "alarm", "region=NO", "addresses=10.0.0.1/8"], "addresses: 10.0.0.1/8 has host bits set"),
        (["set", "alarm", "regoin=NO"], "regoin: no such setting; did you mean region?"),
        (["set", "alarm", "disabled=yes"], "`kavle account disable` and `kavle account enable` do that"),
        (["password", "alarm"], "give a --password; - reads it from standard input"),
        (["password", "alarm", "--password", ""], "the password is empty"),
    ],
)
def test_a_mistake_is_one_line_and_changes_nothing(tmp_path: Path, arguments: list[str], error: str) -> None:
    config = ["--config", str(settings_file(tmp_path, NO_NETWORK))]

    def account(*words: str) -> Result:
        return CliRunner().invoke(main, ["account", *words, *config])

    assert account("create", "alarm", "--password", "1234").exit_code == 0
    before = account("show", "alarm").output
    result = account(*arguments)
    assert result.exit_code in (1, 2)
    assert isinstance(result.exception, SystemExit)
    assert error in result.output.splitlines()[-1]
    assert account("show", "alarm").output == before


@pytest.mark.parametrize(
    ("arguments", "typed", "error"),
    [
        (["create", "bad name!", "--password", "-"], "", "an account's name holds no spaces"),
        (["password", "nobody"], "", "there is no account named nobody"),
        (["portal-password", "nobody"], "", "there is no account named nobody"),
        (["portal-password", "alarm", "--password", "-"], "kort\n", "a password has at least 8 characters"),
    ],
)
async def test_the_first_that_is_wrong_is_told_first(
    on_sqlite: Operator, arguments: list[str], typed: str, error: str
) -> None:
    code, out, err = await run("account", *arguments, "--config", on_sqlite.config, input=typed)
    assert (code, out) == (1, "")
    assert error in err


async def test_a_short_password_of_an_account_works_and_is_spoken_of(on_sqlite: Operator) -> None:
    """Programs of old have four digits."""
    for password, told in (("1234", SHORT), ("1234 1234", "")):
        given = ["--password", password, "--config", on_sqlite.config]
        assert (await run("account", "password", "alarm", *given))[::2] == (0, told)
        assert (await run("account", "create", f"new{len(password)}", *given))[::2] == (0, told)


async def test_a_password_that_was_changed_is_refused_at_once_though_it_was_remembered(
    on_sqlite: Operator, tmp_path: Path
) -> None:
    async with kavle("serve", "--config", on_sqlite.config, log=tmp_path / "gateway.log") as gateway:
        for _ in range(2):
            assert int(await send(gateway, "1234")) >= 1000
        out = await on_sqlite("password", "alarm", "--password", "-", input="s3cret\n")
        assert out == "Account alarm has another password now.\n"
        assert await send(gateway, "1234") == "101"
        assert int(await send(gateway, "s3cret")) >= 1000
        assert await gateway.stop() == 0


async def test_a_disabled_account_is_refused_from_the_next_call_on_until_it_is_enabled(
    on_sqlite: Operator, tmp_path: Path
) -> None:
    async with kavle("serve", "--config", on_sqlite.config, log=tmp_path / "gateway.log") as gateway:
        assert int(await send(gateway, "1234")) >= 1000
        await on_sqlite("disable", "alarm")
        assert await send(gateway, "1234") == "101"
        await on_sqlite("enable", "alarm")
        assert int(await send(gateway, "1234")) >= 1000
        await on_sqlite("set", "alarm", "addresses=192.0.2.7")
        assert await send(gateway, "1234") == "101"
        assert await gateway.stop() == 0


async def test_settings_hold_from_the_next_call_on(on_sqlite: Operator, tmp_path: Path) -> None:
    async with kavle("serve", "--config", on_sqlite.config, log=tmp_path / "gateway.log") as gateway:
        assert await send(gateway, "1234", **{"from": ""}) == "110"
        assert (await on_sqlite("set", "alarm", "sender=Larm")) == await on_sqlite("show", "alarm")
        assert int(await send(gateway, "1234", **{"from": ""})) >= 1000
        assert await gateway.stop() == 0


async def test_changes_at_once_are_all_kept(on_sqlite: Operator, tmp_path: Path) -> None:
    async with kavle("serve", "--config", on_sqlite.config, log=tmp_path / "gateway.log") as gateway:
        changes = ["sender=Larm", "region=NO", "charset=utf-8", "balance=98"]
        await asyncio.gather(*(on_sqlite("set", "alarm", change) for change in changes))
        shown = await on_sqlite.shown()
        shown["balance"] = shown["balance as"]
        assert [f"{key}={shown[key]}" for key in ("sender", "region", "charset", "balance")] == changes
        assert await gateway.stop() == 0


async def test_on_a_server_a_new_password_holds_and_other_gateways_are_spoken_of(tmp_path: Path) -> None:
    operator = Operator(settings_file(tmp_path, NO_NETWORK, database=await empty_database()))
    await operator("create", "alarm", "--password", "1234", "--credits", "10")
    out = await operator("password", "alarm", "--password", "s3cret")
    assert out == "Account alarm has another password now. Gateways that run know it within a minute.\n"
    async with kavle("serve", "--config", operator.config, log=tmp_path / "gateway.log") as gateway:
        assert await send(gateway, "1234") == "101"
        assert int(await send(gateway, "s3cret")) >= 1000
        assert await gateway.stop() == 0


async def test_the_pages_get_a_password_of_their_own_and_lose_it_again(
    on_sqlite: Operator, tmp_path: Path
) -> None:
    async with kavle("serve", "--config", on_sqlite.config, log=tmp_path / "log") as gateway:
        url = f"http://{LOOPBACK}:{gateway.port}"

        async def enters(password: str) -> bool:
            async with browsing(url) as browser:
                return "Sent messages" in (await browser.sign_in("alarm", password)).text

        assert await enters("1234")
        told = await on_sqlite("portal-password", "alarm", "--password", "-", input="till sidorna\n")
        assert told == "Account alarm has a portal password of its own now.\n"
        assert await enters("till sidorna")
        assert not await enters("1234")
        assert int(await send(gateway, "1234")) >= 1000, "programs go on by theirs"
        assert await send(gateway, "till sidorna") == "101"
        told = await on_sqlite("portal-password", "alarm", "--remove")
        assert told == "Account alarm is entered by its programs' password now.\n"
        assert await enters("1234")
        assert not await enters("till sidorna")
        assert await gateway.stop() == 0
    code, _, err = await run("account", "portal-password", "nobody", "--remove", "--config", on_sqlite.config)
    assert (code, "there is no account named nobody" in err) == (1, True)


async def test_an_account_is_charged_its_own_prices_and_held_to_its_own_rate(on_sqlite: Operator) -> None:
    shown = await on_sqlite("set", "alarm", "prices=4670:0.385,0.80")
    assert "prices        4670:0.385,0.80" in shown
    async with kavle("serve", "--config", on_sqlite.config, log=Path(on_sqlite.config + ".log")) as gateway:
        assert int(await send(gateway, "1234")) >= 1000
        assert (await on_sqlite.shown())["credits"] == "9.61"  # 9.615, rounded down
        assert int(await send(gateway, "1234", to="0850000000")) >= 1000
        assert (await on_sqlite.shown())["credits"] == "8.81"
        await on_sqlite("set", "alarm", "per_minute=1")
        assert int(await send(gateway, "1234")) >= 1000
        assert await send(gateway, "1234") == "42"
        await on_sqlite("set", "alarm", "per_minute=")
        assert int(await send(gateway, "1234")) >= 1000
        assert await gateway.stop() == 0
