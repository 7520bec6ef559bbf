"""What is old goes, and nothing else: both engines; and on PostgreSQL whole partitions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from kavle.clock import SetClock
from kavle.core import retention
from kavle.core.retention import Retention
from kavle.model.number import NumberSettings
from kavle.store.inbox import NewNumber
from kavle.store.retention import BATCH, Erase, Kept, chosen
from kavle.store.sqlite.store import SqliteStore
from kavle.store.types import CarrierTerms
from support.mms import accept_mms, incoming_mms, mms_world
from support.postgres import empty_database, fetch
from support.world import LOST, RECIPIENT, Accepted, World, open_world

TEXTS, MESSAGES = timedelta(days=90), timedelta(days=400)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PAUSE", 0)


async def sweep(world: World) -> None:
    await Retention(world.store, world.clock, TEXTS, MESSAGES).once()


async def texts(world: World) -> list[object]:
    return [row[0] for row in await world.rows("SELECT message_id FROM body ORDER BY message_id")]


async def left(world: World, table: str) -> int:
    ((count,),) = await world.rows(f"SELECT count(*) FROM {table}")  # noqa: S608
    return int(str(count))


async def ended(world: World, network_id: str) -> int:
    message = await world.send("Testar", network_id)
    await world.receipt(network_id)
    return message


async def test_texts_go_first_and_messages_later_and_the_ledger_stays(world: World) -> None:
    old = await ended(world, "a1")
    world.clock.forward(days=90)
    young = await ended(world, "a2")
    world.clock.forward(days=2)
    await sweep(world)
    assert await texts(world) == [young]
    assert await world.story(old) == [10, 21, 22]

    world.clock.forward(days=310)
    await sweep(world)
    assert await texts(world) == []
    assert [await world.store.status(old), await world.store.status(young)] == [None, 22]
    assert [await left(world, table) for table in ("message", "segment", "receipt")] == [1, 1, 1]
    assert await left(world, "ledger") == 3
    assert await world.credits() == 98


async def test_an_id_that_is_gone_is_as_one_that_never_was_and_new_ones_go_on(world: World) -> None:
    old = await ended(world, "a1")
    newest = await world.store.newest_id()
    world.clock.forward(days=500)
    await sweep(world)
    assert [await world.store.status(old), await world.store.story(old)] == [None, None]
    assert [await world.store.due(old), await world.store.owner(old)] == [None, None]
    assert await world.store.newest_id() == newest
    assert await ended(world, "a2") > old


async def test_what_is_open_stays_however_old(world: World) -> None:
    await world.store.carrier_ids([CarrierTerms("telia", hold=True)])
    held = await world.accept()
    (leased,) = await world.lease()
    await world.answer(leased.lease, LOST)
    timed = await world.accept(due=world.later(days=1000))
    bundle = await world.accept_bundle([RECIPIENT, RECIPIENT], due=world.later(days=1000))
    queued = await world.accept()
    done = await world.accept_bundle([RECIPIENT, "hej"])
    await world.advance()
    await world.expire(world.clock.forward(hours=49))
    world.clock.forward(days=600)
    await sweep(world)
    assert await texts(world) == [held, timed, bundle]
    assert len(await world.bundle(bundle)) == 2
    assert await world.store.bundle(done) is None
    assert await world.store.status(queued) is None
    assert await left(world, "message") == 4
    assert await left(world, "bundle_part") == 1


async def test_what_was_sent_late_is_kept_from_its_time_on(world: World) -> None:
    message = await world.accept(due=world.later(days=100))
    world.clock.forward(days=100)
    await world.sweep()
    (leased,) = await world.lease()
    await world.answer(leased.lease, Accepted("a1"))
    await world.receipt("a1")
    await sweep(world)
    assert await texts(world) == [message]
    world.clock.forward(days=92)
    await sweep(world)
    assert await texts(world) == []


async def test_no_more_than_a_chunk_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = "sqlite" if isinstance(world.store, SqliteStore) else "postgres"
    monkeypatch.setattr("kavle.store.retention.BATCH", 5)
    monkeypatch.setattr(f"kavle.store.{engine}.retention.BATCH", 5)
    await world.accept_bundle([RECIPIENT] * 12)
    await world.advance()
    await world.expire(world.clock.forward(days=3))
    before, after, counts = world.clock.forward(days=1), 0, []
    await world.store.erase(Erase(Kept.BUNDLES, before))
    while after is not None:
        erased = await world.store.erase(Erase(Kept.MESSAGES, before, after))
        after = erased.after
        counts.append(erased.rows)
    assert counts == [5, 5, 2]
    assert await left(world, "message") == 0


async def test_files_go_with_the_texts_and_stay_while_they_may_be_wanted(world: World) -> None:
    mms, inbox = await mms_world(world), world.store.inbox
    sent = await accept_mms(mms, "gammal")
    (leased,) = await mms.lease()
    await mms.answer(leased.lease, Accepted("m1"))
    await inbox.take_mms(incoming_mms(mms.carrier_id, world.clock.now(), "nobody's", recipient="46700000000"))
    address = NumberSettings("https://example.com/")
    await inbox.add_number(
        NewNumber("46737494123", world.account.id, "example.com", address, world.clock.now())
    )
    await inbox.take_mms(incoming_mms(mms.carrier_id, world.clock.now()))  # whose customer is never called
    world.clock.forward(days=92)
    waiting = await accept_mms(mms, "ny")
    await sweep(world)
    ((called,),) = await world.rows("SELECT incoming_id FROM callback")
    assert set(await world.rows("SELECT message_id FROM file")) == {(called,), (waiting,)}
    assert set(await texts(world)) == {called, waiting}
    assert await world.store.files.lines(sent) == []
    assert await mms.story(sent) == [10, 21]
    world.clock.forward(days=500)
    await world.expire(world.clock.now())
    await sweep(world)
    assert await world.rows("SELECT DISTINCT message_id FROM file") == [(called,)]


async def test_the_files_of_few_messages_go_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kavle.store.retention.FEW", 2)
    mms = await mms_world(world)
    for _ in range(3):
        await accept_mms(mms)
    await world.expire(world.clock.forward(days=3))
    before = world.clock.forward(days=1)
    first = await world.store.erase(Erase(Kept.FILES, before))
    assert (first.rows, await left(world, "file")) == (2, 2)
    last = await world.store.erase(Erase(Kept.FILES, before, first.after or 0))
    assert (last.rows, last.after, await left(world, "file")) == (1, None, 0)


def test_a_look_at_young_ones_alone_is_the_last() -> None:
    young = [(id, True, False) for id in range(BATCH)]
    assert chosen(Kept.TEXTS, young) == ([], None)
    assert chosen(Kept.TEXTS, [*young[:-1], (BATCH, False, False)]) == ([BATCH], BATCH)
    assert chosen(Kept.TEXTS, [(1, False, False), (2, False, True), (3, True, False)]) == ([1], None)


async def test_the_file_gets_smaller_again(world: World) -> None:
    if not isinstance(world.store, SqliteStore):
        pytest.skip("SQLite's alone")
    await world.store.accept(replace(world.draft(), text="x" * 1_000_000))
    await world.expire(world.clock.forward(days=3))
    ((before,),) = await world.rows("PRAGMA page_count")
    world.clock.forward(days=500)
    await sweep(world)
    ((after,),) = await world.rows("PRAGMA page_count")
    assert int(str(after)) < int(str(before))


# --- partitions -------------------------------------------------------------------------------------------

WIDTH = 10_000_000


@pytest.fixture
async def url() -> str:
    """Of one that no other test uses after: partitions that are gone don't come back."""
    return await empty_database()


