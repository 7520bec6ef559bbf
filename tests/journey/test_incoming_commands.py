"""Numbers, incoming messages and stop lists by an operator's commands: through the gateway that runs, and
without one."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from kavle.cli.database import open_store
from kavle.clock import SystemClock
from kavle.model.audit import Came
from kavle.model.listing import Keys
from kavle.simulator.mo_pdus import MoText
from kavle.simulator.smsc import Smsc
from support.accounts import open_accounts
from support.closing import closing
from support.mms import MMSC, incoming_mms
from support.patience import PATIENCE
from support.processes import LOOPBACK, free_port, kavle, run, settings_file

PHONE, NUMBER, LONG_NUMBER = "46701740605", "46737494123", "467374941239876"
NOBODYS = f"http://127.0.0.1:{free_port()}/cb"
"""Where nobody listens, and where no call may go."""


@pytest.fixture
def credits() -> dict[str, int]:
    return {"test": 100, "other": 100}


class Operator:
    """Commands with the settings of `config`."""

    def __init__(self, config: Path) -> None:
        self.config = config

    async def __call__(self, *arguments: str) -> str:
        code, out, err = await run(*arguments, "--config", str(self.config))
        assert code == 0, err
        return out

    async def wrong(self, *arguments: str) -> str:
        code, _, err = await run(*arguments, "--config", str(self.config))
        assert code != 0
        return err


async def write(network: Smsc, text: str, to: str = NUMBER, **how: Any) -> None:
    """From a phone, until the gateway has it."""
    mo = network.mos.send(MoText(sender=PHONE, recipient=to, text=text, **how))
    async with asyncio.timeout(PATIENCE):
        await mo.wait()
    assert all(part.answers[-1] == 0 for part in mo.parts)


async def test_numbers_are_added_listed_changed_and_removed(tmp_path: Path, database: str) -> None:
    kavle_ = Operator(settings_file(tmp_path, 1, database=database))
    assert "There are no numbers" in await kavle_("number", "list")
    where, veiled = "https://u:hush@example.com/in?key=hush&x=", "https://u:•••@example.com/in?key=•••&x="
    told = await kavle_("number", "add", NUMBER, "--account", "test", "--callback", where)
    assert NUMBER in told and veiled in told  # noqa: PT018
    await kavle_(
        *("number", "add", LONG_NUMBER, "--account", "other", "--callback", "http://10.0.0.5:81/"),
        *("--charset", "utf-8", "--no-verify-tls", "--no-delivered"),
    )
    head, *listed = (await kavle_("number", "list")).splitlines()
    assert head.split() == ["number", "account", "charset", "address"]
    assert [line.split()[:3] for line in listed] == [
        [NUMBER, "test", "latin-1"],
        [LONG_NUMBER, "other", "utf-8"],
    ]
    assert veiled in listed[0]
    assert where in await kavle_("number", "list", "--whole"), "the customer's own query string"
    assert "any certificate" in listed[1]
    assert len((await kavle_("number", "list", "--account", "test")).splitlines()) == 2
    changed = await kavle_("number", "change", NUMBER, "--charset", "utf-8", "--account", "other")
    assert changed.split()[:4] == [NUMBER, "other", "utf-8", veiled]
    assert "verify" not in changed
    changed = await kavle_(
        "number", "change", NUMBER, "--mms-callback", "https://mms.example.com/in?key=hush"
    )
    assert "(MMS: https://mms.example.com/in?key=•••)" in changed
    assert "MMS" not in await kavle_("number", "change", NUMBER, "--mms-callback", "")
    assert await kavle_("number", "remove", NUMBER) == f"{NUMBER} is nobody's number now.\n"
    assert len((await kavle_("number", "list")).splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (
            ["add", "4673749412", "--account", "test", "--callback", NOBODYS],
            "15 digits; this one has 10",
        ),
        (["add", "467374941234", "--account", "test", "--callback", NOBODYS], "this one has 12"),
        (["add", "+46737494123", "--account", "test", "--callback", NOBODYS], "no plus"),
        (["add", "4673749412e", "--account", "test", "--callback", NOBODYS], "digits alone"),
        (["add", NUMBER, "--account", "nobody", "--callback", NOBODYS], "kavle account list"),
        (["add", NUMBER, "--account", "test", "--callback", "ftp://example.com/"], "http:// or https://"),
        (["add", NUMBER, "--account", "test", "--callback", "example.com/cb"], "http:// or https://"),
        (["add", LONG_NUMBER, "--account", "test", "--callback", NOBODYS], "account other's already"),
        (["change", NUMBER, "--charset", "utf-8"], "kavle number list"),
        (["change", LONG_NUMBER], "name something to change"),
        (["change", LONG_NUMBER, "--callback", "x"], "http:// or https://"),
        (["change", LONG_NUMBER, "--mms-callback", "x"], "http:// or https://"),
        (["remove", NUMBER], "kavle number list"),
        (["list", "--account", "nobody"], "kavle account list"),
    ],
)
async def test_what_is_wrong_with_a_number_is_told_and_changes_nothing(
    tmp_path: Path, arguments: list[str], problem: str
) -> None:
    database = f"sqlite:///{tmp_path}/data/kavle.db"
    await open_accounts(database, {"test": 100, "other": 100})
    kavle_ = Operator(settings_file(tmp_path, 1, database=database))
    await kavle_("number", "add", LONG_NUMBER, "--account", "other", "--callback", "http://10.0.0.5:81/")
    before = await kavle_("number", "list")
    assert problem in " ".join((await kavle_.wrong("number", *arguments)).split())
    assert await kavle_("number", "list") == before


async def test_messages_are_listed_shown_and_replayed(tmp_path: Path, database: str, network: Smsc) -> None:
    """Nobody's at first; then its customer's, whose receiver may not be called."""
    _, port = await network.start(LOOPBACK, 0)
    kavle_ = Operator(settings_file(tmp_path, port, database=database))
    config = ["--config", str(kavle_.config)]
    async with kavle("serve", *config, log=tmp_path / "log") as gateway:
        await network.until(lambda counts: counts.binds > 0)
        assert await kavle_("incoming", "list") == "There is none.\n"
        await write(network, "Hallå \x1b[2J".replace("\x1b", "€"))
        await write(network, "x" * 200, concatenation="sar")
        listed = (await kavle_("incoming", "list", "--unowned")).splitlines()
        assert "received (UTC)" in listed[0]
        assert [line.split()[1:] for line in listed[1:]] and all("nobody's" in line for line in listed[1:])  # noqa: PT018
        newer, older = (line.split()[0] for line in listed[1:])
        shown = await kavle_("incoming", "show", older)
        assert f"from      {PHONE}" in shown
        assert "text      Hallå €[2J" in shown
        assert "try" not in shown
        await kavle_("number", "add", NUMBER, "--account", "test", "--callback", NOBODYS)
        assert await kavle_("incoming", "replay", older) == "1 message is brought anew.\n"
        async with asyncio.timeout(PATIENCE):
            while "try 1" not in (shown := await kavle_("incoming", "show", older)):
                await asyncio.sleep(0.1)
        assert "account test" in shown
        assert "no answer" in shown
        times = re.findall(r"\d\d:\d\d:\d\d(?: UTC)?", shown)
        assert len(times) >= 4
        assert all(time.endswith(" UTC") for time in times), shown
        assert "next try at" in shown
        assert "waiting" in await kavle_("incoming", "list", "--account", "test")
        assert await gateway.stop() == 0
    assert "1 message is brought anew" in await kavle_("incoming", "replay", older)
    missing = " ".join((await kavle_.wrong("incoming", "replay", older, "999999")).split())
    assert "not brought anew: 999999: there is no incoming message 999999" in missing
    assert "nobody's" in await kavle_("incoming", "list", "--number", NUMBER, "--unowned")
    assert newer in await kavle_("incoming", "list")
    assert await kavle_("incoming", "list", "--account", "other") == "There is none.\n"
    assert "kavle incoming list" in await kavle_.wrong("incoming", "show", "12")
    log = (tmp_path / "log").read_text()
    assert "Hallå" not in log
    assert PHONE not in log


async def test_an_mms_is_shown_with_what_it_says(tmp_path: Path, database: str) -> None:
    async with closing(await open_store(database, SystemClock())) as store:
        carrier = (await store.carrier_ids([MMSC]))[MMSC.name]
        said = ("a.txt", "text/plain", "Från\nstranden\u202e €".encode())
        assert await store.inbox.take_mms(incoming_mms(carrier, SystemClock().now(), "t1", said))
    kavle_ = Operator(settings_file(tmp_path, free_port(), database=database))
    (line,) = (await kavle_("incoming", "list")).splitlines()[1:]
    shown = await kavle_("incoming", "show", line.split()[0])
    assert "subject   Semester\nsays      Från\\nstranden\\u202e €\nfile      a.txt  text/plain" in shown


async def test_a_replay_of_nothing_is_one_line_and_refused_in_the_audit_log(
    tmp_path: Path, database: str
) -> None:
    config = str(settings_file(tmp_path, 1, database=database))
    code, out, err = await run("incoming", "replay", "1", "--config", config)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "not brought anew: 1: there is no incoming message 1" in err
    async with closing(await open_store(database, SystemClock())) as store:
        (line,) = (await store.office.audit(Keys(50))).lines
    assert (line.what, line.subject, line.came) == ("Incoming messages called again", "1", Came.REFUSED)


async def test_who_replays_what_is_nobodys_is_told_how_it_gets_an_owner(
    tmp_path: Path, network: Smsc
) -> None:
    _, port = await network.start(LOOPBACK, 0)
    database = f"sqlite:///{tmp_path}/data/kavle.db"
    await open_accounts(database, {"test": 100})
    kavle_ = Operator(settings_file(tmp_path, port, database=database))
    async with kavle("serve", "--config", str(kavle_.config), log=tmp_path / "log") as gateway:
        await network.until(lambda counts: counts.binds > 0)
        await write(network, "Till ingen")
        assert await gateway.stop() == 0
    _, line = (await kavle_("incoming", "list")).splitlines()
    wrong = " ".join((await kavle_.wrong("incoming", "replay", line.split()[0])).split())
    assert "its number is nobody's" in wrong
    assert f"number add {NUMBER} --account NAME --callback URL --config" in wrong


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        (
            "http://10.0.0.5/in",
            "10.0.0.5 is not a global address, and no network of callbacks.allow holds it",
        ),
        ("http://localhost:9/", "needs an entry of its own in callbacks.allow"),
        ("https://192.88.98.1/", ""),
        ("https://no-such-host.invalid/", ""),
    ],
)
async def test_an_address_that_may_not_be_called_is_told_of_when_it_is_set(
    tmp_path: Path, url: str, hint: str
) -> None:
    database = f"sqlite:///{tmp_path}/data/kavle.db"
    await open_accounts(database, {"test": 100})
    config = ["--config", str(settings_file(tmp_path, 1, database=database))]
    for command in (["add", NUMBER, "--account", "test"], ["change", NUMBER]):
        code, _, err = await run("number", *command, "--callback", url, *config)
        assert code == 0, err
        assert hint in " ".join(err.split())
        assert bool(err) == bool(hint)


async def test_a_phone_that_writes_stop_gets_nothing_more_and_that_costs_nothing(
    tmp_path: Path, database: str, network: Smsc
) -> None:
    _, port = await network.start(LOOPBACK, 0)
    kavle_ = Operator(settings_file(tmp_path, port, database=database))
    await kavle_("number", "add", NUMBER, "--account", "test", "--callback", NOBODYS)
    await kavle_("account", "set", "test", "stop_list=yes")
    async with kavle("serve", "--config", str(kavle_.config), log=tmp_path / "log") as gateway:
        await network.until(lambda counts: counts.binds > 0)
        assert int(await gateway.send(to=PHONE)) >= 1000
        await write(network, "stopp")
        assert await gateway.send(to=PHONE) == "3"
        assert await gateway.send(to="0701740605") == "3", "however it is written"
        assert int(await gateway.send(to="46701740606")) >= 1000
        listed = await kavle_("stoplist", "list", "test")
        assert re.fullmatch(rf"{PHONE} +\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC\n", listed)
        assert "98.00" in await kavle_("account", "list")
        assert PHONE in await kavle_("stoplist", "remove", "test", "+46701740605")
        assert int(await gateway.send(to=PHONE)) >= 1000
        await kavle_("stoplist", "add", "test", "0701740606")
        assert await gateway.send(to="46701740606") == "3"
        assert await gateway.stop() == 0


async def test_what_is_wrong_with_a_stop_list_is_told(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/data/kavle.db"
    await open_accounts(database, {"test": 100})
    kavle_ = Operator(settings_file(tmp_path, 1, database=database))
    assert "Nobody is on the stop list" in await kavle_("stoplist", "list", "test")
    added = await kavle_("stoplist", "add", "test", PHONE)
    assert "stop_list=yes" in added, "an account that does not look at it is told of"
    assert "already" in await kavle_.wrong("stoplist", "add", "test", PHONE)
    assert "not on the stop list" in await kavle_.wrong("stoplist", "remove", "test", "46701740606")
    assert "not a telephone number" in await kavle_.wrong("stoplist", "add", "test", "abc")
    assert "kavle account list" in await kavle_.wrong("stoplist", "list", "nobody")
