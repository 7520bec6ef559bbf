"""What is PostgreSQL's alone: a server that would not keep its word, clocks, calls between nodes, and schemas
brought up to date by several nodes at once."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from kavle.clock import SetClock, SystemClock
from kavle.model.message import Accepted, Outcome
from kavle.model.money import UNIT
from kavle.model.status import Status
from kavle.store.errors import StoreError, StoreUnavailable
from kavle.store.types import CarrierTerms, Decision, TopUp, Verdict
from support.closing import closing
from support.patience import PATIENCE
from support.postgres import empty_database, fetch, server
from support.world import LOST, World, open_world

pytest.importorskip("asyncpg", reason="PostgreSQL's driver is not installed")

from kavle.store.postgres import connection, ids, migrate
from kavle.store.postgres.bell import CHANNEL
from kavle.store.postgres.connection import connect
from kavle.store.postgres.store import PostgresStore

Calls = asyncio.Queue[tuple[int, bool]]
NOBODY = 0  # no carrier has this number


@pytest.fixture
async def world(url: str) -> AsyncIterator[World]:
    world = await open_world(url, SetClock())
    yield world
    await world.store.close()


async def test_concurrent_starts_on_an_empty_database_make_one_schema() -> None:
    url = await empty_database()
    steps = [name for name, _ in migrate._scripts()]
    assert sorted(await asyncio.gather(*(migrate.migrate(url) for _ in range(4)))) == [0, 0, 0, len(steps)]
    assert await fetch(url, "SELECT step, name FROM schema_step") == list(enumerate(steps, start=1))


async def test_a_schema_of_a_newer_kavle_is_refused(url: str) -> None:
    await fetch(url, "INSERT INTO schema_step VALUES (999, 'from the future')")
    with pytest.raises(StoreError, match="newer than this Kavle's"):
        await PostgresStore.open(url)
    await fetch(url, "DELETE FROM schema_step WHERE step = 999")


async def test_an_array_is_sent_without_a_call_in_python_for_each_of_its_elements(url: str) -> None:
    async with closing(await connect(url)) as db:
        sql = "SELECT $1::bigint[], $2::text[], $3::bigint[]"
        sent: list[object] = [list(range(1000)), ["", "{", "[1]", *map(str, range(997))], [7, None]]
        await db.fetchrow(sql, *sent)  # which prepares it
        calls: list[str] = []
        sys.setprofile(
            lambda frame, event, arg: calls.append(frame.f_code.co_name) if event == "call" else None
        )
        try:
            row = await db.fetchrow(sql, *sent)
        finally:
            sys.setprofile(None)
        assert row is not None
        assert list(row) == sent
        assert len(calls) < 500, "docs/adr/0033: asyncpg asks otherwise now"


async def test_messages_that_all_change_at_once_stay_in_their_pages(world: World) -> None:
    pages = "SELECT id, (ctid::text::point)[0] FROM message ORDER BY id"
    await world.store.top_up(TopUp("test", 1000 * UNIT, world.clock.now()))
    await asyncio.gather(*(world.accept() for _ in range(300)))
    before = await world.rows(pages)
    now = world.clock.now()
    outcomes = [
        Outcome(one.lease, 1, Accepted(str(one.lease.message_id)), now) for one in await world.lease(300)
    ]
    assert await world.store.record(outcomes) == 300
    assert await world.rows(pages) == before
    assert await world.receipts([(str(id), Status.DELIVERED) for id, _ in before]) == 300
    assert await world.rows(pages) == before


async def test_a_step_does_not_hold_up_the_nodes_that_run(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scripts = [*migrate._scripts(), ("9999_told", "ALTER TABLE gateway ADD COLUMN told TEXT")]
    monkeypatch.setattr(migrate, "_scripts", lambda: scripts)
    async with closing(await connect(url)) as busy, closing(await connect(url)) as reader:
        await busy.execute("BEGIN")
        await busy.fetch("SELECT * FROM gateway")  # a reader's lock, which the step has to wait for
        upgrade = asyncio.create_task(migrate.migrate(url))
        await asyncio.sleep(0.3)
        reading = reader.fetch("SELECT id_key FROM gateway")  # behind the step, until it gives way
        await asyncio.wait_for(reading, PATIENCE)
        await busy.execute("COMMIT")
        assert await upgrade == 1
        await reader.execute("ALTER TABLE gateway DROP COLUMN told")
        await reader.execute("DELETE FROM schema_step WHERE name = '9999_told'")


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
async def test_a_server_that_would_lose_what_it_was_told_is_refused(url: str, setting: str) -> None:
    await _set(f"{setting} = off")
    try:
        with pytest.raises(StoreError, match=f"has {setting} = off"):
            await PostgresStore.open(url)
    finally:
        await _set(f"{setting} = on")


async def test_our_commits_wait_for_the_disk_whatever_the_roles_default_is(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fetch(url, "ALTER ROLE postgres SET synchronous_commit = off")
    try:
        async with closing(await PostgresStore.open(url)) as store, store._links[0].use() as (db, _):
            assert await db.fetchval("SHOW synchronous_commit") == "on"
        monkeypatch.delitem(connection.SETTINGS, "synchronous_commit")
        with pytest.raises(StoreError, match="has synchronous_commit = off"):
            await PostgresStore.open(url)
    finally:
        await fetch(url, "ALTER ROLE postgres RESET synchronous_commit")


async def test_every_connection_gives_up_before_it_holds_others_up(world: World) -> None:
    async def patience(db: object) -> list[str]:
        names = "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"
        return [await db.fetchval(f"SHOW {name}") for name in names]  # type: ignore[attr-defined]

    for link in world.store._links:
        async with link.use() as (db, _):
            assert await patience(db) == ["10s", "5s", "10s"]
    assert await world.store._read(patience) == ["10s", "5s", "10s"]


async def test_a_server_that_is_not_there_is_an_error_without_a_password() -> None:
    with pytest.raises(StoreError, match="can't be reached") as error:
        await PostgresStore.open("postgresql://kavle:secret@127.0.0.1:1/kavle")
    assert "secret" not in str(error.value)
    assert "are host and port in `database` in the settings right?" in str(error.value)


@pytest.mark.parametrize(
    ("user", "name", "told"),
    [
        ("postgres", "nowhere", r'"nowhere" does not exist; make it, as by `createdb'),
        ("nobody", "postgres", r'"nobody" does not exist; look at user and password in `database`'),
    ],
)
async def test_a_wrong_address_is_told_with_what_to_do(user: str, name: str, told: str) -> None:
    url = server().get_uri(name).replace("//postgres", f"//{user}", 1)
    with pytest.raises(StoreError, match=told):
        await PostgresStore.open(url)


class OffClock(SystemClock):
    """Goes as the machine's does, so much ahead of it."""

    def __init__(self, off: timedelta) -> None:
        self.off = off

    def now(self) -> datetime:
        return super().now() + self.off


