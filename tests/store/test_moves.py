"""Carriers without a link, and ready jobs that go into another's queue: on both engines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from kavle.clock import SystemClock
from kavle.model.link import LinkReport
from kavle.model.status import Status
from kavle.store.types import CarrierState, CarrierTerms, Decision, LinkTurn, Move, Queued, QueuePage, Verdict
from support.world import LOST, RECIPIENT, THROTTLED, Accepted, Unsent, World

TWO = "x" * 161
START = (-(2**63), 0)
ONE, OTHER = 1, 2  # nodes


# --- links ----------------------------------------------------------------------------------------------


async def down(world: World) -> float | None:
    """For how many seconds; None: it is up, or nobody serves it."""
    for one in await world.store.carrier_states(world.clock.now()):
        assert (one.carrier_id, one.carrier) == (world.carrier_id, "telia")
        return None if one.down_since is None else one.seconds
    return None


class Node:
    """Says of the carrier's one link whether it is bound; None: says nothing of it."""

    def __init__(self, world: World, id: int) -> None:
        self._world = world
        self._id = id

    async def turn(
        self, bound: bool | None = None, failing: datetime | None = None, **more: object
    ) -> float | None:
        """For how long the carrier is down, after that."""
        world = self._world
        key, now = (world.carrier_id, 1), world.clock.now()
        report = LinkReport("as it is", now, 10, 0, 0, 0, bound=bound, failing=failing)
        reports = {} if bound is None else {key: report}
        turn = LinkTurn(self._id, {world.carrier_id: 1}, timedelta(seconds=15), now, reports=reports, **more)  # type: ignore[arg-type]
        await world.store.share_links(turn)
        return await down(world)


async def pass_time(world: World, seconds: float) -> None:
    """As if all that is written of links had been written so long ago."""
    world.clock.forward(seconds=seconds)
    if not hasattr(world.store, "_pool"):
        return  # a file's node counts by its own clock
    for table, column in (("link", "expires_at"), ("contender", "expires_at"), ("carrier", "down_since")):
        await world.store._pool.execute(f"UPDATE {table} SET {column} = {column} - $1", int(seconds * 1000))  # noqa: S608


@pytest.fixture
def node(world: World) -> Node:
    return Node(world, ONE)


def about(seconds: float) -> object:
    return pytest.approx(seconds, abs=5)  # a loaded machine's, by the database's own clock


async def test_a_carrier_is_down_from_its_first_try_until_it_is_bound(world: World, node: Node) -> None:
    assert await world.store.carrier_states(world.clock.now()) == [], "nobody serves it"
    assert await node.turn() == about(0)
    await pass_time(world, 10)
    assert await node.turn(bound=False) == about(10)
    assert await node.turn(bound=True) is None
    assert await world.store.carrier_states(world.clock.now()) == [CarrierState(world.carrier_id, "telia")]
    await pass_time(world, 10)
    assert await node.turn(bound=True) is None
    assert await node.turn(bound=False) == about(0), "the link is lost"
    await pass_time(world, 10)
    assert await node.turn() == about(10), "what it told before stands"


async def test_a_link_that_is_bound_on_trial_and_fails_again_is_down_since_its_first_failure(
    world: World, node: Node
) -> None:
    """So what is the first to meet it again waits no longer for it than the failover takes to look."""
    await node.turn()
    assert await node.turn(bound=True) is None
    first = (SystemClock() if hasattr(world.store, "_pool") else world.clock).now() - timedelta(seconds=100)
    assert await node.turn(bound=True, failing=first) is None
    assert await node.turn(bound=False, failing=first) == about(100)
    assert await node.turn(bound=True) is None, "it has taken one"
    assert await node.turn(bound=False) == about(0)
    assert await node.turn(bound=True) is None
    ahead = first + timedelta(days=1)
    assert await node.turn(bound=False, failing=ahead) == about(0), "by a clock that was set back"


