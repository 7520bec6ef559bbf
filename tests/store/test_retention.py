"""What is old goes, and nothing else: both engines; and on PostgreSQL whole partitions."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from kavle.clock import SetClock
from kavle.core import retention
from kavle.core.retention import Retention
from kavle.model.account import Account, AccountSettings
from kavle.model.audit import AuditNote
from kavle.model.callback import CallbackTry, Verdict
from kavle.model.keeping import Keep
from kavle.model.money import UNIT
from kavle.model.number import NumberSettings
from kavle.store.inbox import CallbackRequest, NewNumber
from kavle.store.retention import BATCH, Erase, Kept, chosen
from kavle.store.sqlite.store import SqliteStore
from kavle.store.types import AccountChange, CarrierTerms, NewAccount
from support.closing import closing
from support.mms import PICTURE, accept_mms, incoming_mms, mms_world
from support.postgres import empty_database, fetch
from support.world import LOST, RECIPIENT, Accepted, World, open_world

KEEP = Keep.of(90, 400, 730)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PAUSE", 0)


async def sweep(world: World) -> None:
    """As it was hourly until now, too."""
    await world.watch()
    await Retention(world.store, world.clock, KEEP).once()


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


async def test_what_is_erased_is_not_in_the_file_any_more(tmp_path: Path) -> None:
    file = tmp_path / "kavle.db"
    async with closing(await open_world(file, SetClock())) as world:
        for _ in range(80):
            await world.accept("hemlig" * 20)
        bundle = await world.accept_bundle(5, text="hemlig")
        await world.advance()
        await world.expire(world.clock.forward(days=3))
        await accept_mms(
            await mms_world(world), "hemlig", replace(PICTURE, data=PICTURE.data + b"hemlig" * 9_000)
        )
        await world.expire(world.clock.forward(days=3))
        world.clock.forward(days=92)
        await sweep(world)
        assert await left(world, "body") == 0
        assert await world.bundle(bundle)
    assert b"hemlig" not in file.read_bytes()


# --- per account ------------------------------------------------------------------------------------------


async def other_account(world: World, **settings: int) -> Account:
    """One that keeps less than the gateway does."""
    account = await world.store.create_account(NewAccount("snabb", "", 100 * UNIT, world.clock.now()))
    assert account is not None
    await world.store.change_account(AccountChange("snabb", settings=AccountSettings(**settings)))  # type: ignore[arg-type]
    return account


async def of(world: World, account: Account, network_id: str) -> int:
    """A message of that account, which came to its phone."""
    message = await world.store.accept(world.draft(account=account))
    (leased,) = await world.lease()
    await world.answer(leased.lease, Accepted(network_id))
    await world.receipt(network_id)
    return int(message)


async def test_an_account_that_keeps_less_loses_its_own_sooner_and_nobody_elses(world: World) -> None:
    quick = await other_account(world, texts_days=10, messages_days=30)
    theirs, ours = await ended(world, "a1"), await of(world, quick, "a2")
    bundle = await world.accept_bundle([RECIPIENT, "hej"], account=quick)
    await world.advance()
    await world.expire(world.clock.forward(days=3))
    world.clock.forward(days=6, hours=23)
    await sweep(world)
    assert await texts(world) == [theirs, ours, bundle]
    world.clock.forward(hours=2)
    await sweep(world)
    assert await texts(world) == [theirs]
    assert await world.story(ours) == [10, 21, 22]
    assert await left(world, "bundle") == 1

    world.clock.forward(days=20)
    await sweep(world)
    assert [await world.store.status(theirs), await world.store.status(ours)] == [22, None]
    assert [await left(world, table) for table in ("message", "segment", "receipt", "bundle")] == [1, 1, 1, 0]
    assert await left(world, "bundle_part") == 0
    ((credits,),) = await world.rows(f"SELECT sum(amount) FROM ledger WHERE account_id = {quick.id}")  # noqa: S608
    assert credits == await world.store.balance(quick.id)


async def test_what_is_open_of_such_an_account_stays_and_goes_when_it_has_ended(world: World) -> None:
    quick = await other_account(world, texts_days=10, messages_days=10)
    waits = int(await world.store.accept(world.draft(account=quick, due=world.later(days=50))))
    done = await of(world, quick, "a1")
    world.clock.forward(days=40)
    keeper = Retention(world.store, world.clock, KEEP)
    await world.watch()
    await keeper.once()
    assert [await world.store.status(waits), await world.store.status(done)] == [11, None]
    await world.cancel(waits, quick)
    world.clock.forward(days=21)
    await world.watch()
    await keeper.once()
    assert await left(world, "message") == await left(world, "body") == 0


async def test_what_phones_sent_to_such_an_account_goes_with_its_files_and_calls(world: World) -> None:
    quick = await other_account(world, texts_days=10, messages_days=30)
    inbox = world.store.inbox
    address = NumberSettings("https://example.com/")
    await inbox.add_number(NewNumber("46737494123", quick.id, "example.com", address, world.clock.now()))
    mms, _ = await mms_world(world), await inbox.take_mms(incoming_mms(world.carrier_id, world.clock.now()))
    await inbox.take_mms(incoming_mms(mms.carrier_id, world.clock.now(), "nobody's", recipient="46700000000"))
    request = CallbackRequest(10, 10, 10, 10, 10, 7, world.clock.now(), world.later(minutes=2))
    (call,) = (await inbox.lease(request)).taken
    await inbox.record([CallbackTry(call.lease, Verdict.DONE, world.clock.now())])
    world.clock.forward(days=11)
    await sweep(world)
    assert [await left(world, "body"), await left(world, "incoming"), await left(world, "callback_try")] == [
        1,
        2,
        1,
    ]
    assert await world.rows("SELECT DISTINCT message_id FROM file") == await world.rows(
        "SELECT id FROM incoming WHERE account_id IS NULL"
    )
    world.clock.forward(days=20)
    await sweep(world)
    assert [await left(world, "incoming"), await left(world, "callback_try")] == [1, 0]


async def test_more_than_one_look_of_such_an_account(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = "sqlite" if isinstance(world.store, SqliteStore) else "postgres"
    monkeypatch.setattr("kavle.store.retention.BATCH", 3)
    monkeypatch.setattr(f"kavle.store.{engine}.retention.BATCH", 3)
    quick = await other_account(world, messages_days=10)
    for _ in range(4):
        await world.accept()
        await world.store.accept(world.draft(account=quick))
    await world.accept_bundle(5, account=quick)
    await world.advance()
    await world.expire(world.clock.forward(days=3))
    world.clock.forward(days=8)
    await sweep(world)
    assert [await left(world, table) for table in ("message", "body", "bundle")] == [4, 4, 0]


async def test_all_of_an_account_is_walked_through_once_a_day_or_when_it_wants_less(world: World) -> None:
    quick = await other_account(world, texts_days=20)
    keeper = Retention(world.store, world.clock, KEEP)
    await of(world, quick, "a1")
    world.clock.forward(days=19, hours=12)
    await world.watch()
    await keeper.once()
    world.clock.forward(hours=13)
    await world.watch()
    await keeper.once()
    assert await left(world, "body") == 1  # it was walked through half a day ago
    world.clock.forward(hours=11)
    await world.watch()
    await keeper.once()
    assert await left(world, "body") == 0
    await of(world, quick, "a2")
    world.clock.forward(days=12)
    await world.watch()
    await keeper.once()
    await world.store.change_account(AccountChange("snabb", settings=AccountSettings(texts_days=10)))
    await world.watch()
    await keeper.once()
    assert await left(world, "body") == 0


async def test_the_audit_log_goes_later_still(world: World) -> None:
    office = world.store.office
    await office.note(AuditNote(world.clock.now(), "anna", "Account made", "acme"))
    world.clock.forward(days=730)
    young = await office.note(AuditNote(world.clock.now(), "anna", "Account made", "bertil"))
    await sweep(world)
    assert await left(world, "audit") == 2
    world.clock.forward(days=2)
    await sweep(world)
    assert await world.rows("SELECT id FROM audit") == [(young,)]


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
    async with closing(await open_world(url, SetClock())) as world:
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


async def test_a_partition_with_something_open_stays_and_goes_in_chunks(url: str) -> None:
    async with closing(await open_world(url, SetClock())) as world:
        await ended(world, "a1")
        waits = await world.accept(due=world.later(days=1000))
        await next_partition(world, url)
        world.clock.forward(days=500)
        await ended(world, "a2")
        await sweep(world)
        assert 0 in await partitions(url, "message")
        assert await left(world, "message") == 2
        assert await world.store.status(waits) == 11


async def test_a_partition_that_somebody_reads_is_left_for_the_next_time_and_holds_up_nobody(
    url: str,
) -> None:
    from kavle.store.postgres.connection import connect

    async with closing(await open_world(url, SetClock())) as world:
        await ended(world, "a1")
        await next_partition(world, url)
        world.clock.forward(days=90, hours=12)
        await ended(world, "a2")
        async with closing(await connect(url)) as dump, dump.transaction():
            await dump.fetch("SELECT * FROM body")
            await sweep(world)
            assert 0 in await partitions(url, "body")
            await ended(world, "a3")
        await sweep(world)
        assert 0 not in await partitions(url, "body")
