"""Cancelling, on two nodes of PostgreSQL whose clocks differ: each pair of transactions in every order of its
named points. Cancelled means never sent, and refunded once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from kavle.clock import SetClock
from kavle.model.money import UNIT
from kavle.store.types import Cancel, LeaseRequest, TopUp
from support.books import reading
from support.invariants import ledger_is_balance, refunds_are_what_no_network_took
from support.world import Accepted, World, open_world

pytest.importorskip("asyncpg", reason="PostgreSQL's driver is not installed")

from kavle.store.postgres import accounts, bundles, lease, schedule
from kavle.store.postgres import expire as expiring
from kavle.store.postgres.lease import Leases
from support.steps import Stage, orders

POINTS = {
    schedule._PROMOTED_UNTIL: "moves the schedule",
    schedule._HOLD_SCHEDULE: "locks the schedule",
    schedule._DUE: "finds what is due",
    schedule._ANY_CANCELLED: "looks for cancelled bundles",
    schedule._PROMOTE: "makes ready",
    schedule._CANCELLABLE: "locks what can be cancelled",
    schedule._HOLD_PARTS: "locks the bundle",
    schedule._FLAG: "flags the bundle",
    bundles._TAKE_PART: "takes a part",
    bundles._HOLD_PARTS: "locks the message's part",
    bundles._EXPAND: "makes messages",
    bundles._NEVER_TRIED: "locks what waits",
    expiring._HOLD: "locks the messages",
    lease._READY: "finds ready jobs",
    lease._TAKE: "leases",
    accounts._POST: "moves balances",
}


@pytest.fixture
async def world(url: str) -> AsyncIterator[World]:
    world = await open_world(url, SetClock())
    await world.store.top_up(TopUp("test", 10_000 * UNIT, world.clock.now()))
    yield world
    try:
        await ledger_is_balance(reading(url))
        await refunds_are_what_no_network_took(reading(url))
    finally:
        await world.store.close()


def asked(world: World, id: int) -> list[Cancel]:
    return [Cancel(world.account.id, id, world.clock.now())]


async def fate(world: World, *ids: int) -> list[int]:
    """What becomes of messages once their time has come and all work is done: 12, or 21 if they were sent."""
    await world.advance()
    world.clock.forward(hours=2)
    await world.sweep()
    for one in await world.lease():
        await world.answer(one.lease, Accepted(str(one.lease.message_id)))
    assert await world.rows("SELECT * FROM job") == []
    assert await world.rows("SELECT * FROM bundle_part WHERE work <> 0") == []
    return [int(await world.store.status(id)) for id in ids]


class Bundle:
    """Of three, due in an hour: by one node's clock that time has come, by the other's it has not."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def make(self, *, expanded: bool) -> None:
        self.before = await self._world.credits()
        self.due = self._world.later(hours=1)
        self.id = await self._world.accept_bundle(3, due=self.due)
        self.ids = await self._world.bundle(self.id)
        if expanded:
            await self._world.advance()

    async def is_cancelled(self, said: list[str]) -> None:
        assert await fate(self._world, *self.ids) == [12] * 3, said
        assert await self._world.credits() == self.before, said

    async def is_sent(self, said: list[str]) -> None:
        assert await fate(self._world, *self.ids) == [21] * 3, said
        assert await self._world.credits() == self.before - 3, said


@pytest.fixture
def bundle(world: World) -> Bundle:
    return Bundle(world)


async def test_a_message_is_cancelled_while_another_node_makes_it_ready(world: World, stage: Stage) -> None:
    for order in orders(4, 4):
        before, due = await world.credits(), world.later(hours=1)
        message = await world.accept(due=due)
        cancelled, promoted = await stage.play(
            order, (schedule.cancel, asked(world, message)), (schedule.promote, [due])
        )
        assert cancelled == [promoted[0][0] == 0], stage.said
        assert await fate(world, message) == [12 if cancelled == [True] else 21], stage.said
        assert await world.credits() == before - (not cancelled[0]), stage.said


async def test_a_message_is_cancelled_while_another_node_leases_it(world: World, stage: Stage) -> None:
    for order in orders(2, 3):
        message = await world.accept(due=world.later(hours=1))
        early = world.clock.now()
        world.clock.forward(hours=1)
        await world.promote()
        request = LeaseRequest(world.carrier_id, 10, 7, world.clock.now(), world.later(minutes=1))
        wanted = [Cancel(world.account.id, message, early)]
        cancelled, leased = await stage.play(order, (schedule.cancel, wanted), (Leases(), [request]))
        assert cancelled == [False], stage.said
        assert [one.lease.message_id for one in leased[0]] == [message], stage.said
        await world.answer(leased[0][0].lease, Accepted(str(message)))