async def test_one_bound_link_of_any_node_is_enough(world: World, node: Node) -> None:
    other = Node(world, OTHER)
    await node.turn()
    await node.turn(bound=True)
    assert await other.turn() is None
    assert await node.turn(bound=False) == about(0)
    assert await other.turn() == about(0)


async def test_a_node_that_leaves_gives_up_its_link_and_another_has_its_chance(
    world: World, node: Node
) -> None:
    other = Node(world, OTHER)
    await node.turn()
    await node.turn(bound=True)
    await other.turn()
    await node.turn(closed=((world.carrier_id, 1),), leaving=True)
    assert await other.turn() == about(0)
    await pass_time(world, 5)
    assert await other.turn(bound=False) == about(5)


async def test_what_waits_for_a_carrier_that_nobody_serves_is_told(world: World, node: Node) -> None:
    """Its `[[carrier]]` has gone from the settings, say."""
    (other,) = (await world.store.carrier_ids([CarrierTerms("other")])).values()
    message = await world.accept()
    unserved = CarrierState(world.carrier_id, "telia", served=False)
    assert await world.store.carrier_states(world.clock.now()) == [unserved]
    await node.turn()
    await node.turn(bound=True)
    assert await world.store.carrier_states(world.clock.now()) == [CarrierState(world.carrier_id, "telia")]
    await node.turn(closed=((world.carrier_id, 1),), leaving=True)
    assert await world.store.carrier_states(world.clock.now()) == [unserved]
    assert await world.store.move(Move(world.carrier_id, other, ((message, 1),))) == 1
    assert [one.carrier_id for one in await world.store.carrier_states(world.clock.now())] == [other]


async def test_while_no_node_is_there_a_carrier_is_not_down(world: World, node: Node) -> None:
    await node.turn()
    await pass_time(world, 3600)
    assert await node.turn(closed=((world.carrier_id, 1),), leaving=True) is None
    assert await world.store.carrier_states(world.clock.now()) == []
    await pass_time(world, 3600)
    assert await Node(world, OTHER).turn() == about(0), "it has its chance first"


async def test_a_node_of_a_version_that_does_not_say_is_taken_to_be_bound(world: World, node: Node) -> None:
    await node.turn()
    report = LinkReport("bound as transceiver", world.clock.now(), 10, 0, 0, 0)
    turn = LinkTurn(ONE, {world.carrier_id: 1}, timedelta(seconds=15), world.clock.now())
    told = LinkTurn(
        *(getattr(turn, name) for name in turn.__struct_fields__[:6]), {(world.carrier_id, 1): report}
    )
    await world.store.share_links(told)
    assert await down(world) is None


# --- moves ----------------------------------------------------------------------------------------------


@pytest.fixture
async def tele2(world: World) -> int:
    return (await world.store.carrier_ids([CarrierTerms("tele2")]))["tele2"]


async def queued(
    world: World, priority: int = 2, after: tuple[int, int] = START, limit: int = 10
) -> list[Queued]:
    return await world.store.queued(QueuePage(world.carrier_id, priority, after, limit))


async def move(world: World, target: int, ids: Sequence[int], segments: int = 1) -> int:
    return await world.store.move(Move(world.carrier_id, target, tuple((id, segments) for id in ids)))


async def lease_of(world: World, carrier_id: int) -> list[int]:
    before, world.carrier_id = world.carrier_id, carrier_id
    leased = await world.lease()
    world.carrier_id = before
    return [one.lease.message_id for one in leased]


async def test_a_queue_is_read_by_pages_in_its_order(world: World) -> None:
    ids = [await world.accept() for _ in range(5)]
    urgent = await world.accept("я" * 80, priority=3)
    first = await queued(world, limit=3)
    rest = await queued(world, after=(first[-1].tag, first[-1].id), limit=3)
    assert [one.id for one in first + rest] == ids
    (one,) = await queued(world, priority=3)
    assert (one.id, one.recipient, one.text, one.encoding, one.segments) == (
        urgent,
        RECIPIENT,
        "я" * 80,
        8,
        2,
    )
    assert one.whole
    assert await queued(world, priority=1) == []


