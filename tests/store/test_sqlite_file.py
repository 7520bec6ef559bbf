"""What is SQLite's alone: the file, its one engine, its writer's end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import apsw
import pytest

from kavle.clock import SetClock
from kavle.model.money import UNIT
from kavle.store.errors import DatabaseInUse, StoreUnavailable
from kavle.store.sqlite import checkpoint
from kavle.store.sqlite.checkpoint import Checkpointer
from kavle.store.sqlite.connection import open_reader
from kavle.store.sqlite.rows import insert
from kavle.store.sqlite.store import SqliteStore
from kavle.store.sqlite.writer import Writer
from kavle.store.types import CarrierTerms, TopUp
from support.closing import closing
from support.patience import PATIENCE
from support.world import Accepted, World, open_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await open_world(tmp_path / "kavle.db", SetClock())
    yield world
    await world.store.close()


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
    await asyncio.wait_for(died.wait(), PATIENCE)
    await asyncio.sleep(0.05)
    assert not asked.done()


async def test_an_answer_means_that_the_commit_is_on_disk(tmp_path: Path, world: World) -> None:
    message = await world.accept()
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in tmp_path.glob("kavle.db*"):  # what a crash at this instant would leave
        if file.is_file() and file.suffix != ".lock":
            (copy / file.name).write_bytes(file.read_bytes())
    async with closing(await SqliteStore.open(copy / "kavle.db", world.clock.now())) as after:
        assert await after.status(message) == 10


async def test_the_file_has_one_engine(tmp_path: Path, world: World) -> None:
    with pytest.raises(DatabaseInUse, match="in use by another Kavle"):
        await SqliteStore.open(tmp_path / "kavle.db", world.clock.now(), patience=0)


async def test_synchronous_is_full_and_the_log_is_ahead(world: World) -> None:
    def pragmas(db: apsw.Connection, payloads: Sequence[None]) -> list[tuple[object, object, object]]:
        return [(db.pragma("journal_mode"), db.pragma("synchronous"), db.pragma("auto_vacuum"))]

    assert await world.store._writer.call(pragmas, None) == ("wal", 2, 2)


async def test_a_killed_engines_leases_are_unsure_at_the_next_start(tmp_path: Path, world: World) -> None:
    message = await world.accept("x" * 161)
    (leased,) = await world.lease()
    await world.answer(leased.lease, Accepted("a1"))
    await world.store.close()
    again = await open_world(tmp_path / "kavle.db", world.clock)
    world.store = again.store  # the fixture closes it
    assert await world.rows("SELECT number, outcome FROM segment ORDER BY number") == [(1, 1), (2, 4)]
    world.clock.forward(seconds=1)
    await world.sweep()
    (resumed,) = await world.lease()
    assert resumed.unsent == (2,)
    assert await world.story(message) == [10, 11]


async def test_who_has_given_up_before_the_commit_begins_is_not_served(world: World) -> None:
    """A receipt that the store was too slow for comes again: stored each time, it would be there twice."""
    given_up = asyncio.ensure_future(world.receipt("a1"))
    await asyncio.sleep(0)
    given_up.cancel()
    await world.receipt("a2")
    assert await world.rows("SELECT network_id FROM waiting") == [("a2",)]


class FailsToCommit(apsw.Connection):
    """A disk that is full, or on fire, just when the commit is written."""

    error: Exception | None = None

    def execute(self, statements: str, *args: Any, **how: Any) -> apsw.Cursor:
        if statements == "COMMIT" and self.error is not None:
            raise self.error
        return super().execute(statements, *args, **how)


Failing = tuple[Writer, FailsToCommit, list[BaseException]]


@pytest.fixture
async def failing(tmp_path: Path) -> AsyncIterator[Failing]:
    path, deaths = tmp_path / "failing.db", list[BaseException]()
    db = FailsToCommit(str(path))
    db.pragma("journal_mode", "wal")
    db.execute("CREATE TABLE line (text TEXT)")
    checkpointer = Checkpointer(path, deaths.append)
    writer = Writer(db, checkpointer, deaths.append)
    yield writer, db, deaths
    if not deaths:
        await writer.close()
    checkpointer.close()


def write(db: apsw.Connection, texts: Sequence[str]) -> list[bool]:
    insert(db, "INSERT INTO line", [(text,) for text in texts])
    return [True] * len(texts)


async def test_a_commit_that_finds_the_disk_full_is_refused_and_not_stored(failing: Failing) -> None:
    writer, db, deaths = failing
    db.error = apsw.FullError("database or disk is full")
    with pytest.raises(StoreUnavailable):
        await writer.call(write, "lost")
    db.error = None
    assert await writer.call(write, "kept")
    reader = open_reader(Path(db.filename))
    assert list(reader.execute("SELECT text FROM line")) == [("kept",)]
    assert deaths == []


async def test_a_commit_of_which_nothing_is_known_answers_nobody(failing: Failing) -> None:
    writer, db, deaths = failing
    db.error = apsw.IOError("fsync failed")
    asked = writer.call(write, "lost or not")
    async with asyncio.timeout(PATIENCE):
        while not deaths:
            await asyncio.sleep(0.01)
    assert not asked.done()


async def test_what_is_asked_of_a_closed_store_is_refused_not_left_hanging(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "closing.db", SetClock().now())
    await store.close()
    with pytest.raises(StoreUnavailable, match="closing"):
        await store.carrier_ids([CarrierTerms("telia")])


async def test_the_log_starts_over_and_a_reader_in_its_way_stops_nobody(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "START_AT", 10)
    monkeypatch.setattr(checkpoint, "RESTART_AT", 40)
    log = tmp_path / "kavle.db-wal"
    reader = open_reader(tmp_path / "kavle.db")
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM message").get  # noqa: B018 -- begins to read
    for _ in range(60):
        await world.store.top_up(TopUp("test", UNIT, world.clock.now()))
    reader.execute("COMMIT")
    reader.close()
    grown = log.stat().st_size
    for _ in range(400):
        await world.store.top_up(TopUp("test", UNIT, world.clock.now()))
    assert log.stat().st_size < grown + 200 * 4096  # written over from its beginning, many times


class CountsCopies(apsw.Connection):
    copies = 0

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.pragma("cache_size", -2_000)  # sees by that that there is a log

    def wal_checkpoint(self, *args: Any, **how: Any) -> tuple[int, int]:
        copied = super().wal_checkpoint(*args, **how)
        CountsCopies.copies += 1
        return copied


@pytest.fixture
async def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SqliteStore]:
    monkeypatch.setattr(checkpoint, "START_AT", 100)
    monkeypatch.setattr(CountsCopies, "copies", 0)
    monkeypatch.setattr(checkpoint, "open_checkpointer", CountsCopies)
    store = await SqliteStore.open(tmp_path / "copied.db", SetClock().now())
    yield store
    await store.close()


async def test_the_log_is_copied_when_it_has_grown_and_not_at_each_commit(copied: SqliteStore) -> None:
    for number in range(200):  # of some two pages each
        await copied.carrier_ids([CarrierTerms(f"carrier {number}")])
    await the_copies_are(1)
    assert CountsCopies.copies <= 10


async def test_a_log_that_has_started_over_by_itself_is_copied_as_often_as_ever(copied: SqliteStore) -> None:
    await copied.carrier_ids([CarrierTerms("the first of them")])
    for number in range(1, 6):  # all that there is: nobody reads, so the next commit begins at its beginning
        await the_copies_are(number)
        for commit in range(60):
            await copied.carrier_ids([CarrierTerms(f"carrier {number} {commit}")])


async def the_copies_are(count: int) -> None:
    """So many at least."""
    async with asyncio.timeout(PATIENCE):
        while CountsCopies.copies < count:
            await asyncio.sleep(0.01)


async def test_what_is_kept_is_for_its_owners_eyes_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = await SqliteStore.open(tmp_path / "new" / "kavle.db", SetClock().now())
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "new").iterdir()}
    finally:
        os.umask(before)
    await store.close()
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert set(modes) == {"kavle.db", "kavle.db-wal", "kavle.db-shm", "kavle.db.lock"}
    assert set(modes.values()) == {0o600}
