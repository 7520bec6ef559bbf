"""Bundles: accepted whole, made into messages part by part, cancelled while that goes on."""

from __future__ import annotations

import asyncio

import pytest

from kavle.model.account import Account
from kavle.model.money import UNIT
from kavle.store.types import NewAccount
from support.world import LOST, REFUSED, Accepted, Place, World, open_world

TWO = "x" * 161
LEFT = "SELECT count(*) FROM job"


async def rich(world: World) -> Account:
    account = await world.store.create_account(NewAccount("rich", "h", 100_000 * UNIT, world.clock.now()))
    assert account is not None
    return account


async def test_the_walk_of_a_bundle(world: World) -> None:
    bundle = await world.accept_bundle(["46700000001", "46700000002"], text="Till båda")
    ids = await world.bundle(bundle)
    assert await world.statuses(bundle) == [10, 10]
    assert await world.credits() == 98
    assert await world.lease() == []
    assert await world.advance() == 2
    assert await world.bundle(bundle) == ids
    leased = await world.lease()
    assert [one.lease.message_id for one in leased] == ids
    assert [one.recipient for one in leased] == ["46700000001", "46700000002"]
    assert {(one.text, one.sender) for one in leased} == {("Till båda", "ip1")}
    for one, network_id in zip(leased, "ab", strict=True):
        await world.answer(one.lease, Accepted(network_id))
    await world.receipt("b", recipient="46700000002")
    assert await world.statuses(bundle) == [21, 22]
    assert await world.story(ids[1]) == [10, 21, 22]
    assert await world.credits() == 98
    assert await world.rows(LEFT) == [(0,)]


async def test_its_ids_are_nobody_elses_and_it_is_no_message(world: World) -> None:
    before = await world.accept()
    bundle = await world.accept_bundle(3)
    ids = await world.bundle(bundle)
    after = await world.accept()
    assert len({before, bundle, *ids, after}) == 6
    assert await world.store.newest_id() >= max(ids)
    for _ in range(2):
        assert await world.store.status(bundle) is None
        assert await world.store.story(bundle) is None
        assert await world.store.bundle(ids[0]) is None
        assert await world.store.bundle(before) is None
        assert await world.store.owner(bundle) == await world.store.owner(ids[2]) == world.account
        await world.advance()


async def test_a_bad_number_is_3_and_free_and_a_doubled_one_is_sent_and_paid_twice(world: World) -> None:
    bundle = await world.accept_bundle(["46700000001", "hej", "46700000001"], text=TWO)
    ids = await world.bundle(bundle)
    for _ in range(2):
        assert await world.statuses(bundle) == [10, 3, 10]
        assert await world.story(ids[1]) == [3]
        assert await world.credits() == 96
        await world.advance()
    leased = await world.lease()
    assert [one.lease.message_id for one in leased] == [ids[0], ids[2]]
    assert [one.recipient for one in leased] == ["46700000001"] * 2
    await world.expire(world.clock.forward(hours=49))
    for one in leased:
        await world.answer(one.lease, REFUSED, REFUSED)
    assert await world.statuses(bundle) == [51, 3, 51]
    assert await world.credits() == 100


async def test_the_balance_is_for_all_or_for_none(world: World) -> None:
    poor = await world.store.create_account(NewAccount("poor", "h", 5 * UNIT, world.clock.now()))
    assert await world.store.accept_bundle(world.bundle_draft(3, TWO, account=poor)) is None
    assert await world.store.balance(poor.id) == 5 * UNIT
    empty = "SELECT (SELECT count(*) FROM bundle), (SELECT count(*) FROM bundle_part), count(*) FROM body"
    assert await world.rows(empty) == [(0, 0, 0)]
    assert await world.store.accept_bundle(world.bundle_draft(5, account=poor)) is not None
    assert await world.store.balance(poor.id) == 0


async def test_two_at_once_on_credit_for_one(world: World) -> None:
    poor = await world.store.create_account(NewAccount("poor", "h", 5 * UNIT, world.clock.now()))
    drafts = [world.bundle_draft(3, account=poor) for _ in range(4)]
    ids = await asyncio.gather(*(world.store.accept_bundle(draft) for draft in drafts))
    assert sum(id is not None for id in ids) == 1
    assert await world.store.balance(poor.id) == 2 * UNIT
    assert await world.rows("SELECT count(*) FROM bundle") == [(1,)]


