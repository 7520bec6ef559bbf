"""A message goes into another carrier's queue while another node leases, ends, cancels or moves it: each pair
of transactions in every order of its named points."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from kavle.clock import SetClock
from kavle.model.money import UNIT
from kavle.store.rows import to_ms
from kavle.store.types import Cancel, CarrierTerms, LeaseRequest, Move, TopUp
from support.world import World, open_world

pytest.importorskip("asyncpg", reason="PostgreSQL's driver is not installed")

from kavle.store.postgres import expire as expiring
from kavle.store.postgres import lease, moves, schedule, sweep
from support.steps import Stage, orders

POINTS = {
    moves._HOLD: "locks what it moves",
    moves._MOVE: "moves",
    lease._READY: "finds ready jobs",
    lease._TAKE: "leases",
    expiring._UNSENT: "locks unsent jobs",
    expiring._HOLD: "locks the messages",
    schedule._CANCELLABLE: "locks what it cancels",
}


@pytest.fixture
async def world(url: str) -> AsyncIterator[World]:
    world = await open_world(url, SetClock())
    await world.store.top_up(TopUp("test", 10_000 * UNIT, world.clock.now()))
    yield world
    await world.store.close()


@pytest.fixture
async def others(world: World) -> list[int]:
    ids = await world.store.carrier_ids([CarrierTerms("tele2"), CarrierTerms("three")])
    return [ids["tele2"], ids["three"]]


def to(target: int, world: World, *messages: int) -> list[Move]:
    return [Move(world.carrier_id, target, tuple((id, 1) for id in messages))]


async def leased_by(world: World, carrier_id: int) -> list[int]:
    """By a node that has looked into that queue before, when it was empty."""
    now = world.clock.now()
    request = LeaseRequest(carrier_id, 10, 7, now, world.later(seconds=60))
    return [one.lease.message_id for one in await world.store.lease(request)]


async def is_done(world: World) -> None:
    world.clock.forward(hours=49)
    await world.sweep()
    while await world.expire(world.clock.now()):
        pass
    assert await world.rows("SELECT * FROM job") == []


async def test_a_message_is_moved_while_another_node_leases_it(
    world: World, stage: Stage, others: list[int]
) -> None:
    for order in orders(3, 3):
        messages = [await world.accept() for _ in range(2)]
        assert await leased_by(world, others[0]) == [], "that queue's node has looked since they came"
        now = world.clock.now()
        request = LeaseRequest(world.carrier_id, 10, 8, now, world.later(seconds=60))
        (moved,), (taken,) = await stage.play(
            order, (moves.move, to(others[0], world, *messages)), (lease.Leases(), [request])
        )
        leased = [one.lease.message_id for one in taken]
        assert sorted([*leased, *await leased_by(world, others[0])]) == messages, stage.said
        assert moved + len(leased) == 2, stage.said
        await is_done(world)


async def test_a_message_is_moved_while_the_other_carriers_node_looks_for_some(
    world: World, stage: Stage, others: list[int]
) -> None:
    for order in orders(3, 3):
        message = await world.accept()
        now = world.clock.now()
        request = LeaseRequest(others[0], 10, 8, now, world.later(seconds=60))
        (moved,), (taken,) = await stage.play(
            order, (moves.move, to(others[0], world, message)), (lease.Leases(), [request])
        )
        found = [one.lease.message_id for one in taken] or await leased_by(world, others[0])
        assert (moved, found) == (1, [message]), stage.said
        await is_done(world)


async def test_a_message_is_moved_while_it_expires(world: World, stage: Stage, others: list[int]) -> None:
    for order in orders(3, 3):
        before, message = await world.credits(), await world.accept()
        late = world.later(hours=49)
        (moved,), (ended,) = await stage.play(
            order,
            (moves.move, to(others[0], world, message)),
            (sweep.expire_late, [([message], to_ms(late))]),
        )
        assert ended == 1, stage.said
        assert moved in (0, 1)
        assert await world.story(message) == [10, 43], stage.said
        assert await world.credits() == before, stage.said
        assert await world.rows("SELECT * FROM job") == []


async def test_two_nodes_move_the_same_message(world: World, stage: Stage, others: list[int]) -> None:
    for order in orders(3, 3):
        message = await world.accept()
        (one,), (other,) = await stage.play(
            order,
            (moves.move, to(others[0], world, message)),
            (moves.move, to(others[1], world, message)),
        )
        assert one + other == 1, stage.said
        assert await leased_by(world, others[0 if one else 1]) == [message], stage.said
        assert await leased_by(world, others[1 if one else 0]) == []
        await is_done(world)


@pytest.mark.parametrize("ready", [False, True], ids=["waits", "ready by another node's clock"])
async def test_a_timed_message_is_moved_while_it_is_cancelled(
    world: World, stage: Stage, others: list[int], ready: bool
) -> None:
    for order in orders(3, 4):
        before, message = await world.credits(), await world.accept(due=world.later(hours=1))
        asked = [Cancel(world.account.id, message, world.clock.now())]
        if ready:
            await world.store.promote(world.later(hours=1))
        (moved,), (cancelled,) = await stage.play(
            order, (moves.move, to(others[0], world, message)), (schedule.cancel, asked)
        )
        assert (moved, cancelled) == (int(ready), not ready), stage.said
        if ready:
            assert await leased_by(world, others[0]) == [message], stage.said
            await is_done(world)
        else:
            assert await world.story(message) == [11, 12], stage.said
            assert await world.credits() == before
