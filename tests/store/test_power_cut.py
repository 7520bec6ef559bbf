"""The power is cut, again and again, while a store is at work: what was not synced is gone, in part or whole.
Each id that was answered is there, the books add up, and nobody finds a broken file.

Some cuts here; `make proof` makes POWER_CUTS=200. KAVLE_CHAOS_SEED makes the same choices again."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final

import pytest

from kavle.clock import SetClock
from kavle.model.money import UNIT
from kavle.store.sqlite import checkpoint
from kavle.store.sqlite.connection import open_reader, open_writer
from kavle.store.types import TopUp
from support.books import reading
from support.closing import closing
from support.invariants import ledger_is_balance
from support.patience import PATIENCE
from support.power import Disk
from support.proof import Proof
from support.world import Accepted, World, open_world

CUTS: Final = int(os.environ.get("KAVLE_POWER_CUTS", "8"))
CLIENTS: Final = 8
CREDITS: Final = 10_000_000
TOLD_EVERY: Final = 50


@pytest.fixture
def disk() -> Iterator[Disk]:
    disk = Disk()
    yield disk
    disk.no_more()
    disk.unregister()


class Life:
    """Clients who are answered, and a carrier that is handed what they sent."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.answered: list[int] = []
        self.ended: list[int] = []
        self.over = False

    async def client(self, random: Random) -> None:
        while not self.over:
            self.answered.append(await self.world.accept("x" * random.randrange(1, 400)))

    async def carrier(self) -> None:
        while not self.over:
            for leased in await self.world.lease():
                ids = [Accepted(f"{leased.lease.message_id}-{number}") for number in leased.unsent]
                await self.world.answer(leased.lease, *ids)
                self.ended.append(leased.lease.message_id)
            await asyncio.sleep(0)


async def look_at(folder: Path, answered: list[int], ended: list[int]) -> None:
    open_writer(folder / "kavle.db").close()  # as the next start does
    db = open_reader(folder / "kavle.db")
    assert db.pragma("integrity_check") == "ok"
    db.close()
    read = reading(folder / "kavle.db")
    stored = {row[0] for row in await read("SELECT id FROM message")}
    assert set(answered) <= stored, "an id was answered that is not there"
    waiting = {row[0] for row in await read("SELECT message_id FROM job")}
    assert not waiting & set(ended), "an outcome was recorded that is not there"
    await ledger_is_balance(read)


@pytest.mark.timeout(0)
async def test_whatever_was_answered_is_there_after_a_power_cut(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = Proof("power-cuts")
    monkeypatch.setattr(checkpoint, "START_AT", 50)  # cuts meet checkpoints, and a log that starts over
    monkeypatch.setattr(checkpoint, "RESTART_AT", 200)
    seed = int(os.environ.get("KAVLE_CHAOS_SEED", Random().randrange(2**32)))
    print(f"seed {seed}")  # noqa: T201 -- shown if it fails
    random = Random(seed)
    async with closing(await open_world(tmp_path / "kavle.db", SetClock())) as world:
        async with asyncio.timeout(PATIENCE):
            while disk.connections < len(("writer", "reader", "checkpointer")):
                await asyncio.sleep(0.01)
        disk.no_more()
        await world.store.top_up(TopUp("test", CREDITS * UNIT, world.clock.now()))
        life = Life(world)
        at_work = [asyncio.create_task(life.client(random)) for _ in range(CLIENTS)]
        at_work.append(asyncio.create_task(life.carrier()))
        for number in proof.rounds(CUTS):
            enough = len(life.answered) + random.randrange(1, 100)
            async with asyncio.timeout(PATIENCE):
                while len(life.answered) < enough:
                    await asyncio.sleep(0.001)
            folder = tmp_path / f"cut-{number}"
            folder.mkdir()
            answered, ended = list(life.answered), list(life.ended)
            disk.cut(folder, random)
            await look_at(folder, answered, ended)
            shutil.rmtree(folder)
            if number % TOLD_EVERY == 0:
                print(f"{number} cuts, {len(answered):,} ids answered, {len(ended):,} handed over")  # noqa: T201
        life.over = True
        await asyncio.gather(*at_work)
    assert life.ended
    proof.holds(
        {"cuts": proof.made, "answered with an id": len(life.answered), "handed over": len(life.ended)}
    )
