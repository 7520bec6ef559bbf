"""A link in use: its stop in good order, and its end in a hurry."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from kavle.core.dispatch import Dispatcher
from kavle.core.road import Road
from kavle.metrics import Metrics
from support.patience import PATIENCE, until
from support.scripted import Scripted
from support.world import World


@pytest.fixture
async def carrier(world: World) -> Scripted:
    dispatcher = Dispatcher(world.store, world.clock, Metrics(), world.carrier_id, most_segments=10)
    carrier = Scripted(dispatcher, world.clock, 20)
    carrier.answering = False
    return carrier


@pytest.fixture
async def road(carrier: Scripted) -> AsyncIterator[Road]:
    deaths: list[BaseException] = []
    road = Road(carrier, carrier.events)
    road.start(deaths.append)
    yield road
    assert deaths == []


async def test_a_stop_awaits_what_is_in_flight_and_takes_nothing_more(
    world: World, road: Road, carrier: Scripted
) -> None:
    message = await world.accept()
    road.wake(urgent=True)
    await until(lambda: carrier.in_flight == 1)
    stopping = asyncio.create_task(road.stop())
    await until(lambda: carrier.held)
    later = await world.accept()
    road.wake(urgent=True)
    await asyncio.sleep(0.05)
    assert not stopping.done()
    carrier.answer(carrier.taken)
    await asyncio.wait_for(stopping, PATIENCE)
    assert await world.story(message) == [10, 21]
    assert await world.rows("SELECT message_id, state FROM job") == [(later, 0)]
    assert carrier.ended.is_set()


async def test_a_cut_waits_for_nobody_and_what_is_in_flight_is_unsure(
    world: World, road: Road, carrier: Scripted
) -> None:
    message = await world.accept()
    road.wake(urgent=True)
    await until(lambda: carrier.in_flight == 1)
    stopping = asyncio.create_task(road.stop())
    await until(lambda: carrier.held)
    stopping.cancel()
    await asyncio.wait_for(road.cut(0.1), PATIENCE)
    await road.settled()
    assert await world.story(message) == [10, 11]


async def test_a_cut_ends_a_link_that_would_not_close(world: World, road: Road, carrier: Scripted) -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    carrier.close = never  # type: ignore[method-assign]
    await asyncio.wait_for(road.cut(0.05), PATIENCE)
    assert road._linking.cancelled()


async def test_what_is_leased_while_the_road_is_cut_goes_back_to_the_queue(
    world: World, road: Road, carrier: Scripted
) -> None:
    message = await world.accept()
    road.wake(urgent=True)
    await asyncio.sleep(0)  # the lease is on its way
    await asyncio.wait_for(road.cut(0.1), PATIENCE)
    await road.settled()
    assert await world.rows("SELECT state, handed FROM job") == [(0, 0)]
    assert await world.story(message) == [10]