async def partitions(url: str, table: str) -> list[int]:
    rows = await fetch(
        url,
        "SELECT substring(c.relname FROM '[0-9]+$')::bigint FROM pg_inherits JOIN pg_class AS c"  # noqa: S608
        f" ON c.oid = inhrelid WHERE inhparent = '{table}'::regclass ORDER BY 1",
    )
    return [int(str(row[0])) for row in rows]


async def next_partition(world: World, url: str) -> None:
    await fetch(
        url,
        f"SELECT setval('message_block', (last_value / {WIDTH} + 1) * {WIDTH}) FROM message_block",  # noqa: S608
    )
    world.store._ids._free = []
    await world.store._make_partitions()


async def test_a_partition_in_which_all_is_old_goes_whole(url: str) -> None:
    world = await open_world(url, SetClock())
    old = await ended(world, "a1")
    await next_partition(world, url)
    world.clock.forward(days=90, hours=12)
    young = await ended(world, "a2")
    await sweep(world)
    assert 0 not in await partitions(url, "body")
    assert 0 in await partitions(url, "message")
    assert (await texts(world), await world.story(old)) == ([young], [10, 21, 22])

    await next_partition(world, url)
    world.clock.forward(days=400, hours=-1)
    newest = await ended(world, "a3")
    await sweep(world)
    for table in ("message", "segment", "receipt"):
        first, second, *_ = await partitions(url, table)
        assert (first, second) == (WIDTH, 2 * WIDTH)
    assert [await world.store.status(id) for id in (old, young, newest)] == [None, 22, 22]
    await world.store.close()


async def test_a_partition_with_something_open_stays_and_goes_in_chunks(url: str) -> None:
    world = await open_world(url, SetClock())
    await ended(world, "a1")
    waits = await world.accept(due=world.later(days=1000))
    await next_partition(world, url)
    world.clock.forward(days=500)
    await ended(world, "a2")
    await sweep(world)
    assert 0 in await partitions(url, "message")
    assert await left(world, "message") == 2
    assert await world.store.status(waits) == 11
    await world.store.close()


async def test_a_partition_that_somebody_reads_is_left_for_the_next_time_and_holds_up_nobody(
    url: str,
) -> None:
    from kavle.store.postgres.connection import connect

    world = await open_world(url, SetClock())
    await ended(world, "a1")
    await next_partition(world, url)
    world.clock.forward(days=90, hours=12)
    await ended(world, "a2")
    dump = await connect(url)
    async with dump.transaction():
        await dump.fetch("SELECT * FROM body")
        await sweep(world)
        assert 0 in await partitions(url, "body")
        await ended(world, "a3")
    await dump.close()
    await sweep(world)
    assert 0 not in await partitions(url, "body")
    await world.store.close()
