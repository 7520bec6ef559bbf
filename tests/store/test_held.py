"""A carrier that holds what is unsure: nothing is sent twice unless an operator says so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kavle.core.held import DecideHeld, Held
from kavle.model.status import Status
from kavle.store.types import CarrierTerms, Decision, HeldLine, HeldPage, Verdict
from support.world import LOST, RECIPIENT, REFUSED, THROTTLED, Accepted, Unsent, World

TWO = "x" * 161
ALL = HeldPage((datetime(1970, 1, 1, tzinfo=UTC), 0), None, 100)


@pytest.fixture(autouse=True)
async def holding(world: World) -> None:
    await world.store.carrier_ids([CarrierTerms("telia", hold=True)])


async def lost(world: World, text: str = "Testar", *before: object) -> int:
    """Accepted here, leased, and its last segment never answered."""
    message = await world.accept(text)
    (leased,) = await world.lease()
    await world.answer(leased.lease, *before, LOST)  # type: ignore[arg-type]
    return message


async def decide(world: World, verdict: Verdict, *ids: int) -> list[int]:
    return await world.store.decide(Decision(ids, verdict, world.clock.now()))


async def listed(world: World) -> list[HeldLine]:
    return await world.store.held(ALL)


async def test_what_is_unsure_is_21_paid_and_not_sent_again(world: World) -> None:
    message = await lost(world)
    assert await world.story(message) == [10, 21]
    assert await world.credits() == 99
    since = world.clock.now()
    world.clock.forward(hours=49)
    await world.sweep()
    assert await world.expire(world.clock.now()) == 0, "it waits for its operator, however long"
    assert await world.lease() == []
    line = HeldLine(message, "test", "telia", RECIPIENT, (1,), 1, since)
    assert await listed(world) == [line]
    assert await world.store.held_counts() == {"telia": 1}
    assert await world.queues() == [], "nobody is to wonder why the queue does not move"


async def test_what_a_dead_process_had_is_held_too(world: World) -> None:
    message = await world.accept(TWO)
    (leased,) = await world.lease(seconds=60)
    await world.answer(leased.lease, Accepted("a1"))
    world.clock.forward(seconds=61)
    await world.sweep()
    assert await world.story(message) == [10, 21]
    assert [line.held for line in await listed(world)] == [(2,)]


async def test_a_network_that_says_no_ends_what_is_held_of_the_message(world: World) -> None:
    message = await world.accept(TWO)
    (leased,) = await world.lease()
    await world.answer(leased.lease, LOST, REFUSED)
    assert await world.story(message) == [10, 51]
    assert await world.credits() == 99, "what may have been sent stays paid"
    assert await world.rows("SELECT * FROM job") == []


async def test_the_other_segments_go_on_while_one_is_held(world: World) -> None:
    message = await world.accept("x" * 400)
    (leased,) = await world.lease()
    await world.answer(leased.lease, LOST, Accepted("a2"), THROTTLED)
    assert await world.story(message) == [10, 11]
    assert await listed(world) == [], "not while something of it is still to be sent"
    world.clock.forward(seconds=1)
    await world.sweep()
    (again,) = await world.lease()
    assert again.unsent == (3,)
    await world.answer(again.lease, Accepted("a3"), first=3)
    assert await world.story(message) == [10, 11, 21]
    assert [line.held for line in await listed(world)] == [(1,)]


async def test_a_receipt_that_fails_one_segment_ends_what_is_held_of_the_others(world: World) -> None:
    message = await lost(world, TWO, Accepted("a1"))
    await world.receipt("a1", Status.PHONE_FAILED)
    assert await world.story(message) == [10, 21, 52]
    assert await world.rows("SELECT * FROM job") == []
    assert await world.credits() == 98


async def test_released_it_is_sent_again_at_no_cost(world: World) -> None:
    message = await lost(world, TWO, Accepted("a1"))
    assert await decide(world, Verdict.RELEASE, message) == [message]
    assert await decide(world, Verdict.RELEASE, message) == [], "once"
    (leased,) = await world.lease()
    assert leased.unsent == (2,)
    await world.answer(leased.lease, Accepted("a2"), first=2)
    await world.receipts([("a1", Status.DELIVERED), ("a2", Status.DELIVERED)])
    assert await world.story(message) == [10, 21, 22]
    assert await world.credits() == 98
    assert await world.rows("SELECT * FROM job") == []


async def test_who_has_links_is_told_of_what_is_released_and_of_nothing_else(world: World) -> None:
    kept, released = await lost(world), await lost(world)
    told: list[bool] = []
    held = Held(world.store, world.clock, lambda: told.append(True))
    public = world.store.public_ids.public
    for verdict, id, times in (
        (Verdict.KEEP, public(kept), 0),
        (Verdict.RELEASE, public(kept), 0),
        (Verdict.RELEASE, public(released), 1),
        (Verdict.RELEASE, public(released), 1),
    ):
        await held.decide(DecideHeld(verdict, (str(id),)))
        assert len(told) == times


async def test_released_and_unsure_again_it_is_held_again_however_often(world: World) -> None:
    message = await lost(world)
    for _ in range(6):
        assert await decide(world, Verdict.RELEASE, message) == [message]
        (leased,) = await world.lease()
        await world.answer(leased.lease, LOST)
    assert [line.message_id for line in await listed(world)] == [message]
    assert await world.story(message) == [10, 21]


async def test_released_and_never_written_it_is_ready_at_once(world: World) -> None:
    message = await lost(world)
    await decide(world, Verdict.RELEASE, message)
    (leased,) = await world.lease()
    await world.answer(leased.lease, Unsent())
    assert len(await world.lease()) == 1


async def test_released_and_then_refused_it_stays_paid(world: World) -> None:
    """The first try may have got through."""
    message = await lost(world)
    await decide(world, Verdict.RELEASE, message)
    (leased,) = await world.lease()
    await world.answer(leased.lease, REFUSED)
    assert await world.story(message) == [10, 21, 51]
    assert await world.credits() == 99


async def test_released_when_its_validity_is_over_it_is_43_and_stays_paid(world: World) -> None:
    message = await lost(world)
    world.clock.forward(hours=49)
    assert await decide(world, Verdict.RELEASE, message) == [message]
    assert await world.lease() == []
    await world.expire(world.clock.now())
    assert await world.story(message) == [10, 21, 43]
    assert await world.credits() == 99


async def test_failed_it_is_51_and_the_held_segments_are_refunded(world: World) -> None:
    message = await lost(world, TWO, Accepted("a1"))
    world.clock.forward(hours=1)
    assert await decide(world, Verdict.FAIL, message) == [message]
    assert await world.story(message) == [10, 21, 51]
    assert await world.credits() == 99, "the first one is with the network"
    assert await world.rows("SELECT * FROM job") == []
    assert await decide(world, Verdict.FAIL, message) == []
    assert await world.credits() == 99
    await world.receipt("a1")
    assert await world.story(message) == [10, 21, 51]


async def test_kept_it_stays_21_and_paid(world: World) -> None:
    message = await lost(world)
    assert await decide(world, Verdict.KEEP, message) == [message]
    assert await world.story(message) == [10, 21]
    assert await world.credits() == 99
    assert await world.rows("SELECT * FROM job") == []


async def test_only_what_is_held_is_decided_on(world: World) -> None:
    sent, queued = await lost(world), await world.accept()
    for verdict in Verdict:
        assert await decide(world, verdict, queued, sent + 1000) == []
    assert await world.story(queued) == [10]
    assert [line.message_id for line in await listed(world)] == [sent]


async def test_it_is_listed_by_pages_the_oldest_first_and_by_carrier(world: World) -> None:
    messages = [await lost(world) for _ in range(3)]
    world.clock.forward(seconds=1)
    messages.append(await lost(world))
    after, found = ALL.after, []
    while page := await world.store.held(HeldPage(after, None, 2)):
        found += [line.message_id for line in page]
        after = page[-1].since, page[-1].message_id
    assert found == messages
    assert await world.store.held(HeldPage(ALL.after, "tele2", 2)) == []
    assert len(await world.store.held(HeldPage(ALL.after, "telia", 2))) == 2


async def test_a_carrier_that_no_longer_holds_leaves_what_it_held_to_the_operator(world: World) -> None:
    message = await lost(world)
    await world.store.carrier_ids([CarrierTerms("telia")])
    assert [line.message_id for line in await listed(world)] == [message]
    other = await lost(world)
    assert await world.story(other) == [10, 11]
