"""The dispatcher on a real database, with a carrier that does as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from kavle.core import dispatch, receipts
from kavle.core.dispatch import Dispatcher
from kavle.metrics import Metrics
from kavle.model.errors import Reason, Refusal
from kavle.model.message import Outcome, Receipt, Unsent
from kavle.model.status import Status
from kavle.store.errors import StoreUnavailable
from support.patience import PATIENCE, until
from support.scripted import Scripted
from support.world import RECIPIENT, World


@asynccontextmanager
async def dispatching(world: World, window: int) -> AsyncIterator[tuple[Dispatcher, Scripted]]:
    dispatcher = Dispatcher(world.store, world.clock, Metrics(), world.carrier_id, most_segments=10)
    carrier = Scripted(dispatcher, world.clock, window)
    task = asyncio.create_task(dispatcher.dispatch(carrier))
    try:
        yield dispatcher, carrier
    finally:
        dispatcher.stop_leasing()
        await asyncio.wait_for(task, PATIENCE)
    await dispatcher.settled()


async def test_a_backlog_of_long_messages_goes_out_without_waiting_for_the_poll(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The room of 20 that a lease is for is never quite filled by messages of three segments."""
    monkeypatch.setattr(dispatch, "POLL", 3600)
    messages = [await world.accept("x" * 400) for _ in range(30)]
    async with dispatching(world, window=20) as (dispatcher, carrier):
        dispatcher.wake()
        await until(lambda: len(carrier.taken) == len(messages))
    assert {(await world.story(message))[-1] for message in messages} == {21}


async def test_what_nobody_woke_it_for_is_found_by_the_poll(world: World) -> None:
    async with dispatching(world, window=20) as (_, carrier):
        await world.accept()
        await until(lambda: len(carrier.taken) == 1)


async def test_a_store_that_can_take_nothing_keeps_outcomes_waiting_not_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "RETRY_STORE", 0.01)
    record, refusals = world.store.record, 3

    async def full(outcomes: Sequence[Outcome]) -> int:
        nonlocal refusals
        if refusals:
            refusals -= 1
            raise StoreUnavailable("the disk is full")
        return await record(outcomes)

    monkeypatch.setattr(world.store, "record", full)
    message = await world.accept()
    async with dispatching(world, window=20) as (dispatcher, _):
        dispatcher.wake()
        await until(lambda: refusals == 0)
    assert await world.story(message) == [10, 21]


async def test_receipts_that_cannot_be_kept_are_refused_not_swallowed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(receipts: Sequence[Receipt]) -> int:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(world.store, "receive", full)
    async with dispatching(world, window=20) as (dispatcher, _):
        receipt = Receipt(world.carrier_id, "a1", RECIPIENT, Status.DELIVERED, "id:a1", world.clock.now())
        with pytest.raises(Refusal) as refused:
            await dispatcher.receipts([receipt])
        assert refused.value.reason is Reason.UNAVAILABLE


async def test_nor_do_they_hang_with_a_store_that_hangs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipts, "PATIENCE", 0.05)

    async def hangs(receipts: Sequence[Receipt]) -> int:
        await asyncio.sleep(3600)
        return 0

    monkeypatch.setattr(world.store, "receive", hangs)
    async with dispatching(world, window=20) as (dispatcher, _):
        receipt = Receipt(world.carrier_id, "a1", RECIPIENT, Status.DELIVERED, "id:a1", world.clock.now())
        with pytest.raises(Refusal):
            await dispatcher.receipts([receipt])


async def test_what_was_given_back_unsent_goes_out_again(world: World) -> None:
    message = await world.accept()
    async with dispatching(world, window=20) as (dispatcher, carrier):
        carrier.answering = False
        dispatcher.wake()
        await until(lambda: len(carrier.taken) == 1)
        dispatcher.outcomes([Outcome(carrier.taken[0].lease, 1, Unsent(), world.clock.now())])
        await until(lambda: len(carrier.taken) == 2)
        carrier.answer(carrier.taken[1:])
        await dispatcher.settled()
    assert await world.story(message) == [10, 21]


