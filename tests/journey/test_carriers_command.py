"""`kavle carriers`, as an operator meets it: without a gateway, with one, and with two on one database."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from support.patience import PATIENCE
from support.postgres import empty_database
from support.processes import kavle, run, settings_file

HEAD = [
    *["carrier", "link", "node", "state", "since", "(UTC)", "window"],
    *["rate", "submits", "reconnects", "last", "error", "(UTC)"],
]


async def shown(config: Path) -> tuple[list[str], list[str], list[str]]:
    """The lines of the links, of the queues, and of carriers that are down."""
    code, out, error = await run("carriers", "--config", str(config))
    assert (code, error) == (0, "")
    links, queues, *more = (block.splitlines() for block in out.split("\n\n"))
    assert links[0].split() == HEAD
    assert queues[0].split() == ["carrier", *["priority", "3", "priority", "2", "priority", "1"]]
    down = more[0] if more else []
    assert not down or down[0].split() == ["carrier", "down", "since", "(UTC)", "route", "its", "messages"]
    return links[1:], queues[1:], down[1:]


async def shown_with(config: Path, text: str, times: int = 1) -> list[str]:
    """The links, once so many of them say so."""
    async with asyncio.timeout(PATIENCE):
        while True:
            links, *_ = await shown(config)
            if sum(text in line for line in links) >= times:
                return links
            await asyncio.sleep(0.2)


async def test_a_gateways_links_are_shown_while_it_runs_and_their_want_of_one_after(tmp_path: Path) -> None:
    log = tmp_path / "network.log"
    async with kavle("simulate", "smsc", "--port", "0", "--quiet", log=log) as network:
        config = settings_file(tmp_path, network.port)
        links, queues, down = await shown(config)
        assert down == [], "no process tries"
        assert [line.split() for line in links] == [
            ["simulated", "1", "-", "no", "process", "has", "it", *"------"]
        ]
        assert [line.split() for line in queues] == [["simulated", "0", "0", "0"]]
        async with kavle("serve", "--config", str(config), log=tmp_path / "gateway.log") as gateway:
            (line,) = await shown_with(config, "bound as transceiver")
            pid = gateway.process.pid
            assert re.fullmatch(
                rf"simulated  1     \S+:{pid} +bound as transceiver  \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d"
                r"  0/20    -     0        0           -",
                line,
            )
            await network.kill()
            (line,) = await shown_with(config, "connecti")
            assert re.search(r" 0/20 +- +0 +0 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \w", line)
            *_, (line,) = await shown(config)
            assert re.fullmatch(
                r"simulated  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d +all others  wait: no other has a link", line
            )
        links, _, down = await shown(config)
        assert down == []
        assert "no process has it" in links[0]


async def test_links_are_shown_to_who_names_a_demos_database_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its settings are in itself."""
    data = tmp_path / "demo"
    async with kavle("demo", "--data", str(data), "--port", "0", log=tmp_path / "log", ready="/metrics"):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("KAVLE_DATABASE", f"sqlite:///{data}/kavle.db")
        async with asyncio.timeout(PATIENCE):
            while "bound as transceiver" not in (await run("carriers"))[1]:
                await asyncio.sleep(0.2)
        _, out, _ = await run("doctor")
        assert "a demo has its settings in itself" in out


async def test_a_refused_bind_is_told_with_the_networks_reason(tmp_path: Path) -> None:
    password = ["--password", "other"]
    async with kavle("simulate", "smsc", "--port", "0", *password, log=tmp_path / "network.log") as network:
        config = settings_file(tmp_path, network.port)
        async with kavle("serve", "--config", str(config), log=tmp_path / "gateway.log"):
            (line,) = await shown_with(config, "ESME_RINVPASWD")
    assert line.endswith("the bind was refused: ESME_RINVPASWD; look at carrier.simulated.password")


async def test_any_process_shows_the_links_of_all(tmp_path: Path) -> None:
    database = await empty_database()
    log = tmp_path / "network.log"
    async with kavle("simulate", "smsc", "--port", "0", "--quiet", log=log) as network:
        config = settings_file(tmp_path, network.port, database=database, binds=3)
        async with (
            kavle("serve", "--config", str(config), log=tmp_path / "one.log") as one,
            kavle("serve", "--config", str(config), log=tmp_path / "other.log") as other,
        ):
            await shown_with(config, f":{one.process.pid}")
            await shown_with(config, f":{other.process.pid}")
            links = await shown_with(config, "bound as transceiver", times=3)
            assert [line.split()[1] for line in links] == ["1", "2", "3"]
            await other.kill()
            links = await shown_with(config, f":{one.process.pid}", times=3)
        assert f":{other.process.pid}" not in "".join(links)
