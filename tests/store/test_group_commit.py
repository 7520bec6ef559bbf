"""What one caller's trouble does to the others of its commit: nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import apsw
import msgspec
import pytest

from kavle.clock import SetClock
from kavle.model.money import UNIT
from kavle.store.errors import DatabaseInUse, StoreUnavailable
from kavle.store.sqlite.store import SqliteStore
from kavle.store.types import NewAccount, TopUp
from support.world import World


async def test_64_at_once_on_credit_for_10_are_exactly_10(world: World) -> None:
    poor = await world.store.create_account(NewAccount("poor", "h", 10 * UNIT, world.clock.now()))
    results = await asyncio.gather(*(world.store.accept(world.draft(account=poor)) for _ in range(64)))
    assert sum(result is not None for result in results) == 10
    assert await world.rows("SELECT count(*) FROM message") == [(10,)]
    assert await world.rows("SELECT amount FROM balance WHERE account_id = 2") == [(0,)]


async def test_a_shortage_refuses_only_that_accounts_rows(world: World) -> None:
    poor = await world.store.create_account(NewAccount("poor", "h", 0, world.clock.now()))
    drafts = [world.draft(account=poor if number % 2 else None) for number in range(20)]
    results = await asyncio.gather(*(world.store.accept(draft) for draft in drafts))
    assert [result is not None for result in results] == [True, False] * 10


async def test_a_poison_row_stands_alone_and_the_others_are_stored(world: World) -> None:
    drafts = [world.draft(f"number {number}") for number in range(64)]
    drafts[33] = msgspec.structs.replace(drafts[33], text="\ud800")  # accept refuses it; were it not to
    results = await asyncio.gather(*(world.store.accept(draft) for draft in drafts), return_exceptions=True)
    assert isinstance(results[33], StoreUnavailable)
    assert sum(isinstance(result, int) for result in results) == 63
    assert await world.credits() == 100 - 63
    assert await world.rows("SELECT sum(amount) FROM ledger") == [(37 * UNIT,)]


async def test_a_vanished_callers_message_is_stored_and_nobody_else_minds(world: World) -> None:
    gone = asyncio.ensure_future(world.store.accept(world.draft("gone")))
    stays = asyncio.ensure_future(world.store.accept(world.draft("stays")))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays is not None
    assert await world.rows("SELECT text FROM body ORDER BY 1") == [("gone",), ("stays",)]


async def test_a_full_disk_refuses_stores_nothing_and_is_over_when_there_is_room(world: World) -> None:
    async def pages(limit: int) -> None:
        def set_limit(db: apsw.Connection, limits: Sequence[int]) -> list[None]:
            for one in limits:
                db.pragma("max_page_count", one)
            return [None] * len(limits)

        await world.store._writer.call(set_limit, limit)

    await pages(1)  # the file as it is, and no page more
    before = await world.credits()
    filler = world.draft("x" * 900)
    with pytest.raises(StoreUnavailable):
        for _ in range(2000):
            await world.store.accept(filler)
            before -= filler.segments
    assert await world.credits() == before
    await pages(1_000_000)
    assert await world.store.accept(world.draft()) is not None


async def test_a_dead_writer_ends_the_process_and_answers_nobody(tmp_path: Path) -> None:
    clock, died = SetClock(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_death(error: BaseException) -> None:
        loop.call_soon_threadsafe(died.set)

    store = await SqliteStore.open(tmp_path / "kavle.db", clock.now(), on_death=on_death)

    def fails(db: apsw.Connection, payloads: Sequence[None]) -> list[None]:
        raise apsw.IOError("the disk is on fire")

    asked = store._writer.call(fails, None)
    await asyncio.wait_for(died.wait(), 5)
    await asyncio.sleep(0.05)
    assert not asked.done()


async def test_an_answer_means_that_the_commit_is_on_disk(tmp_path: Path, world: World) -> None:
    message = await world.accept()
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in tmp_path.glob("kavle.db*"):  # what a crash at this instant would leave
        if file.is_file() and file.suffix != ".lock":
            (copy / file.name).write_bytes(file.read_bytes())
    after = await SqliteStore.open(copy / "kavle.db", world.clock.now())
    assert await after.status(message) == 10
    await after.close()


async def test_the_file_has_one_engine(tmp_path: Path, world: World) -> None:
    with pytest.raises(DatabaseInUse, match="in use by another Kavle"):
        await SqliteStore.open(tmp_path / "kavle.db", world.clock.now(), patience=0)


async def test_synchronous_is_full_and_the_log_is_ahead(world: World) -> None:
    def pragmas(db: apsw.Connection, payloads: Sequence[None]) -> list[tuple[object, object, object]]:
        return [(db.pragma("journal_mode"), db.pragma("synchronous"), db.pragma("auto_vacuum"))]

    assert await world.store._writer.call(pragmas, None) == ("wal", 2, 2)


async def test_debits_and_top_ups_of_one_commit_add_up(world: World) -> None:
    ups = [world.store.top_up(TopUp("test", UNIT, world.clock.now())) for _ in range(10)]
    sends = [world.store.accept(world.draft()) for _ in range(10)]
    await asyncio.gather(*ups, *sends)
    assert await world.credits() == 100
    assert await world.rows("SELECT sum(amount) FROM ledger") == [(100 * UNIT,)]
    running = await world.rows("SELECT amount, balance FROM ledger ORDER BY id")
    total = 0
    for amount, balance in running:
        total += amount  # type: ignore[operator]
        assert total == balance