@pytest.mark.parametrize(("off", "where"), [(5, "ahead of"), (-5, "behind")])
async def test_a_node_whose_clock_is_wrong_accepts_but_leases_and_ends_nothing(
    url: str, off: float, where: str
) -> None:
    clock = OffClock(timedelta(seconds=off))
    async with (
        closing(await open_world(url, SetClock())) as right,
        closing(await PostgresStore.open(url, clock=clock)) as wrong,
    ):
        world = World(wrong, right.clock, right.account, right.carrier_id, right.whole)
        assert await wrong.accept(world.draft()) is not None
        for refused in (world.lease(), wrong.sweep(world.clock.now()), wrong.walk(world.clock.now(), 0)):
            with pytest.raises(StoreUnavailable, match=f"clock is .* s {where} the database's"):
                await refused
        clock.off = timedelta()
        await wrong.sweep(world.clock.now())
        assert len(await world.lease()) == 1


@asynccontextmanager
async def listener(url: str) -> AsyncIterator[Calls]:
    """Another node's calls, (carrier, urgent), once it is known to hear them."""
    called: Calls = asyncio.Queue()
    heard = asyncio.Event()

    def on_ready(carrier: int, urgent: bool) -> None:
        if carrier == NOBODY:
            heard.set()
        else:
            called.put_nowait((carrier, urgent))

    other = await PostgresStore.open(url, on_ready=on_ready)
    try:
        while not heard.is_set():
            await fetch(url, f"NOTIFY {CHANNEL}, '{NOBODY}'")
            await asyncio.sleep(0.02)
        yield called
    finally:
        await other.close()


async def until_called(called: Calls, wanted: tuple[int, bool]) -> None:
    """What was accepted before may call late, when the bell's own connection was."""
    while await asyncio.wait_for(called.get(), PATIENCE) != wanted:
        pass