async def test_a_bundle_is_cancelled_while_another_node_makes_it_ready(
    world: World, stage: Stage, bundle: Bundle
) -> None:
    for order in orders(4, 5):
        await bundle.make(expanded=True)
        cancelled, _ = await stage.play(
            order, (schedule.cancel_bundle, asked(world, bundle.id)), (schedule.promote, [bundle.due])
        )
        await (bundle.is_cancelled if cancelled == [True] else bundle.is_sent)(stage.said)


async def test_a_bundle_is_cancelled_while_another_node_makes_its_messages(
    world: World, stage: Stage, bundle: Bundle
) -> None:
    for order in orders(4, 3):
        await bundle.make(expanded=False)
        cancelled, advanced = await stage.play(
            order, (schedule.cancel_bundle, asked(world, bundle.id)), (bundles.advance, [world.clock.now()])
        )
        assert cancelled == [True], stage.said
        assert advanced[0][0] in (0, 3), stage.said
        await bundle.is_cancelled(stage.said)


async def test_a_message_is_cancelled_while_another_node_makes_it_of_its_bundle(
    world: World, stage: Stage, bundle: Bundle
) -> None:
    for order in orders(5, 3):
        await bundle.make(expanded=False)
        cancelled, _ = await stage.play(
            order, (schedule.cancel, asked(world, bundle.ids[1])), (bundles.advance, [world.clock.now()])
        )
        assert cancelled == [True], stage.said
        assert await fate(world, *bundle.ids) == [21, 12, 21], stage.said
        assert await world.credits() == bundle.before - 2, stage.said


@pytest.mark.parametrize("expanded", [False, True])
async def test_a_message_and_its_bundle_are_cancelled_at_once(
    world: World, stage: Stage, bundle: Bundle, expanded: bool
) -> None:
    for order in orders(5, 4):
        await bundle.make(expanded=expanded)
        _, whole = await stage.play(
            order,
            (schedule.cancel, asked(world, bundle.ids[1])),
            (schedule.cancel_bundle, asked(world, bundle.id)),
        )
        assert whole == [True], stage.said
        await bundle.is_cancelled(stage.said)


async def test_two_cancel_the_same_message_and_one_is_told_so(world: World, stage: Stage) -> None:
    for order in orders(4, 4):
        before = await world.credits()
        message = await world.accept(due=world.later(hours=1))
        wanted = asked(world, message)
        one, other = await stage.play(order, (schedule.cancel, wanted), (schedule.cancel, wanted))
        assert sorted(one + other) == [False, True], stage.said
        assert await fate(world, message) == [12], stage.said
        assert await world.credits() == before, stage.said


@pytest.mark.parametrize("expanded", [False, True])
async def test_two_cancel_the_same_bundle_and_one_is_told_so(
    world: World, stage: Stage, bundle: Bundle, expanded: bool
) -> None:
    for order in orders(4, 4):
        await bundle.make(expanded=expanded)
        wanted = asked(world, bundle.id)
        one, other = await stage.play(
            order, (schedule.cancel_bundle, wanted), (schedule.cancel_bundle, wanted)
        )
        assert sorted(one + other) == [False, True], stage.said
        await bundle.is_cancelled(stage.said)


@pytest.mark.parametrize("work", ["to be made", "to be ended"])
async def test_two_nodes_do_the_same_work_and_it_is_done_once(
    world: World, stage: Stage, bundle: Bundle, work: str
) -> None:
    now = [world.clock.now()]
    for order in orders(4, 4):
        await bundle.make(expanded=work == "to be ended")
        if work == "to be ended":
            await world.cancel_bundle(bundle.id)
        one, other = await stage.play(order, (bundles.advance, now), (bundles.advance, now))
        assert sorted([one[0][0], other[0][0]]) == [0, 3], stage.said
        await (bundle.is_cancelled if work == "to be ended" else bundle.is_sent)(stage.said)


async def test_a_cancelled_bundle_comes_due_while_another_node_ends_it(
    world: World, stage: Stage, bundle: Bundle
) -> None:
    for order in orders(4, 5):
        await bundle.make(expanded=True)
        await world.cancel_bundle(bundle.id)
        await stage.play(order, (bundles.advance, [bundle.due]), (schedule.promote, [bundle.due]))
        await bundle.is_cancelled(stage.said)
