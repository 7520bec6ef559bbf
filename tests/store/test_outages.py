"""PostgreSQL that is full, slow, read-only or somewhere else by now: nothing is called refused that is
stored, nothing stored that a standby has not got, and it goes on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from kavle.clock import SetClock
from kavle.model.errors import OutcomeUnknown
from kavle.model.money import UNIT
from kavle.store.errors import StoreError, StoreUnavailable
from kavle.store.postgres import connection
from kavle.store.types import TopUp
from support.closing import closing
from support.patience import PATIENCE
from support.postgres import fetch
from support.servers import Pair, Server, a_pair, a_server
from support.world import World, open_store, open_world

pytest.importorskip("asyncpg", reason="PostgreSQL's driver is not installed")

OURS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'kavle'"


@pytest.fixture
async def small() -> AsyncIterator[Server]:
    async with a_server("max_connections = 20", "superuser_reserved_connections = 0") as server:
        yield server


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    async with a_pair() as pair:
        yield pair


async def until_stored(world: World) -> int:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await world.accept()
            except StoreUnavailable:
                await asyncio.sleep(0.05)


async def test_out_of_connections_nothing_is_stored_until_there_are_some(small: Server) -> None:
    async with closing(await open_world(small.url, SetClock())) as world:
        await world.accept()
        await fetch(small.url, OURS)
        strangers = []
        while True:
            try:
                strangers.append(await asyncio.wait_for(connect_as_a_stranger(small.url), PATIENCE))
            except connection.LOST:
                break
        for call in (world.store.accept(world.draft()), world.lease(), world.queues()):
            with pytest.raises(StoreUnavailable):
                await call
        for stranger in strangers:
            await stranger.close()
        await until_stored(world)
        assert await world.credits() == 98
        assert len(await world.lease()) == 2


async def connect_as_a_stranger(url: str) -> connection.Connection:
    import asyncpg

    return await asyncpg.connect(url)


async def test_a_server_that_takes_too_long_is_unavailable_and_has_nothing(
    small: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.SETTINGS, "statement_timeout", "2s")
    async with closing(await open_world(small.url, SetClock())) as world:
        await fetch(
            small.url,
            "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_sleep(20); RETURN NEW; END $$",
        )
        await fetch(
            small.url, "CREATE TRIGGER slow BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION dawdle()"
        )
        with pytest.raises(StoreUnavailable, match="QueryCanceled"):
            await world.store.accept(world.draft())
        await fetch(small.url, "DROP TRIGGER slow ON ledger")
        assert await world.rows("SELECT id FROM message") == []
        await until_stored(world)
        assert await world.credits() == 99


async def test_a_server_that_takes_writes_no_longer_is_left_and_found_again(small: Server) -> None:
    async with closing(await open_world(small.url, SetClock())) as world:
        await world.accept()
        await asyncio.to_thread(small.reload, "default_transaction_read_only = on")
        async with asyncio.timeout(PATIENCE):
            while await fetch(small.url, "SHOW default_transaction_read_only") != [("on",)]:
                await asyncio.sleep(0.02)
        with pytest.raises(StoreUnavailable):
            while True:  # a backend learns of it with its next statement, or the one after
                await world.accept()
        stored = await fetch(small.url, "SELECT count(*) FROM message")
        with pytest.raises(StoreError, match=r"can't be reached: .*name the primary"):
            await open_store(small.url, SetClock())
        await asyncio.to_thread(small.reload, "default_transaction_read_only = off")
        await until_stored(world)
        ((before,),) = stored
        assert await world.rows("SELECT count(*) FROM message") == [(int(str(before)) + 1,)]


async def test_every_answer_holds_when_a_synchronous_standby_takes_over(pair: Pair) -> None:
    async with closing(await open_world(pair.url, SetClock())) as world:
        await world.store.top_up(TopUp("test", 100_000 * UNIT, world.clock.now()))
        answered: list[int] = []
        unknown: list[OutcomeUnknown] = []
        over = asyncio.Event()

        async def client() -> None:
            left = 20  # to be accepted once the standby has taken over
            while left:
                try:
                    answered.append(await world.accept())
                    left -= over.is_set()
                except StoreUnavailable:
                    await asyncio.sleep(0.02)
                except OutcomeUnknown as error:
                    unknown.append(error)

        clients = [asyncio.create_task(client()) for _ in range(8)]
        async with asyncio.timeout(PATIENCE):
            while len(answered) < 100:
                await asyncio.sleep(0.01)
        await pair.fail_over()
        over.set()
        await asyncio.gather(*clients)
        stored = {row[0] for row in await fetch(pair.standby.url, "SELECT id FROM message")}
        assert set(answered) <= stored
        assert len(answered) <= len(stored) <= len(answered) + len(unknown)
        assert await world.credits() == 100_100 - len(stored)
        assert await world.lease() != []


async def test_what_its_standby_has_not_got_is_neither_accepted_nor_refused(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection._HOW, "command_timeout", 2.0)
    monkeypatch.setattr("kavle.store.postgres.doubt.LIMIT", 3.0)
    async with closing(await open_world(pair.primary.url, SetClock())) as world:
        await world.accept()
        await asyncio.to_thread(pair.standby.stop)
        with pytest.raises(OutcomeUnknown):
            await world.accept()
        await asyncio.to_thread(pair.standby.start)
        await until_stored(world)


async def test_a_standby_alone_is_no_database_to_start_on(pair: Pair) -> None:
    with pytest.raises(StoreError, match=r"takes no writes: name the primary .* or all its servers"):
        await open_store(pair.standby.url, SetClock())


async def test_any_role_may_settle_a_commit_that_was_in_doubt(small: Server) -> None:
    from kavle.store.postgres.doubt import _SETTLE

    await fetch(small.url, "CREATE ROLE app LOGIN")
    await fetch(small.url.replace("//postgres@", "//app@"), _SETTLE)
