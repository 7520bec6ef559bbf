"""A disk of its own for the database. Full, calls are refused with 42 and nothing of them is stored, until
there is room again; read-only, as the kernel makes one that errs, it is no disk to start on."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kavle.simulator.journal import MemoryJournal
from kavle.simulator.smsc import Smsc
from kavle.store.sqlite.connection import open_reader
from support.books import reading
from support.invariants import invariants
from support.patience import PATIENCE
from support.processes import LOOPBACK, Process, kavle, run, settings_file

OUTAGE = "42"
SIZE = "8m"


def mount(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if shutil.which("mount") is None or not mount("-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)):
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def config(tmp_path: Path, disk: Path, network: Smsc) -> Path:
    _, port = await network.start(LOOPBACK, 0)
    made = settings_file(tmp_path, port, database=f"sqlite:///{disk}/data/kavle.db")
    await run("account", "create", "test", "--password", "1234", "--credits", "9000", "--config", str(made))
    return made


async def send(gateway: Process, text: str) -> str:
    return await gateway.send(msg=text, to="46701740605")


async def until_taken(gateway: Process) -> str:
    async with asyncio.timeout(PATIENCE):
        while (answer := await send(gateway, "There is room again")) == OUTAGE:
            await asyncio.sleep(0.05)
        return answer


async def all_is_well(database: Path, journal: MemoryJournal, asked: dict[str, str | None]) -> None:
    db = open_reader(database)
    assert db.pragma("integrity_check") == "ok"
    db.close()
    await invariants(database, journal.entries, asked=asked)


async def none_waits(database: Path) -> None:
    async with asyncio.timeout(PATIENCE):
        while await reading(database)("SELECT 1 FROM job UNION ALL SELECT 1 FROM awaiting"):
            await asyncio.sleep(0.05)


async def test_a_full_disk_refuses_with_42_and_all_goes_on_when_there_is_room(
    tmp_path: Path, disk: Path, network: Smsc, journal: MemoryJournal
) -> None:
    database = disk / "data/kavle.db"
    asked: dict[str, str | None] = {}
    settings = str(await config(tmp_path, disk, network))
    async with kavle("serve", "--config", settings, log=tmp_path / "log") as gateway:
        asked["before"] = await send(gateway, "before")
        fill(disk / "somebody-elses")
        for number in range(200):
            asked[f"{number} {'x' * 900}"] = await send(gateway, f"{number} {'x' * 900}")
        assert OUTAGE in asked.values()
        (disk / "somebody-elses").unlink()
        assert int(await until_taken(gateway)) >= 1000
        asked["after"] = await send(gateway, "after")
        await none_waits(database)
        assert await gateway.stop() == 0
    assert int(str(asked["before"])) >= 1000
    assert int(str(asked["after"])) >= 1000
    assert "nothing can be stored until there is room" in (tmp_path / "log").read_text()
    await all_is_well(database, journal, asked)


async def test_a_disk_that_is_read_only_is_told_of_in_one_line(
    tmp_path: Path, disk: Path, network: Smsc
) -> None:
    settings = str(await config(tmp_path, disk, network))
    assert mount("-o", "remount,ro", str(disk))
    for command in (("serve",), ("account", "list")):
        code, _, error = await run(*command, "--config", settings)
        assert code == 1, command
        assert error.count("\n") == 1, error
        assert "kavle.db" in error, error
        assert "read-only" in error.lower(), error


def fill(file: Path) -> None:
    with file.open("wb", buffering=0) as written:
        try:
            while True:
                written.write(bytes(4096))
        except OSError:
            return
