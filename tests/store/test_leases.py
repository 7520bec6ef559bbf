"""Leases: who comes first, how many, and what an old one may still do."""

from __future__ import annotations

from collections.abc import Sequence

from kavle.model.message import LeasedMessage
from kavle.model.money import UNIT
from kavle.store.types import NewAccount
from support.world import Accepted, World


def ids(leased: Sequence[LeasedMessage]) -> list[int]:
    return [message.lease.message_id for message in leased]


async def test_the_most_urgent_come_first_and_then_the_oldest(world: World) -> None:
    bulk = await world.accept(priority=1)
    normal = [await world.accept(priority=2) for _ in range(2)]
    urgent = await world.accept(priority=3)
    leased = await world.lease()
    assert [message.lease.message_id for message in leased] == [urgent, *normal, bulk]


async def test_one_accounts_thousand_does_not_bury_anothers_single_message(world: World) -> None:
    for _ in range(50):
        await world.accept()
    other = await world.store.create_account(NewAccount("other", "h", UNIT, world.clock.now()))
    world.clock.forward(seconds=0.1)
    single = await world.accept(account=other)
    leased = await world.lease(room=20)
    assert single in [message.lease.message_id for message in leased]


async def test_a_lease_takes_no_more_segments_than_there_is_room_for(world: World) -> None:
    for _ in range(3):
        await world.accept("x" * 400)  # three segments each
    assert len(await world.lease(room=7)) == 2


async def test_a_message_longer_than_the_window_is_leased_all_the_same(world: World) -> None:
    await world.accept("x" * 400)
    assert len(await world.lease(room=1)) == 1


async def test_what_is_kept_of_the_room_is_for_the_most_urgent_alone(world: World) -> None:
    bulk = [await world.accept(priority=1) for _ in range(3)]
    normal = [await world.accept(priority=2) for _ in range(2)]
    assert ids(await world.lease(room=5, kept=2)) == [*normal, bulk[0]]
    assert await world.lease(room=3, kept=3) == []
    urgent = [await world.accept(priority=3) for _ in range(3)]
    assert ids(await world.lease(room=4, kept=3)) == [*urgent, bulk[1]]


async def test_the_one_message_that_is_always_leased_is_not_of_what_has_no_room(world: World) -> None:
    await world.accept("x" * 400, priority=1)
    assert await world.lease(room=2, kept=2) == []
    assert len(await world.lease(room=2, kept=1)) == 1


async def test_a_lower_priority_gets_what_it_is_owed_and_no_more_than_there_is_room_for(world: World) -> None:
    urgent = [await world.accept(priority=3) for _ in range(5)]
    normal = [await world.accept(priority=2) for _ in range(3)]
    bulk = [await world.accept(priority=1) for _ in range(3)]
    assert ids(await world.lease(room=4, owed={2: 1, 1: 1})) == [*urgent[:2], normal[0], bulk[0]]
    assert ids(await world.lease(room=2, kept=1, owed={2: 5, 1: 5})) == [urgent[2], normal[1]]
    assert ids(await world.lease(room=1, owed={1: 1})) == [bulk[1]]
    assert ids(await world.lease(room=9, owed={1: 1})) == [*urgent[3:], normal[2], bulk[2]]


async def test_a_long_message_is_given_whole_though_less_is_owed(world: World) -> None:
    await world.accept(priority=3)
    long = [await world.accept("x" * 400, priority=1) for _ in range(2)]
    assert ids(await world.lease(room=2, owed={1: 1})) == long[:1]


async def test_what_is_owed_is_the_fairest_of_its_priority(world: World) -> None:
    """Of an account with a backlog and another with a single message, which stands before the rest of it."""
    backlog = [await world.accept(priority=1) for _ in range(50)]
    await world.accept(priority=3)
    other = await world.store.create_account(NewAccount("other", "h", UNIT, world.clock.now()))
    world.clock.forward(seconds=0.1)
    single = await world.accept(priority=1, account=other)
    assert single in ids(await world.lease(room=13, owed={1: 12}))
    assert backlog[0] not in ids(await world.lease())


async def test_a_leased_message_is_nobody_elses(world: World) -> None:
    await world.accept()
    assert len(await world.lease()) == 1
    assert await world.lease() == []


async def test_an_expired_lease_is_unsure_not_free_and_its_outcome_is_fenced_off(world: World) -> None:
    message = await world.accept()
    (first,) = await world.lease(seconds=60)
    world.clock.forward(seconds=61)
    swept = await world.store.sweep(world.clock.now())
    assert swept.unsure == 1
    assert await world.answer(first.lease, Accepted("late")) == 0
    world.clock.forward(seconds=1)
    await world.sweep()
    (second,) = await world.lease()
    assert await world.answer(first.lease, Accepted("late")) == 0
    assert await world.answer(second.lease, Accepted("good")) == 1
    assert await world.story(message) == [10, 11, 21]
    assert await world.rows("SELECT outcome FROM segment ORDER BY attempt") == [(4,), (1,)]


async def test_the_same_outcome_twice_counts_once(world: World) -> None:
    await world.accept("x" * 161)
    (leased,) = await world.lease()
    assert await world.answer(leased.lease, Accepted("a1")) == 1
    assert await world.answer(leased.lease, Accepted("a1")) == 0


async def test_however_often_a_process_dies_with_it_a_message_is_sent_again(world: World) -> None:
    message = await world.accept()
    for _ in range(8):
        assert len(await world.lease(seconds=60)) == 1
        world.clock.forward(minutes=10)
        await world.sweep()  # the lease has ended
        world.clock.forward(minutes=10)
        await world.sweep()  # and its wait
    (leased,) = await world.lease()
    await world.answer(leased.lease, Accepted("a1"))
    assert await world.story(message) == [10, 11, 21]
