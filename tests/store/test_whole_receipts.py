"""Networks that send one receipt for all segments of a message."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from kavle.clock import SetClock
from kavle.model.status import Status
from kavle.store.types import CarrierTerms
from support.world import LOST, RECIPIENT, THROTTLED, Accepted, Place, World, open_world

THREE = "x" * 400


@pytest.fixture
async def world(place: Place) -> AsyncIterator[World]:
    world = await open_world(place, SetClock(), CarrierTerms("telia", whole=True))
    yield world
    await world.store.close()


@pytest.mark.parametrize("named", ["a1", "a2", "a3"])
async def test_one_receipt_is_for_all_segments_whichever_it_names(world: World, named: str) -> None:
    message = await world.send(THREE, "a1", "a2", "a3")
    assert await world.receipt(named) == 1
    assert await world.story(message) == [10, 21, 22]
    assert await world.rows("SELECT * FROM awaiting") == []
    assert await world.receipt("a3", Status.PHONE_FAILED) == 0
    assert await world.story(message) == [10, 21, 22]


async def test_a_failure_is_the_whole_messages_too(world: World) -> None:
    message = await world.send(THREE, "a1", "a2", "a3")
    await world.receipt("a1", Status.PHONE_FAILED)
    assert await world.story(message) == [10, 21, 52]
    assert await world.rows("SELECT * FROM awaiting") == []


async def test_what_it_says_before_the_last_word_settles_nothing(world: World) -> None:
    message = await world.send(THREE, "a1", "a2", "a3")
    await world.receipt("a1", Status.IN_NETWORK)
    assert await world.story(message) == [10, 21]
    assert len(await world.rows("SELECT * FROM awaiting")) == 3
    await world.receipt("a1")
    assert await world.story(message) == [10, 21, 22]


async def test_segments_may_have_one_id_in_common(world: World) -> None:
    """As with a provider that is given the whole text."""
    message = await world.send(THREE, "a", "a", "")
    assert await world.receipts([("a", Status.DELIVERED), ("a", Status.DELIVERED)]) == 1
    assert await world.story(message) == [10, 21, 22]
    assert await world.rows("SELECT * FROM awaiting") == []


async def test_it_comes_before_the_response(world: World) -> None:
    message = await world.accept(THREE)
    (leased,) = await world.lease()
    assert await world.receipt("a1") == 0
    await world.answer(leased.lease, Accepted("a1"), Accepted("a2"), Accepted("a3"))
    assert (await world.story(message))[-1] == 22
    assert await world.rows("SELECT * FROM job") == []


async def test_delivered_is_believed_once_the_network_has_all(world: World) -> None:
    """Some send the receipt of the first part alone, and early."""
    message = await world.accept(THREE)
    (leased,) = await world.lease()
    await world.answer(leased.lease, Accepted("a1"), Accepted("a2"), THROTTLED)
    await world.receipt("a1")
    assert await world.story(message) == [10, 11]
    world.clock.forward(seconds=1)
    await world.sweep()
    (again,) = await world.lease()
    assert again.unsent == (3,)
    await world.answer(again.lease, Accepted("a3"), first=3)
    assert await world.story(message) == [10, 11, 22]
    assert await world.credits() == 97


async def test_what_was_held_is_no_longer_in_doubt(world: World) -> None:
    await world.store.carrier_ids([CarrierTerms("telia", hold=True, whole=True)])
    message = await world.accept(THREE)
    (leased,) = await world.lease()
    await world.answer(leased.lease, Accepted("a1"), LOST, Accepted("a3"))
    assert await world.store.held_counts() == {"telia": 1}
    await world.receipt("a1")
    assert await world.story(message) == [10, 21, 22]
    assert await world.store.held_counts() == {}
    assert await world.credits() == 97


async def test_a_short_message_is_what_its_receipt_says(world: World) -> None:
    message = await world.send("Testar", "a1")
    assert await world.receipt("a1", recipient=RECIPIENT) == 1
    assert await world.story(message) == [10, 21, 22]
