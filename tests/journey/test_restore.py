"""A backup is taken under load, a thousand more messages are sent, and the backup is put back. Nothing goes
to a phone twice, and no id is given again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from kavle.simulator.journal import MemoryJournal, Submission
from kavle.simulator.smsc import Smsc
from support.calls import ORDINARY
from support.load import Load
from support.patience import PATIENCE
from support.postgres import fetch, programs, server
from support.processes import LOOPBACK, Process, kavle, run, settings_file

MORE = 1_000
CREDITS = 100_000


@pytest.fixture
def credits() -> dict[str, int]:
    return {"test": CREDITS}


@pytest.fixture(autouse=True)
def _programs(database: str) -> Iterator[None]:
    if database.startswith("sqlite"):
        yield
        return
    with programs():
        yield


def sent(journal: MemoryJournal) -> Counter[str]:
    """User data by how often the network took it."""
    return Counter(one.short_message for one in journal.entries if isinstance(one, Submission) and one.id)


async def emptied(url: str) -> None:
    """A database of that name without anything in it, as an operator makes one."""
    name = urlsplit(url).path.removeprefix("/")
    await fetch(server().get_uri(), f"DROP DATABASE {name}")
    await fetch(server().get_uri(), f"CREATE DATABASE {name}")


async def until_sent(journal: MemoryJournal, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while sum(sent(journal).values()) < count:
            await asyncio.sleep(0.05)


async def test_nothing_goes_out_twice_and_no_id_is_given_again(
    tmp_path: Path, database: str, network: Smsc, journal: MemoryJournal
) -> None:
    _, port = await network.start(LOOPBACK, 0)
    config = str(settings_file(tmp_path, port, database=database))
    backup = tmp_path / "backup"

    async with kavle("serve", "--config", config, log=tmp_path / "log") as gateway:
        load = Load(gateway.port, recipient=lambda serial: ORDINARY)
        await load.until_answered(200)
        code, out, err = await run("backup", str(backup), "--config", config)
        assert (code, err) == (0, ""), out
        await load.until_answered(MORE)
        await load.stop()
        assert await gateway.stop() == 0
    before = set(load.answered)
    if database.startswith("postgresql"):
        await emptied(database)
    code, out, err = await run("restore", "from", str(backup), "--config", config)
    assert (code, err) == (0, "")
    assert "This database is a copy: it was put back by `kavle restore`." in out

    already = sent(journal)
    async with kavle("serve", "--config", config, log=tmp_path / "log2") as gateway:
        assert "No link is bound" in await said(gateway)
        again = Load(gateway.port, recipient=lambda serial: ORDINARY, calls=50)
        await again.until_answered(50)
        assert sent(journal) == already, "nothing before it is confirmed"
        assert (await run("restore", "confirm", "--config", config))[0] == 0
        await until_sent(journal, sum(already.values()) + 50)
        assert (await run("restore", "confirm", "--config", config))[0] == 1, "once"
        await gateway.stop()
    assert before.isdisjoint(again.answered), "an id was given to two messages"
    # The second load's texts are those of the first one again: of these, and of no others, there are two.
    twice = [count for count in (sent(journal) - already).values() if count > 1]
    assert (sum((sent(journal) - already).values()), twice) == (sum(parts(text) for text in again.asked), [])


def parts(text: str) -> int:
    return 1 if len(text) <= 160 else 1 + (len(text) - 1) // 152


async def said(process: Process) -> str:
    """Up to the next line that is not indented, and to the end of what it said of a copy."""
    assert process.process.stdout is not None
    told = ""
    async with asyncio.timeout(PATIENCE):
        while "before" not in told:
            told += (await process.process.stdout.readline()).decode()
    return told


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # it is the same code for both
async def test_the_gateway_answers_customers_before_it_is_confirmed(
    tmp_path: Path, database: str, network: Smsc
) -> None:
    _, port = await network.start(LOOPBACK, 0)
    config = str(settings_file(tmp_path, port, database=database))
    assert (await run("restore", "mark", "--config", config))[0] == 0
    code, out, _ = await run("restore", "show", "--config", config)
    assert (code, "an operator said so" in out) == (0, True)
    assert "It knows of no person who was erased: erase again whoever was erased since" in out
    assert (await run("person", "erase", "0702617397", "--yes", "--config", config))[0] == 0
    async with kavle("serve", "--config", config, log=tmp_path / "log") as gateway:
        assert int(await gateway.send(msg="Hej")) >= 1000
        code, out, _ = await run("restore", "show", "--config", config)
        assert (code, "No link is bound" in out) == (0, True)
        assert await gateway.stop() == 0, "also while it waits"
    assert network.counts.binds == 0
    code, out, _ = await run("restore", "confirm", "--config", config)
    assert code == 0
    confirmed, erasures = out.splitlines()
    assert confirmed == "The copy is confirmed: links are bound within some seconds."
    assert erasures.startswith("It knows of 1 person who was erased, the last at ")
    assert (await run("restore", "show", "--config", config))[
        1
    ] == "Nothing waits for `kavle restore confirm`.\n"


async def test_a_backup_that_can_not_be_made_or_put_back_says_why(tmp_path: Path, database: str) -> None:
    config = str(settings_file(tmp_path, 1, database=database))
    there = tmp_path / "there"
    there.write_text("no backup")
    code, _, err = await run("backup", str(there), "--config", config)
    assert (code, "is there already" in err) == (1, True)
    code, _, err = await run("backup", str(tmp_path / "none" / "b1"), "--config", config)
    assert (code, f"there is no folder {tmp_path}/none; make it" in err) == (1, True)
    code, _, err = await run("restore", "from", str(tmp_path / "none"), "--config", config)
    assert (code, "no such file" in err) == (1, True)
    code, _, err = await run("restore", "from", str(there), "--config", config)
    assert code == 1
    assert "Traceback" not in err
    assert len(err.splitlines()) <= 4


async def test_a_copy_is_not_put_under_a_gateway_that_runs(tmp_path: Path) -> None:
    config, copy = str(settings_file(tmp_path, 1)), str(tmp_path / "copy")
    async with kavle("serve", "--config", config, log=tmp_path / "log"):
        assert (await run("backup", copy, "--config", config))[0] == 0
        for command in (["restore", "from", copy], ["restore", "mark"]):
            code, _, err = await run(*command, "--config", config)
            assert (code, "stop" in err, "of its own" in err) == (1, True, False), err
        code, _, err = await run("serve", "--port", "0", "--config", config)
        assert (code, "or give this one a database of its own" in err) == (1, True)