async def test_moved_jobs_are_the_other_carriers_in_the_same_order(world: World, tele2: int) -> None:
    bulk = await world.accept(priority=1)
    ids = [await world.accept() for _ in range(3)]
    urgent = await world.accept(priority=3)
    assert await move(world, tele2, [*reversed(ids), bulk, urgent]) == 5
    assert await world.lease() == []
    assert await lease_of(world, tele2) == [urgent, *ids, bulk]


async def test_what_became_of_a_moved_message_is_the_other_carriers_to_say(world: World, tele2: int) -> None:
    first = await world.send("one", "a1")
    second = await world.accept("two")
    await move(world, tele2, [second])
    before, world.carrier_id = world.carrier_id, tele2
    (leased,) = await world.lease()
    await world.answer(leased.lease, Accepted("a1"))  # the same id, of another network
    await world.receipt("a1", Status.PHONE_FAILED)
    world.carrier_id = before
    assert await world.story(second) == [10, 21, 52]
    assert await world.story(first) == [10, 21]
    await world.receipt("a1")
    assert await world.story(first) == [10, 21, 22], "a receipt still finds what the first carrier sent"


async def test_what_is_leased_waits_or_is_the_networks_in_part_stays(world: World, tele2: int) -> None:
    leased, deferred, unsure, part = [await world.accept(TWO) for _ in range(4)]
    for one in await world.lease():
        id = one.lease.message_id
        if id == deferred:
            await world.answer(one.lease, THROTTLED, THROTTLED)
        elif id == unsure:
            await world.answer(one.lease, LOST, Unsent())
        elif id == part:
            await world.answer(one.lease, Accepted("a1"), Unsent())
    timed = await world.accept(due=world.later(hours=1))
    assert await move(world, tele2, [leased, deferred, unsure, part], segments=2) == 0
    assert await move(world, tele2, [timed, 4711]) == 0
    world.clock.forward(seconds=30)
    await world.promote()
    assert [(one.id, one.whole) for one in await queued(world)] == [
        (deferred, True),
        (unsure, True),
        (part, False),
    ]
    assert await move(world, tele2, [deferred, unsure, part], segments=2) == 2
    assert await lease_of(world, tele2) == [deferred, unsure]


async def test_what_an_operator_releases_goes_whole_or_not_at_all(world: World, tele2: int) -> None:
    await world.store.carrier_ids([CarrierTerms("telia", hold=True)])
    whole, part = [await world.accept(TWO) for _ in range(2)]
    for one in await world.lease():
        await world.answer(one.lease, LOST, LOST if one.lease.message_id == whole else Accepted("a1"))
    await world.store.decide(Decision((whole, part), Verdict.RELEASE, world.clock.now()))
    assert await move(world, tele2, [whole, part], segments=2) == 1
    assert await lease_of(world, tele2) == [whole]


async def test_a_move_is_only_out_of_the_queue_that_it_names(world: World, tele2: int) -> None:
    message = await world.accept()
    assert await move(world, tele2, [message]) == 1
    assert await move(world, tele2, [message]) == 0
    assert await world.store.move(Move(tele2, world.carrier_id, ((message, 1),))) == 1
    assert [one.lease.message_id for one in await world.lease()] == [message]


async def test_what_comes_back_unsent_may_go(world: World, tele2: int) -> None:
    message = await world.accept()
    (leased,) = await world.lease()
    await world.answer(leased.lease, Unsent())
    assert await move(world, tele2, [message]) == 1
    assert await world.answer(leased.lease, Accepted("late")) == 0, "that lease has ended"
    assert await lease_of(world, tele2) == [message]


async def test_a_moved_message_expires_refunded_like_any(world: World, tele2: int) -> None:
    message = await world.accept()
    await move(world, tele2, [message])
    world.clock.forward(hours=49)
    assert await world.expire(world.clock.now()) == 1
    assert await world.story(message) == [10, 43]
    assert await world.credits() == 100
