"""Counts for charts: each message once in the minute in which something became of it, whoever folds."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest

from kavle.clock import SetClock
from kavle.model.money import UNIT
from kavle.model.status import Status
from kavle.model.traffic import Traffic
from kavle.store.errors import StoreUnavailable
from kavle.store.types import NewAccount, TrafficQuery
from support.closing import closing
from support.patience import PATIENCE
from support.world import RECIPIENT, REFUSED, Accepted, World, open_world

EVER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)


async def counted(world: World, minutes: int = 1, account_id: int = 0) -> list[Traffic]:
    async with asyncio.timeout(PATIENCE):
        while await world.rows("SELECT 1 FROM tally"):  # on PostgreSQL what runs beside us is waited for
            await world.store.fold()
    return await world.store.traffic(TrafficQuery(account_id, *EVER, minutes))


def minute(world: World, **back: float) -> datetime:
    return (world.clock.now() - timedelta(**back)).replace(second=0, microsecond=0)


async def test_every_step_counts_in_its_own_minute(world: World) -> None:
    message = await world.accept()
    (leased,) = await world.lease()
    world.clock.forward(seconds=60)
    await world.answer(leased.lease, Accepted("a1"))
    world.clock.forward(seconds=60)
    await world.receipt("a1")
    assert await world.story(message) == [10, 21, 22]
    assert await counted(world) == [
        Traffic(minute(world, minutes=2), "telia", accepted=1),
        Traffic(minute(world, minutes=1), "telia", sent=1),
        Traffic(minute(world), "telia", delivered=1),
    ]


async def test_what_fails_counts_as_failed_however_it_fails(world: World) -> None:
    await world.accept()
    (leased,) = await world.lease()
    await world.answer(leased.lease, REFUSED)
    await world.send("Testar", "a1")
    await world.receipt("a1", Status.PHONE_FAILED)
    await world.accept()
    (_,) = await world.lease(seconds=1)
    world.clock.forward(hours=49)
    await world.sweep()
    await world.expire(world.clock.now())
    each = await counted(world)
    assert (sum(one.accepted for one in each), sum(one.failed for one in each)) == (3, 3)
    assert (sum(one.sent for one in each), sum(one.delivered for one in each)) == (1, 0)


async def test_by_account_and_for_all_together_by_minute_and_by_hour(world: World) -> None:
    other = await world.store.create_account(NewAccount("other", "h", 10 * UNIT, world.clock.now()))
    hour = minute(world).replace(minute=0)
    for account in (world.account, other, other):
        await world.accept(account=account)
        await counted(world)  # what is folded later adds to what was folded before
        world.clock.forward(seconds=60)
    mine = await counted(world, account_id=world.account.id)
    assert [(one.at, one.accepted) for one in mine] == [(minute(world, minutes=3), 1)]
    others = await counted(world, minutes=60, account_id=other.id)
    assert others == [Traffic(hour, "telia", accepted=2)]
    assert await counted(world, minutes=60) == [Traffic(hour, "telia", accepted=3)]


async def test_bundles_count_as_they_are_made_and_what_leads_nowhere_as_failed(world: World) -> None:
    await world.accept_bundle([RECIPIENT, "hej", RECIPIENT, "hopp"])
    assert await counted(world) == []
    await world.advance()
    assert await counted(world) == [
        Traffic(minute(world), None, accepted=2, failed=2),
        Traffic(minute(world), "telia", accepted=2),
    ]


async def test_what_is_cancelled_has_not_failed(world: World) -> None:
    assert await world.cancel(await world.accept(due=world.later(hours=1)))
    assert await counted(world) == [Traffic(minute(world), "telia", accepted=1)]


async def test_what_no_balance_covers_is_not_counted(world: World) -> None:
    poor = await world.store.create_account(NewAccount("poor", "h", 3 * UNIT, world.clock.now()))
    drafts = [world.draft(account=poor) for _ in range(10)]
    accepted = await asyncio.gather(*(world.store.accept(draft) for draft in drafts))
    assert sum(id is not None for id in accepted) == 3
    assert [one.accepted for one in await counted(world, account_id=poor.id)] == [3]


async def test_old_minutes_are_dropped_and_hours_stay(world: World) -> None:
    await world.accept()
    await counted(world)
    world.clock.forward(days=31)
    await world.accept()
    await counted(world)
    assert await world.store.forget_traffic(world.clock.now()) == 2  # the account's, and all accounts'
    assert await world.store.forget_traffic(world.clock.now()) == 0
    assert [one.at for one in await counted(world)] == [minute(world)]
    assert len(await counted(world, minutes=60)) == 2


# --- several nodes ----------------------------------------------------------------------------------------


async def test_what_is_still_being_committed_is_counted_once_it_is_there(url: str) -> None:
    from kavle.store.postgres.connection import connect

    async with closing(await open_world(url, SetClock())) as world, closing(await connect(url)) as slow:
        async with slow.transaction():
            await slow.execute(
                "INSERT INTO tally SELECT pg_current_xact_id(), 1767445200000, 1, 1, 5, 0, 0, 0"
            )
            for _ in range(3):  # they get larger numbers, and end before it
                await world.accept()
            for _ in range(3):
                await world.store.fold()
            assert await world.rows("SELECT count(*) FROM tally WHERE accepted = 1") == [(3,)]
        assert sum(one.accepted for one in await counted(world)) == 8


async def test_nodes_that_fold_at_once_count_once(url: str) -> None:
    async with AsyncExitStack() as stack:
        worlds = [
            await stack.enter_async_context(closing(await open_world(url, SetClock()))) for _ in range(3)
        ]
        for _ in range(5):
            await asyncio.gather(*(world.accept() for world in worlds for _ in range(4)))
            await asyncio.gather(*(world.store.fold() for world in worlds))
        assert sum(one.accepted for one in await counted(worlds[0])) == 60


async def test_a_fold_that_came_to_nothing_is_done_again(url: str) -> None:
    async with closing(await open_world(url, SetClock())) as world:
        await world.accept()
        from kavle.store.postgres.connection import connect

        async with closing(await connect(url)) as db:
            await db.execute(
                "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;"
                "CREATE TRIGGER no BEFORE INSERT ON traffic FOR EACH ROW EXECUTE FUNCTION no()"
            )
            with pytest.raises(StoreUnavailable):
                await world.store.fold()
            await db.execute("DROP FUNCTION no() CASCADE")
        assert [one.accepted for one in await counted(world)] == [1]