async def test_a_bundle_is_one_entry_in_the_ledger_and_its_refunds_are_gathered(world: World) -> None:
    bundle = await world.accept_bundle(3)
    await world.advance()
    leased = await world.lease()
    await asyncio.gather(*(world.answer(one.lease, REFUSED) for one in leased[:2]))
    entries = await world.rows("SELECT kind, amount, message_id FROM ledger ORDER BY id")
    refunded = [row for row in entries if row[0] == 3]
    assert entries[1] == (2, -3 * UNIT, bundle)
    assert sum(row[1] for row in refunded) == 2 * UNIT  # type: ignore[misc]
    assert {row[2] for row in refunded} == {bundle}
    await world.answer(leased[2].lease, LOST)
    other = await world.accept_bundle(3)
    await world.advance()
    await world.expire(world.clock.forward(hours=49))
    last = await world.rows("SELECT kind, amount, message_id FROM ledger ORDER BY id DESC LIMIT 1")
    assert last == [(3, 3 * UNIT, other)], "one entry for all three, and none for what the network may have"
    assert await world.credits() == 99


@pytest.mark.parametrize("count", [2_001, 4_500])
async def test_a_large_one_goes_part_by_part_and_keeps_its_order(world: World, count: int) -> None:
    account = await rich(world)
    bundle = await world.accept_bundle(count, account=account)
    ids = await world.bundle(bundle)
    assert len(ids) == len(set(ids)) == count
    first = await world.store.advance(world.clock.now())
    assert 0 < first <= 2_000
    assert await world.statuses(bundle) == [10] * count
    assert await world.bundle(bundle) == ids
    assert first + await world.advance() == count
    assert await world.bundle(bundle) == ids
    recipients = await world.rows("SELECT recipient FROM message ORDER BY id")
    assert [row[0] for row in recipients] == [f"4670{number:07}" for number in range(count)]
    leased = await world.lease(room=count)
    assert [one.lease.message_id for one in leased] == ids, "its fair tags rise with the recipients"


async def test_a_bundle_does_not_bury_anothers_single_message(world: World) -> None:
    await world.accept_bundle(2_500, account=await rich(world))
    await world.advance()
    world.clock.forward(seconds=0.1)
    single = await world.accept()
    assert single in [one.lease.message_id for one in await world.lease(room=20)]


async def test_an_urgent_bundle_is_made_into_messages_before_a_large_one(world: World) -> None:
    account = await rich(world)
    await world.accept_bundle(4_500, account=account, priority=1)
    urgent = await world.accept_bundle(3, account=account, priority=3)
    await world.store.advance(world.clock.now())
    assert [one.lease.message_id for one in await world.lease()] == await world.bundle(urgent)


async def test_a_crash_between_any_two_steps_loses_nothing_and_doubles_nothing(
    world: World, place: Place
) -> None:
    account = await rich(world)
    bundle = await world.accept_bundle(4_500, account=account)
    ids = await world.bundle(bundle)
    advanced = 1
    while advanced:
        await world.store.close()
        world.store = (await open_world(place, world.clock)).store
        assert await world.bundle(bundle) == ids
        advanced = await world.store.advance(world.clock.now())
    assert await world.rows(LEFT) == [(4_500,)]
    assert await world.store.balance(account.id) == 95_500 * UNIT


# --- time control and cancelling ----------------------------------------------------------------------------


async def test_a_timed_bundle_is_11_from_the_start_and_sent_when_it_is_due(world: World) -> None:
    due = world.later(hours=1)
    bundle = await world.accept_bundle(["46700000001", "hej", "46700000002"], due=due)
    ids = await world.bundle(bundle)
    for _ in range(2):
        assert await world.statuses(bundle) == [11, 3, 11]
        assert [await world.store.due(id) for id in (bundle, *ids)] == [due] * 4
        assert await world.promote() == 0
        await world.advance()
    assert await world.story(ids[0]) == [11]
    world.clock.forward(hours=1)
    assert await world.promote() == 2
    assert [one.lease.message_id for one in await world.lease()] == [ids[0], ids[2]]


