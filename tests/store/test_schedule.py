"""Time-controlled messages: not before their time, and cancelled until then."""

from __future__ import annotations

import asyncio

from kavle.model.account import Account
from kavle.model.money import UNIT
from kavle.store.types import NewAccount
from support.world import LOST, THROTTLED, Accepted, World

TWO = "x" * 161


async def test_it_is_11_until_its_time_comes_and_then_sent(world: World) -> None:
    message = await world.accept(due=world.later(hours=1))
    assert await world.story(message) == [11]
    assert await world.credits() == 99
    world.clock.forward(minutes=59, seconds=59)
    assert await world.promote() == 0
    assert await world.lease() == []
    world.clock.forward(seconds=1)
    assert await world.promote() == 1
    (leased,) = await world.lease()
    await world.answer(leased.lease, Accepted("a1"))
    await world.receipt("a1")
    assert await world.story(message) == [11, 21, 22]


async def test_a_time_that_has_passed_is_now(world: World) -> None:
    due = world.later(hours=-1)
    message = await world.accept(due=due)
    bundle = await world.accept_bundle(2, due=due)
    await world.advance()
    assert await world.story(message) == [10]
    assert await world.statuses(bundle) == [10, 10]
    assert len(await world.lease()) == 3
    assert await world.store.due(message) == due
    assert await world.store.due(bundle) == due
    assert not await world.cancel(message)
    assert not await world.cancel_bundle(bundle)


async def test_what_comes_due_stands_by_its_time_not_by_when_it_was_accepted(world: World) -> None:
    later = await world.accept(due=world.later(hours=2))
    sooner = await world.accept(due=world.later(hours=1))
    world.clock.forward(hours=2)
    now = await world.accept()
    await world.promote()
    assert [one.lease.message_id for one in await world.lease()] == [sooner, later, now]


async def test_what_is_for_tomorrow_does_not_bury_what_is_for_now(world: World) -> None:
    for _ in range(40):
        await world.accept(due=world.later(hours=1))
    await world.accept_bundle(40, due=world.later(hours=1))
    other = await world.store.create_account(NewAccount("other", "h", UNIT, world.clock.now()))
    mine, others = await world.accept(), await world.accept(account=other)
    assert [one.lease.message_id for one in await world.lease()] == [mine, others]


async def test_cancelled_it_is_12_refunded_and_never_sent(world: World) -> None:
    message = await world.accept(TWO, due=world.later(hours=1))
    assert await world.cancel(message)
    assert await world.story(message) == [11, 12]
    assert await world.credits() == 100
    assert await world.rows("SELECT * FROM job") == []
    assert not await world.cancel(message), "a second time"
    assert await world.credits() == 100
    world.clock.forward(hours=2)
    assert await world.promote() == 0
    assert await world.lease() == []


async def test_only_its_account_may_cancel_it(world: World) -> None:
    message = await world.accept(due=world.later(hours=1))
    other = await world.store.create_account(NewAccount("other", "h", UNIT, world.clock.now()))
    assert not await world.cancel(message, other)
    assert await world.story(message) == [11]
    assert not await world.cancel(message + 1000)


async def test_what_was_not_time_controlled_cant_be_cancelled(world: World) -> None:
    message = await world.accept()
    assert not await world.cancel(message)
    (leased,) = await world.lease()
    await world.answer(leased.lease, THROTTLED)  # it waits, but not for a time that was asked for
    assert not await world.cancel(message)
    assert await world.story(message) == [10, 11]


async def test_nor_can_what_is_due_ready_leased_or_put_off(world: World) -> None:
    message = await world.accept(due=world.later(hours=1))
    world.clock.forward(hours=1)
    assert not await world.cancel(message), "due"
    await world.promote()
    assert not await world.cancel(message), "ready"
    (leased,) = await world.lease()
    assert not await world.cancel(message), "leased"
    await world.answer(leased.lease, LOST)
    assert not await world.cancel(message), "put off"
    world.clock.forward(hours=-2)  # nor by a clock that is behind
    assert not await world.cancel(message)
    assert await world.credits() == 99


async def test_a_clock_that_is_behind_cancels_nothing_that_is_ready(world: World) -> None:
    message = await world.accept(due=world.later(hours=1))
    bundle = await world.accept_bundle(2, due=world.later(hours=1))
    await world.advance()
    world.clock.forward(hours=1)
    assert await world.promote() == 3
    world.clock.forward(hours=-1)
    assert not await world.cancel(message)
    assert not await world.cancel_bundle(bundle)


async def test_asked_for_twice_at_once_one_is_told_yes(world: World) -> None:
    message = await world.accept(due=world.later(hours=1))
    told = await asyncio.gather(*(world.cancel(message) for _ in range(5)))
    assert sorted(told) == [False] * 4 + [True]
    assert await world.credits() == 100
    assert await world.rows("SELECT count(*) FROM ledger WHERE kind = 3") == [(1,)]


async def test_its_validity_counts_from_its_time_and_it_expires_like_any(world: World) -> None:
    message = await world.accept(due=world.later(hours=72))
    world.clock.forward(hours=71)
    assert await world.expire(world.clock.now()) == 0
    world.clock.forward(hours=48)
    assert await world.expire(world.clock.now()) == 0
    world.clock.forward(hours=1)
    assert await world.expire(world.clock.now()) == 1
    assert await world.story(message) == [11, 43]
    assert await world.credits() == 100


async def test_time_and_owner_are_told_before_and_after_and_of_nothing_else(world: World) -> None:
    due = world.later(hours=1)
    timed, plain = await world.accept(due=due), await world.accept()
    assert await world.store.due(timed) == due
    assert await world.store.due(plain) is None
    assert await world.store.due(timed + 1000) is None
    assert await world.store.owner(plain) == world.account
    assert await world.store.owner(plain + 1000) is None
    await world.cancel(timed)
    assert await world.store.due(timed) == due


async def test_what_is_not_due_is_not_in_the_queue_that_the_metrics_show(world: World) -> None:
    await world.accept(due=world.later(hours=1))
    assert await world.queues() == []
    world.clock.forward(hours=1)
    await world.promote()
    (queue,) = await world.queues()
    assert (queue.messages, queue.oldest) == (1, world.clock.now())


async def test_many_that_are_due_become_ready_a_bounded_number_at_a_time(world: World) -> None:
    bundle = await world.accept_bundle(4_500, account=await _rich(world), due=world.later(hours=1))
    await world.advance()
    assert len(await world.bundle(bundle)) == 4_500
    world.clock.forward(hours=1)
    counts = [await world.store.promote(world.clock.now()) for _ in range(4)]
    assert counts == [2_000, 2_000, 500, 0]


async def _rich(world: World) -> Account:
    account = await world.store.create_account(NewAccount("rich", "h", 100_000 * UNIT, world.clock.now()))
    assert account is not None
    return account