async def test_a_bug_in_recording_ends_dispatching(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(outcomes: Sequence[Outcome]) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(world.store, "record", broken)
    await world.accept()
    dispatcher = Dispatcher(world.store, world.clock, Metrics(), world.carrier_id, most_segments=10)
    carrier = Scripted(dispatcher, world.clock, 20)
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(dispatcher.dispatch(carrier), PATIENCE)


async def test_an_empty_queue_is_not_asked_again_and_again_whatever_the_window(world: World) -> None:
    metrics = Metrics()
    dispatcher = Dispatcher(world.store, world.clock, metrics, world.carrier_id, most_segments=10)
    carrier = Scripted(dispatcher, world.clock, 5)
    task = asyncio.create_task(dispatcher.dispatch(carrier))
    await asyncio.sleep(0.3)
    dispatcher.stop_leasing()
    await asyncio.wait_for(task, PATIENCE)
    assert metrics.leases < 20


async def test_what_is_urgent_does_not_wait_for_a_quarter_of_the_window(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "POLL", 3600)
    async with dispatching(world, window=20) as (dispatcher, carrier):
        carrier.busy = 18
        await world.accept()
        dispatcher.wake()
        await asyncio.sleep(0.05)
        assert carrier.taken == []
        await world.accept(priority=3)
        dispatcher.wake(urgent=True)
        await until(lambda: len(carrier.taken) == 2)


async def test_a_lease_that_was_long_in_coming_is_given_back_not_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "PROMPT", 0.0)
    message = await world.accept()
    async with dispatching(world, window=20) as (dispatcher, carrier):
        dispatcher.wake()
        await asyncio.sleep(0.1)
        assert carrier.taken == []
        monkeypatch.setattr(dispatch, "PROMPT", 20.0)
        await until(lambda: len(carrier.taken) == 1)
    assert await world.story(message) == [10, 21]


async def test_what_is_urgent_has_the_slots_that_are_kept_for_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "POLL", 3600)
    for _ in range(30):
        await world.accept(priority=1)
    async with dispatching(world, window=20) as (dispatcher, carrier):
        carrier.answering, carrier.keeps = False, 2
        dispatcher.wake()
        await until(lambda: len(carrier.taken) == 18)
        urgent = [await world.accept(priority=3) for _ in range(3)]
        dispatcher.wake(urgent=True)
        await until(lambda: len(carrier.taken) == 20)
        assert [parcel.lease.message_id for parcel in carrier.taken[18:]] == urgent[:2]
        carrier.answer(carrier.taken[:1])  # and it remembers that there are more of them
        await until(lambda: len(carrier.taken) == 21)
        assert carrier.taken[20].lease.message_id == urgent[2]
        carrier.answering = True
        carrier.answer(carrier.taken[1:])
        await until(lambda: len(carrier.taken) == 33)


async def test_full_of_bulk_it_does_not_ask_for_alarms_at_every_response(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "POLL", 3600)
    for _ in range(30):
        await world.accept(priority=1)
    metrics = Metrics()
    dispatcher = Dispatcher(world.store, world.clock, metrics, world.carrier_id, most_segments=10)
    carrier = Scripted(dispatcher, world.clock, 20)
    carrier.busy, carrier.keeps = 18, 2
    task = asyncio.create_task(dispatcher.dispatch(carrier))
    await asyncio.sleep(0)
    for _ in range(50):
        dispatcher.room()
        await asyncio.sleep(0.002)
    dispatcher.stop_leasing()
    await asyncio.wait_for(task, PATIENCE)
    assert metrics.leases < 10
    assert carrier.taken == []


async def test_beside_a_flood_of_alarms_bulk_still_goes_out(world: World) -> None:
    bulk = [await world.accept(priority=1) for _ in range(5)]
    alarms = [await world.accept(priority=3) for _ in range(60)]
    async with dispatching(world, window=10) as (dispatcher, carrier):
        carrier.keeps = 1
        dispatcher.wake(urgent=True)
        await until(lambda: len(carrier.taken) == len(bulk) + len(alarms))
    order = [parcel.lease.message_id for parcel in carrier.taken]
    first, last = order.index(bulk[0]), order.index(alarms[-1])
    assert 10 <= first < 30
    assert sum(id in bulk for id in order[:last]) >= 3