async def test_a_node_is_called_when_a_queue_is_no_longer_empty(url: str, world: World) -> None:
    async with listener(url) as called:
        await world.accept()
        assert await asyncio.wait_for(called.get(), PATIENCE) == (world.carrier_id, False)
        await asyncio.sleep(0.1)
        await world.accept()  # the queue was not empty
        await asyncio.sleep(0.2)
        assert called.empty()
        await world.lease()
        await world.accept()
        assert await asyncio.wait_for(called.get(), PATIENCE) == (world.carrier_id, False)


async def test_a_commit_that_is_told_late_does_not_silence_the_call(
    url: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(world.store, PostgresStore)
    bell = world.store._bell
    async with listener(url) as called:
        with monkeypatch.context() as silence:
            silence.setattr(bell, "ring", lambda *told, **how: None)
            await world.accept()
            await world.accept()
        bell.ring({world.carrier_id: 1})  # of the first, when the second is in the table already
        await asyncio.sleep(0.2)
        bell.ring({world.carrier_id: 1})
        assert await asyncio.wait_for(called.get(), PATIENCE) == (world.carrier_id, False)


async def test_an_alarm_calls_though_others_wait(url: str, world: World) -> None:
    for priority in (1, 2):
        await world.accept(priority=priority)
    async with listener(url) as called:
        await world.accept(priority=3)
        await until_called(called, (world.carrier_id, True))


async def test_what_an_operator_releases_calls_whoever_has_the_links(url: str, world: World) -> None:
    await world.store.carrier_ids([CarrierTerms("telia", hold=True)])
    ids = [await world.accept(priority=priority) for priority in (3, 2)]
    for leased in await world.lease():
        await world.answer(leased.lease, LOST)
    async with listener(url) as called:
        for id, urgent in zip(ids, (True, False), strict=True):
            await world.store.decide(Decision((id,), Verdict.RELEASE, world.clock.now()))
            await until_called(called, (world.carrier_id, urgent))


async def test_ids_of_two_nodes_never_meet_and_rise_with_the_blocks(url: str, world: World) -> None:
    async with closing(await PostgresStore.open(url)) as other:
        assert await world.store.newest_id() == 0
        mine = [await world.accept() for _ in range(3)]
        others = [await other.accept(world.draft()) for _ in range(3)]
        assert mine == [1, 2, 3]
        assert others == [257, 258, 259]
        assert await world.store.newest_id() >= 259


async def test_partitions_are_made_ahead_of_the_ids_and_at_the_latest_with_them(
    url: str, world: World
) -> None:
    made = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'message'::regclass"
    assert await fetch(url, made) == [(2,)]  # from 0 and from 10 million
    await fetch(url, f"SELECT setval('message_block', {9_999_999 - ids.BLOCK})")
    await world.sweep()
    assert await fetch(url, made) == [(2,)]
    await fetch(url, "SELECT setval('message_block', 9999999)")
    await world.sweep()
    assert await fetch(url, made) == [(3,)]
    await fetch(url, "SELECT setval('message_block', 39999999)")  # no sweep for very long
    message = await world.accept()
    assert message > 40_000_000
    assert await world.store.status(message) == 10
    assert await fetch(url, made) == [(5,)]
    for first in (20_000_000, 30_000_000, 40_000_000):
        for table in ("message", "body", "segment", "receipt"):
            await fetch(url, f"DROP TABLE {table}_{first}")


async def test_partitions_are_made_while_others_write(url: str, world: World) -> None:
    await world.accept()
    async with closing(await connect(url)) as writing, closing(await connect(url)) as making:
        await writing.execute("BEGIN")
        await writing.execute("UPDATE message SET status = 10")  # holds on to the table
        await making.execute("BEGIN")
        await asyncio.wait_for(making.execute("SELECT make_partitions(20000000)"), PATIENCE)
        await asyncio.wait_for(world.accept(), PATIENCE)
        await making.execute("ROLLBACK")


async def _set(setting: str) -> None:
    url = server().get_uri()
    await fetch(url, f"ALTER SYSTEM SET {setting}")
    await fetch(url, "SELECT pg_reload_conf()")
    name, _, value = setting.partition(" = ")
    async with asyncio.timeout(PATIENCE):
        while await fetch(url, f"SHOW {name}") != [(value,)]:
            await asyncio.sleep(0.02)
