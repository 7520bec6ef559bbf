"""One person's data by an operator's commands: shown, handed over, and erased while the gateway runs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from kavle.simulator.mo_pdus import MoText
from kavle.simulator.smsc import Smsc
from support.accounts import open_accounts
from support.patience import PATIENCE
from support.processes import LOOPBACK, Process, kavle, run, settings_file

PHONE, NUMBER = "46701740605", "46737494123"


@pytest.fixture
def credits() -> dict[str, int]:
    return {"test": 100, "other": 100}


class Operator:
    """`kavle person …` with the settings of `config`."""

    def __init__(self, config: Path) -> None:
        self.config = config

    async def __call__(self, *arguments: str) -> str:
        code, out, err = await run("person", *arguments, "--config", str(self.config))
        assert code == 0, err
        return out

    async def wrong(self, *arguments: str) -> str:
        code, _, err = await run("person", *arguments, "--config", str(self.config))
        assert code == 1
        return " ".join(err.split())

    async def exported(self, *arguments: str) -> Any:
        return json.loads(await self("export", PHONE, *arguments))


async def send(gateway: Process, text: str, account: str = "test") -> str:
    return await gateway.send(acc=account, msg=text, to="0701740605")


async def write(network: Smsc, text: str) -> None:
    """From the phone, until the gateway has it."""
    mo = network.mos.send(MoText(sender=PHONE, recipient=NUMBER, text=text))
    async with asyncio.timeout(PATIENCE):
        await mo.wait()


async def test_a_person_is_shown_handed_over_and_erased(tmp_path: Path, database: str, network: Smsc) -> None:
    _, port = await network.start(LOOPBACK, 0)
    person = Operator(settings_file(tmp_path, port, database=database))
    async with kavle("serve", "--config", str(person.config), log=tmp_path / "log") as gateway:
        await network.until(lambda counts: counts.binds > 0)
        first, second = await send(gateway, "Hemligt"), await send(gateway, "Larm", "other")
        await write(network, "Tack!")
        async with asyncio.timeout(PATIENCE):
            while [one["statuses"][-1]["status"] for one in (await person.exported())["messages"]] != [
                22
            ] * 2:
                await asyncio.sleep(0.1)
        found = await person.exported()
        assert [(one["id"], one["account"], one["text"]) for one in found["messages"]] == [
            (second, "other", "Larm"),
            (first, "test", "Hemligt"),
        ]
        assert [(one["sender"], one["text"]) for one in found["received"]] == [(PHONE, "Tack!")]
        assert found["number"] == found["messages"][0]["recipient"] == PHONE
        assert found["messages"][0]["receipts"][0]["raw"]
        file = tmp_path / "person.json"
        assert await person("export", PHONE, "--account", "test", "--output", str(file)) == ""
        theirs = json.loads(file.read_text("utf-8"))
        assert [one["id"] for one in theirs["messages"]] == [first]
        assert theirs["received"] == []
        assert file.stat().st_mode & 0o777 == 0o600

        assert "2 messages to it, 1 from it" in await person("show", "070-174 06 05")
        code, out, err = await run("person", "erase", PHONE, "--config", str(person.config))
        assert (code, "Aborted!" in err, "2 messages to it" in out) == (1, True, True)
        assert "Erased: 3 messages, of which 0 had waited" in await person("erase", PHONE, "--yes")
        assert (await person.exported())["messages"] == []
        told = await person("show", PHONE)
        assert "0 messages to it, 0 from it" in told
        assert "It was erased at " in told
        assert await gateway.stop() == 0
    log = (tmp_path / "log").read_text()
    assert PHONE not in log
    assert await person("erase", PHONE, "--yes", "--stop-lists")


async def test_what_is_not_over_is_named_and_nothing_is_erased(tmp_path: Path) -> None:
    """No network takes it: it waits."""
    database = f"sqlite:///{tmp_path}/data/kavle.db"
    await open_accounts(database, {"test": 100})
    person = Operator(settings_file(tmp_path, 1, database=database))
    async with kavle("serve", "--config", str(person.config), log=tmp_path / "log") as gateway:
        id = await send(gateway, "Larm")
        assert f"1 message not sent yet, or held: {id}." in await person("show", PHONE)
        wrong = await person.wrong("erase", PHONE, "--yes")
        assert "nothing was erased: messages are still to be sent" in wrong
        assert f": {id}; do it again" in wrong
        assert (await person.exported())["messages"][0]["text"] == "Larm"
        assert "this is no phone number" in await person.wrong("show", "12")
        assert "no account named nobody" in await person.wrong("export", PHONE, "--account", "nobody")
        await gateway.stop()
