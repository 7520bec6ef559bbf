"""Reads of one kind that many ask for at once: one read for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kavle.clock import SetClock
from kavle.model.service import Service
from kavle.model.status import Status
from kavle.store.errors import StoreUnavailable
from kavle.store.sqlite.store import SqliteStore
from kavle.store.together import MOST, Together
from support.mms import accept_mms, mms_world
from support.world import World, open_world


class Shelf:
    """Tells the double of each key, as soon as it may; it has been asked for `batches`."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.may = asyncio.Event()
        self.may.set()
        self.began = asyncio.Event()
        self.bad: dict[int, Exception] = {}

    async def __call__(self, keys: Sequence[int]) -> list[int]:
        self.batches.append(list(keys))
        self.began.set()
        await self.may.wait()
        for key in keys:
            if key in self.bad:
                raise self.bad[key]
        return [2 * key for key in keys]


async def outcomes(*futures: asyncio.Future[int]) -> list[int | BaseException]:
    return await asyncio.gather(*futures, return_exceptions=True)


async def test_what_one_turn_of_the_loop_asks_for_is_one_read() -> None:
    shelf = Shelf()
    ask = Together(shelf)
    assert await outcomes(ask(1), ask(2), ask(1)) == [2, 4, 2]
    assert await ask(3) == 6
    assert shelf.batches == [[1, 2, 1], [3]]


async def test_who_asks_while_a_read_is_under_way_is_told_by_the_next_one() -> None:
    shelf = Shelf()
    ask = Together(shelf)
    shelf.may.clear()
    first = ask(1)
    await shelf.began.wait()
    later = [ask(1), ask(2)]  # what they are told must be of no time before they asked
    shelf.may.set()
    assert await outcomes(first, *later) == [2, 2, 4]
    assert shelf.batches == [[1], [1, 2]]


async def test_a_read_has_an_end_however_many_ask() -> None:
    shelf = Shelf()
    ask = Together(shelf)
    keys = range(2 * MOST + 1)
    assert await outcomes(*map(ask, keys)) == [2 * key for key in keys]
    assert [len(batch) for batch in shelf.batches] == [MOST, MOST, 1]


async def test_what_is_wrong_with_one_is_told_to_nobody_else() -> None:
    shelf = Shelf()
    ask = Together(shelf)
    shelf.bad = {3: ValueError("a damaged page")}
    assert await outcomes(*map(ask, range(6))) == [0, 2, 4, shelf.bad[3], 8, 10]
    assert await ask(1) == 2


async def test_when_nothing_can_be_read_all_are_told_and_it_is_not_tried_for_each() -> None:
    shelf = Shelf()
    ask = Together(shelf)
    away = StoreUnavailable("the database can't be read now")
    shelf.bad = {1: away}
    assert await outcomes(ask(1), ask(2)) == [away, away]
    assert shelf.batches == [[1, 2]]
    shelf.bad.clear()
    assert await ask(1) == 2


async def test_who_goes_away_leaves_the_others_their_answers() -> None:
    shelf = Shelf()
    ask = Together(shelf)
    shelf.may.clear()
    gone, stays = ask(1), ask(2)
    await shelf.began.wait()
    gone.cancel()
    shelf.may.set()
    assert await stays == 4
    shelf.bad = {3: ValueError("a damaged page")}
    gone, bad = ask(1), ask(3)
    gone.cancel()
    assert await outcomes(bad) == [shelf.bad[3]]


async def test_it_is_settled_when_all_are_answered() -> None:
    shelf = Shelf()
    ask = Together(shelf)
    await ask.settle()
    shelf.may.clear()
    first = ask(1)
    await shelf.began.wait()
    settled = asyncio.ensure_future(ask.settle())
    second = ask(2)
    shelf.may.set()
    await settled
    assert (first.result(), second.result()) == (2, 4)


# --- the statuses of messages ------------------------------------------------------------------------------


async def test_whoever_asks_at_once_is_told_the_status_of_his_own(world: World) -> None:
    mms = await mms_world(world)
    delivered = await world.send("Testar", "a1")
    await world.receipt("a1")
    picture, waits = await accept_mms(mms), await world.accept()
    timed = await world.bundle(await world.accept_bundle(["46701740605", "ingen"], due=world.later(hours=1)))
    dropped = await world.accept_bundle(1, due=world.later(hours=1))
    assert await world.cancel_bundle(dropped)
    made = await world.accept_bundle(1)
    await world.advance()
    unmade = await world.bundle(await world.accept_bundle(1))
    asked: list[tuple[int, Service, Status | None]] = [
        (delivered, Service.SMS, Status.DELIVERED),
        (waits, Service.SMS, Status.RECEIVED),
        (delivered, Service.MMS, None),
        (picture, Service.MMS, Status.RECEIVED),
        (picture, Service.SMS, None),
        *zip(timed, [Service.SMS] * 2, [Status.DELAYED, Status.INVALID_NUMBER], strict=True),
        *((id, Service.SMS, Status.CANCELLED) for id in await world.bundle(dropped)),
        *((id, Service.SMS, Status.RECEIVED) for id in await world.bundle(made)),
        (unmade[0], Service.SMS, Status.RECEIVED),
        (unmade[0], Service.MMS, None),
        (made, Service.SMS, None),
        (10**9, Service.SMS, None),
    ]
    told = await asyncio.gather(*(world.store.status(id, service) for id, service, _ in asked))
    assert told == [status for _, _, status in asked]


@asynccontextmanager
async def on_sqlite(folder: Path) -> AsyncIterator[tuple[World, SqliteStore]]:
    world = await open_world(folder / "kavle.db", SetClock())
    assert isinstance(world.store, SqliteStore)
    try:
        yield world, world.store
    finally:
        await world.store.close()


async def test_a_hundred_who_ask_at_once_cost_one_statement(tmp_path: Path) -> None:
    async with on_sqlite(tmp_path) as (world, store):
        message, bundle = await world.accept(), await world.accept_bundle(2)
        recipients = await world.bundle(bundle)
        said: list[str] = []

        def heard(cursor: object, sql: str, bindings: object) -> bool:
            said.append(sql)
            return True

        store._read.db.exec_trace = heard
        told = await asyncio.gather(*(store.status(id) for id in [message, *recipients, 10**9] * 25))
        store._read.db.exec_trace = None
        assert told == [10, 10, 10, None] * 25
        assert len(said) == 1, "and so it is of one time: what is made into a message is not missed"


async def test_a_store_that_closes_answers_who_has_asked(tmp_path: Path) -> None:
    async with on_sqlite(tmp_path) as (world, store):
        message = await world.accept()
        asked = [asyncio.ensure_future(store.status(message)) for _ in range(MOST + 1)]  # more than one read
        await asyncio.sleep(0)
    assert await asyncio.gather(*asked) == [10] * len(asked)


@pytest.mark.parametrize("count", [1, 3])
async def test_a_read_that_fails_is_told_as_it_was(tmp_path: Path, count: int) -> None:
    async with on_sqlite(tmp_path) as (_, store):
        store._read.db.exec_trace = _refusing
        told = await asyncio.gather(*(store.status(1) for _ in range(count)), return_exceptions=True)
        store._read.db.exec_trace = None
        assert [str(error) for error in told] == ["the disk has gone"] * count
        assert await store.status(1) is None


def _refusing(cursor: object, sql: str, bindings: object) -> bool:
    raise OSError("the disk has gone")
