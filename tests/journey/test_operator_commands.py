"""`kavle operator`, and what commands leave in the audit log: with the gateway running or not."""

from __future__ import annotations

import os
import pwd
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from kavle.cli.database import open_store
from kavle.clock import SystemClock
from kavle.model.audit import AuditLine, Came
from kavle.model.listing import Keys
from support.closing import closing
from support.postgres import empty_database
from support.processes import kavle, run, settings_file

NO_NETWORK = 1


class Commands:
    def __init__(self, folder: Path, database: str) -> None:
        self.database = database
        self.config = settings_file(folder, NO_NETWORK, database=database)

    async def __call__(self, *arguments: str, input: str = "", code: int = 0) -> str:
        """What it prints, or its error."""
        ended, out, err = await run(*arguments, "--config", str(self.config), input=input)
        assert ended == code, err
        return out + err

    async def log(self) -> list[AuditLine]:
        async with closing(await open_store(self.database, SystemClock())) as store:
            lines = (await store.office.audit(Keys(50))).lines
        return lines[::-1]


@pytest.fixture(params=["sqlite", "postgres"])
async def commands(request: pytest.FixtureRequest, tmp_path: Path) -> Commands:
    there = f"sqlite:///{tmp_path / 'kavle.db'}"
    return Commands(tmp_path, await empty_database() if request.param == "postgres" else there)


@pytest.mark.parametrize("serving", [True, False])
async def test_operators_are_made_listed_and_removed(
    commands: Commands, tmp_path: Path, serving: bool
) -> None:
    async with AsyncExitStack() as stack:
        if serving:
            log = tmp_path / "log"
            await stack.enter_async_context(kavle("serve", "--config", str(commands.config), log=log))
        assert "There is no operator yet." in await commands("operator", "list")
        made = await commands("operator", "create", "anna", "--password", "-", input="hush hush\n")
        assert "Operator anna is made, as admin, and logs in at /operator." in made
        await commands("operator", "create", "karin", "--role", "viewer", "--password", "hush hush")
        again = await commands("operator", "create", "anna", "--password", "hush hush", code=1)
        assert "there is an operator named anna already" in again
        await commands("operator", "disable", "karin")
        head, anna, karin = (await commands("operator", "list")).splitlines()
        assert head.split() == ["operator", "role", "log-in", "since"]
        assert anna.split()[:3] == ["anna", "admin", "enabled"]
        assert karin.split()[:3] == ["karin", "viewer", "disabled"]
        await commands("operator", "enable", "karin")
        await commands("operator", "password", "karin", "--password", "otherwise")
        await commands("operator", "remove", "karin")
        gone = await commands("operator", "disable", "karin", code=1)
        assert "there is no operator named karin; `kavle operator list` shows all" in gone
    lines = await commands.log()
    user = pwd.getpwuid(os.getuid()).pw_name
    assert {line.operator for line in lines} == {f"system:{user}"}
    assert [(line.what, line.subject, line.came) for line in lines] == [
        ("Operator made", "anna", Came.DONE),
        ("Operator made", "karin", Came.DONE),
        ("Operator made", "anna", Came.REFUSED),
        ("Operator disabled", "karin", Came.DONE),
        ("Operator enabled", "karin", Came.DONE),
        ("Operator's password changed", "karin", Came.DONE),
        ("Operator removed", "karin", Came.DONE),
        ("Operator disabled", "karin", Came.REFUSED),
    ]
    assert "argon2" not in str(lines)
    assert "hush" not in str(lines)


async def test_an_operators_password_is_none_that_is_soon_guessed(commands: Commands) -> None:
    short = await commands("operator", "create", "anna", "--password", "kort", code=1)
    assert "a password has at least 8 characters" in short
    assert "There is no operator yet." in await commands("operator", "list")
    await commands("operator", "create", "anna", "--password", "långt nog")
    short = await commands("operator", "password", "anna", "--password", "sju tkn", code=1)
    assert "a password has at least 8 characters" in short
    named = await commands("operator", "create", "bad name!", "--password", "-", code=1)
    assert "an operator's name holds no spaces" in named
    assert [line.what for line in await commands.log()] == ["Operator made"]


async def test_credits_are_taken_back_and_the_log_says_so(commands: Commands) -> None:
    await commands("account", "create", "acme", "--password", "1234", "--credits", "10")
    assert "acme has 7.50 credits now" in await commands("account", "correct", "acme", "2.50")
    too_much = await commands("account", "correct", "acme", "8", code=1)
    assert "account acme has 7.50 credits; take so much at most" in too_much
    for wrong in ("-1", "0"):
        assert "take" in await commands("account", "correct", "acme", wrong, code=2)
    await commands("account", "list")
    made, taken, refused = await commands.log()
    assert (made.what, made.after["credits"]) == ("Account made", "10.00")
    assert (taken.before, taken.after) == ({"credits": "10.00"}, {"credits": "7.50"})
    assert refused.came is Came.REFUSED