async def test_one_that_comes_due_before_it_is_made_into_messages_is_sent_all_the_same(world: World) -> None:
    bundle = await world.accept_bundle(3, due=world.later(hours=1))
    world.clock.forward(hours=2)
    await world.advance()
    assert await world.promote() == 3
    assert [one.lease.message_id for one in await world.lease()] == await world.bundle(bundle)


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
async def test_cancelled_at_any_point_of_its_way_it_is_12_and_refunded_and_never_sent(
    world: World, steps: int
) -> None:
    account = await rich(world)
    numbers = ["hej", *(f"4670{number:07}" for number in range(4_500))]
    bundle = await world.accept_bundle(numbers, text=TWO, account=account, due=world.later(hours=1))
    for _ in range(steps):
        await world.store.advance(world.clock.now())
    assert await world.cancel_bundle(bundle, account)
    assert await world.store.cancelling(bundle)
    assert not await world.cancel_bundle(bundle, account), "a second time"
    assert not await world.cancel((await world.bundle(bundle))[1], account), "it is ended already"
    assert await world.advance() > 0
    assert not await world.store.cancelling(bundle)
    assert await world.statuses(bundle) == [3, *[12] * 4_500]
    assert await world.store.balance(account.id) == 100_000 * UNIT
    world.clock.forward(hours=2)
    assert await world.promote() == 0
    assert await world.rows(LEFT) == [(0,)]
    ids = await world.bundle(bundle)
    assert await world.story(ids[0]) == [3]
    assert (await world.story(ids[-1]))[-1] == 12
    assert await world.store.due(ids[1]) is not None


async def test_one_that_is_still_a_recipient_is_12_as_soon_as_its_bundle_is_cancelled(world: World) -> None:
    bundle = await world.accept_bundle(["hej", "46700000001"], due=world.later(hours=1))
    ids = await world.bundle(bundle)
    await world.cancel_bundle(bundle)
    assert await world.statuses(bundle) == [3, 12]
    assert await world.story(ids[1]) == [11, 12]
    assert await world.store.status(ids[1]) == 12


async def test_what_of_a_cancelled_bundle_comes_due_meanwhile_is_ended_not_sent(world: World) -> None:
    bundle = await world.accept_bundle(3, due=world.later(seconds=1))
    single = await world.accept(due=world.later(seconds=1))
    await world.advance()
    assert await world.cancel_bundle(bundle)
    world.clock.forward(seconds=1)
    assert await world.promote() == 4
    assert [one.lease.message_id for one in await world.lease()] == [single]
    assert await world.statuses(bundle) == [12] * 3
    assert await world.credits() == 99
    await world.advance()
    assert await world.credits() == 99
    assert not await world.store.cancelling(bundle)


@pytest.mark.parametrize("expanded", [False, True])
async def test_one_message_of_a_timed_bundle_may_be_cancelled(world: World, expanded: bool) -> None:
    bundle = await world.accept_bundle(["46700000001", "hej", "46700000002"], due=world.later(hours=1))
    ids = await world.bundle(bundle)
    if expanded:
        await world.advance()
    other = await world.store.create_account(NewAccount("other", "h", UNIT, world.clock.now()))
    assert not await world.cancel(ids[0], other)
    assert not await world.cancel(ids[1]), "it was never to be sent"
    assert await world.cancel(ids[0])
    assert not await world.cancel(ids[0])
    assert not await world.cancel(bundle), "a bundle is no message"
    assert not await world.cancel_bundle(ids[2]), "nor a message a bundle"
    assert await world.statuses(bundle) == [12, 3, 11]
    assert await world.credits() == 99
    await world.advance()
    assert await world.cancel_bundle(bundle), "the other one"
    await world.advance()
    assert await world.statuses(bundle) == [12, 3, 12]
    assert await world.credits() == 100
    assert await world.rows("SELECT DISTINCT message_id FROM ledger WHERE kind = 3") == [(bundle,)]


async def test_a_bundle_that_has_nothing_left_to_cancel_can_not_be(world: World) -> None:
    bundle = await world.accept_bundle(["46700000001", "hej"], due=world.later(hours=1))
    await world.cancel((await world.bundle(bundle))[0])
    assert not await world.cancel_bundle(bundle)
    nobodys = await world.accept_bundle(["hej"], due=world.later(hours=1))
    assert not await world.cancel_bundle(nobodys)


async def test_a_bundle_can_be_cancelled_by_its_account_alone_and_before_its_time(world: World) -> None:
    other = await world.store.create_account(NewAccount("other", "h", UNIT, world.clock.now()))
    plain, timed = await world.accept_bundle(2), await world.accept_bundle(2, due=world.later(hours=1))
    assert not await world.cancel_bundle(plain)
    assert not await world.cancel_bundle(timed, other)
    assert not await world.cancel_bundle(timed + 1000)
    world.clock.forward(hours=1)
    assert not await world.cancel_bundle(timed)
    await world.advance()
    await world.promote()
    assert len(await world.lease()) == 4
