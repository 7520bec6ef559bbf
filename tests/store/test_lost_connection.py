"""PostgreSQL's connections go at the worst moments: nobody is told what is not so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import pytest

from kavle.clock import SetClock
from kavle.model.errors import OutcomeUnknown
from kavle.model.money import UNIT
from kavle.store.errors import StoreError, StoreUnavailable
from kavle.store.postgres.connection import SETTINGS, connect
from kavle.store.types import NewAccount, TopUp
from support.closing import closing
from support.cut import Cut, Wire
from support.patience import until
from support.postgres import crash, fetch, fresh_database, release
from support.world import THROTTLED, Accepted, World, open_store, open_world

R = TypeVar("R")


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    url = await fresh_database()
    wire = Wire(url)
    await wire.start()
    yield wire
    await wire.stop()
    await release(url)


@pytest.fixture
async def world(wire: Wire) -> AsyncIterator[World]:
    world = await open_world(wire.url, SetClock())
    yield world
    await world.store.close()


async def test_a_commit_whose_answer_was_lost_is_looked_up_and_answered(world: World, wire: Wire) -> None:
    wire.cut(b"COMMIT", Cut.AFTER)
    accepted = await asyncio.gather(*(world.store.accept(world.draft()) for _ in range(5)))
    assert await world.rows("SELECT id FROM message ORDER BY id") == [(id,) for id in accepted]
    assert await world.credits() == 95


async def test_a_commit_that_never_reached_the_server_is_refused_and_not_stored(
    world: World, wire: Wire
) -> None:
    wire.cut(b"COMMIT", Cut.BEFORE)
    with pytest.raises(StoreUnavailable):
        await world.store.accept(world.draft())
    assert await world.rows("SELECT * FROM message") == []
    assert await world.credits() == 100
    assert await world.store.accept(world.draft()) is not None


async def test_a_commit_still_on_its_way_is_stopped_before_it_is_called_not_stored(
    world: World, wire: Wire
) -> None:
    wire.cut(b"COMMIT", Cut.LATE)
    with pytest.raises(StoreUnavailable):
        await world.store.accept(world.draft())
    await asyncio.sleep(0.7)
    assert await world.rows("SELECT * FROM message") == []
    assert await world.credits() == 100


async def test_where_nobody_can_be_asked_the_outcome_is_unknown(
    world: World, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kavle.store.postgres.doubt.LIMIT", 0.3)
    await world.accept()  # its connection is there
    wire.cut(b"COMMIT", Cut.AFTER)
    wire.dark = True
    with pytest.raises(OutcomeUnknown):
        await world.store.accept(world.draft())
    wire.dark = False
    assert await world.store.accept(world.draft()) is not None


async def test_what_is_done_again_anyway_is_merely_unavailable_in_doubt(
    world: World, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kavle.store.postgres.doubt.LIMIT", 0.3)
    await world.accept()
    (leased,) = await world.lease()
    await world.answer(leased.lease)  # no outcomes: its connection is there
    wire.cut(b"COMMIT", Cut.AFTER)
    wire.dark = True
    with pytest.raises(StoreUnavailable):
        await world.answer(leased.lease, Accepted("a1"))
    wire.dark = False
    assert await world.answer(leased.lease, Accepted("a1")) == 0  # it had counted
    assert await world.rows("SELECT network_id FROM segment") == [("a1",)]


async def until_lost(wire: Wire, call: Coroutine[Any, Any, R]) -> asyncio.Task[R]:
    """The call, once its commit is in doubt and nobody can be asked."""
    wire.cut(b"COMMIT", Cut.BEFORE)
    task = asyncio.create_task(call)
    while wire.armed:
        await asyncio.sleep(0)
    wire.dark = True
    return task


@pytest.fixture
async def other(world: World, wire: Wire) -> AsyncIterator[World]:
    """Another node, whose connections hold."""
    other = await open_world(wire.target, SetClock())
    yield other
    await other.store.close()


async def test_the_end_of_a_lease_meanwhile_does_not_prove_its_outcome(
    world: World, other: World, wire: Wire
) -> None:
    message = await world.accept()
    (leased,) = await world.lease(seconds=60)
    answering = await until_lost(wire, world.answer(leased.lease, Accepted("a1")))
    assert (await other.store.sweep(world.clock.forward(seconds=61))).unsure == 1
    wire.dark = False
    with pytest.raises(StoreUnavailable):  # to be told again, when it will not count
        await answering
    assert await other.story(message) == [10, 11]


async def test_the_same_id_of_anothers_message_does_not_prove_ours(
    world: World, other: World, wire: Wire
) -> None:
    """A server that crashed may give out once more the ids of a block that it had not yet on disk."""
    accepting = await until_lost(wire, world.accept())
    await fetch(wire.target, "SELECT setval('message_block', 1, false)")
    other.clock.forward(seconds=1)
    assert await other.accept() == 1
    wire.dark = False
    with pytest.raises(StoreUnavailable):
        await accepting


@pytest.mark.parametrize("word", [b"BEGIN", b"INSERT", b"unnest"])
async def test_a_connection_lost_before_the_commit_stores_nothing(
    world: World, wire: Wire, word: bytes
) -> None:
    wire.cut(word, Cut.AFTER)
    with pytest.raises(StoreUnavailable):
        await world.store.accept(world.draft())
    assert await world.rows("SELECT * FROM message") == []
    assert await world.credits() == 100
    assert await world.store.accept(world.draft()) is not None


async def test_every_commit_of_a_message_may_lose_its_answer(world: World, wire: Wire) -> None:
    wire.cut(b"COMMIT", Cut.AFTER)
    message = await world.accept("x" * 161)
    wire.cut(b"COMMIT", Cut.AFTER)
    (leased,) = await world.lease()
    wire.cut(b"COMMIT", Cut.AFTER)
    assert await world.answer(leased.lease, Accepted("a1"), THROTTLED) == 2
    wire.cut(b"COMMIT", Cut.AFTER)
    assert await world.receipt("a1") == 1
    wire.cut(b"COMMIT", Cut.AFTER)
    assert await world.receipt("nobody") == 0
    world.clock.forward(seconds=1)
    wire.cut(b"COMMIT", Cut.AFTER)
    await world.sweep()
    (again,) = await world.lease()
    assert await world.answer(again.lease, Accepted("a2"), first=2) == 1
    assert await world.receipt("a2") == 1
    assert await world.story(message) == [10, 11, 21, 22]
    assert await world.rows("SELECT network_id FROM waiting") == [("nobody",)]
    assert await world.credits() == 98


async def test_accounts_and_money_may_lose_their_answers_too(world: World, wire: Wire) -> None:
    now = world.clock.now()
    wire.cut(b"COMMIT", Cut.AFTER)
    other = await world.store.create_account(NewAccount("other", "h", UNIT, now))
    assert other == await world.store.account("other")
    wire.cut(b"COMMIT", Cut.AFTER)
    assert await world.store.top_up(TopUp("other", UNIT, now)) == 2 * UNIT
    wire.cut(b"COMMIT", Cut.BEFORE)
    with pytest.raises(StoreUnavailable):
        await world.store.top_up(TopUp("other", UNIT, now))
    assert await world.store.balance(other.id) == 2 * UNIT


async def test_after_all_connections_were_ended_it_goes_on_with_others(world: World) -> None:
    await world.accept()
    await fetch(
        world.store._links[0].url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    assert await world.credits() == 99
    for _ in range(3):
        try:
            await world.accept()
            break
        except StoreUnavailable:
            continue
    assert len(await world.lease()) == 2


@pytest.mark.parametrize(
    "word",
    [b"server_version", b"schema_step", b"id_key", b"last_value", b"make_partitions", b"clock_timestamp"],
)
async def test_a_server_that_goes_away_during_a_start_is_told_so(wire: Wire, word: bytes) -> None:
    wire.cut(word, Cut.BEFORE)
    opening = asyncio.create_task(open_store(wire.url, SetClock()))
    while wire.armed and not opening.done():
        await asyncio.sleep(0)
    wire.dark = True
    with pytest.raises(StoreError, match="can't be used now"):
        await opening


async def test_a_table_that_a_stranger_locks_is_an_outage_and_no_bug(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SETTINGS, "lock_timeout", "50ms")
    async with closing(await open_world(wire.target, SetClock())) as world:
        message = await world.accept()
        async with closing(await connect(wire.target)) as stranger, stranger.transaction():
            await stranger.execute("LOCK TABLE message, job, gateway")
            for call in (
                world.queues(),
                world.store.status(message),
                world.expire(world.clock.now()),
                world.store.accept(world.draft()),
                world.lease(),
            ):
                with pytest.raises(StoreUnavailable):
                    await call
            with pytest.raises(StoreError, match="can't be used now"):
                await open_store(wire.target, SetClock())
        assert len(await world.lease()) == 1
        assert await world.credits() == 99


async def test_an_outage_is_one_line_in_the_log_however_many_call(
    world: World, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        await world.accept()
        wire.cut(b"BEGIN", Cut.BEFORE)
        wire.dark = True
        for _ in range(5):
            with pytest.raises(StoreUnavailable):
                await world.accept()
        wire.dark = False
    assert [record.getMessage()[:21] for record in caplog.records] == ["nothing can be stored"] * 2


async def test_every_answer_holds_when_the_server_crashes_under_load() -> None:
    url = await fresh_database()
    async with AsyncExitStack() as stack:
        worlds = [
            await stack.enter_async_context(closing(await open_world(url, SetClock()))) for _ in range(2)
        ]
        await worlds[0].store.top_up(TopUp("test", 100_000 * UNIT, worlds[0].clock.now()))
        answered: list[int] = []
        unknown: list[OutcomeUnknown] = []
        up = asyncio.Event()

        async def client(world: World) -> None:
            left = 20  # to be accepted once the server is there again
            while left:
                try:
                    answered.append(await world.accept())
                    left -= up.is_set()
                except StoreUnavailable:
                    await asyncio.sleep(0.02)
                except OutcomeUnknown as error:
                    unknown.append(error)

        clients = [asyncio.create_task(client(world)) for world in worlds for _ in range(8)]
        await until(lambda: len(answered) >= 100)
        await asyncio.to_thread(crash)
        up.set()
        await asyncio.gather(*clients)
        stored = {row[0] for row in await fetch(url, "SELECT id FROM message")}
        assert set(answered) <= stored
        assert len(answered) <= len(stored) <= len(answered) + len(unknown)
        assert await worlds[0].credits() == 100_100 - len(stored)
        assert await fetch(url, "SELECT count(*), -sum(amount) FROM ledger WHERE kind = 2") == [
            (len(stored), len(stored) * UNIT)
        ]
    await release(url)
