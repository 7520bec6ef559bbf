"""Bundles, times and cancelling through the core, on a real database: by public ids, as callers know them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from kavle.core.accept import Accept
from kavle.core.bundle_order import BundleOrder
from kavle.core.cancel import Cancel
from kavle.core.failover import Failover
from kavle.core.order import SmsOrder
from kavle.core.queries import Queries
from kavle.core.schedule import Schedule
from kavle.core.terms import Terms
from kavle.metrics import Metrics
from kavle.model.account import Account, Anyone
from kavle.model.errors import Reason, Refusal
from kavle.model.money import UNIT
from kavle.model.prefix import ByPrefix
from kavle.model.status import Status
from kavle.store.types import NewAccount
from support.world import THROTTLED, World

ANYONE = Anyone()


class Desk:
    """The core's verbs over one world."""

    def __init__(self, world: World, waiting: int = 800) -> None:
        terms = Terms(
            routes=ByPrefix({"46": (world.carrier_id,)}),
            prices=ByPrefix({"": UNIT}),
            region="SE",
            most_segments=10,
            validity=timedelta(hours=48),
        )
        self.world = world
        self.woken = 0
        self.metrics = Metrics()
        self.schedule = Schedule(world.store, world.clock, self._wake)
        failover = Failover(terms.routes, 30)
        told = lambda carrier, urgent: None, self.schedule.expand
        self.accept = Accept(world.store, world.clock, terms, failover, self.metrics, *told, waiting=waiting)
        self.cancel = Cancel(world.store, world.clock, self.schedule.expand)
        self.queries = Queries(world.store)

    def _wake(self) -> None:
        self.woken += 1

    def at(self, **ahead: float) -> str:
        return str(int((self.world.clock.now() + timedelta(**ahead)).timestamp()))

    async def sms(self, at: str | None = None) -> str:
        order = SmsOrder("0702617396", "ip1", "Testar", "2", at=at)
        return str(await self.accept.sms(self.world.account, order))

    async def bundle(self, recipients: str, at: str | None = None, account: Account | None = None) -> str:
        order = BundleOrder(recipients, "ip1", "Testar", "1", at)
        return str(await self.accept.bundle(account or self.world.account, order))

    async def statuses(self, bundle: str) -> list[int]:
        return [int(status) for _, status in await self.queries.bundle(ANYONE, bundle)]


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def numbers(count: int) -> str:
    return ",".join(f"07026{n:05}" for n in range(count))


async def refused(call: object) -> Reason:
    with pytest.raises(Refusal) as told:
        await call  # type: ignore[misc]
    return told.value.reason


async def test_a_bundle_is_sent_in_the_callers_order_and_each_message_has_its_status(desk: Desk) -> None:
    bundle = await desk.bundle("0702617396, nobody; 070-261 73 97\n0702617396")
    assert await desk.statuses(bundle) == [10, 3, 10, 10]
    await desk.schedule.once()
    assert desk.woken == 1
    told = await desk.queries.bundle(ANYONE, bundle)
    assert [int(status) for _, status in told] == [10, 3, 10, 10]
    assert len({id for id, _ in told}) == 4
    leased = await desk.world.lease()
    assert [one.recipient for one in leased] == ["46702617396", "46702617397", "46702617396"]
    assert {(one.text, one.sender, one.priority) for one in leased} == {("Testar", "ip1", 1)}
    assert await desk.world.credits() == 97
    for id, status in told:
        assert await desk.queries.status(ANYONE, str(id)) == status
    assert desk.metrics.accepted == 4


async def test_a_bundle_costs_all_of_it_or_is_not_sent(desk: Desk) -> None:
    assert await refused(desk.bundle(numbers(101))) is Reason.BALANCE
    assert await desk.world.credits() == 100
    assert await desk.world.rows("SELECT count(*) FROM bundle") == [(0,)]
    await desk.bundle(numbers(100))
    assert await desk.world.credits() == 0


async def test_a_long_list_does_not_hold_the_event_loop(desk: Desk) -> None:
    now = desk.world.clock.now()
    rich = await desk.world.store.create_account(NewAccount("rich", "h", 30_000 * UNIT, now))
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0)
            ticks += 1

    ticking = asyncio.create_task(tick())
    bundle = await desk.bundle(numbers(20_000), account=rich)
    ticking.cancel()
    assert ticks > 20
    await desk.schedule.once()
    statuses = await desk.statuses(bundle)
    assert statuses == [10] * 20_000
    assert await desk.world.store.balance(rich.id) == 10_000 * UNIT


async def test_a_time_controlled_message_waits_until_it_is_due(desk: Desk) -> None:
    sms = await desk.sms(at=desk.at(hours=1))
    due = desk.world.clock.now().replace(microsecond=0) + timedelta(hours=1)
    assert await desk.queries.due(ANYONE, sms) == due
    assert await desk.queries.status(ANYONE, sms) == Status.DELAYED
    await desk.schedule.once()
    assert await desk.world.lease() == []
    desk.world.clock.forward(hours=1)
    await desk.schedule.once()
    assert desk.woken == 1
    (leased,) = await desk.world.lease()
    assert leased.expires_at == due + timedelta(hours=48)
    assert await refused(desk.cancel.sms(desk.world.account, sms)) is Reason.PARAMETER


async def test_a_time_in_the_past_is_now(desk: Desk) -> None:
    sms = await desk.sms(at=desk.at(hours=-1))
    assert await desk.queries.status(ANYONE, sms) == Status.RECEIVED
    assert len(await desk.world.lease()) == 1
    assert await refused(desk.cancel.sms(desk.world.account, sms)) is Reason.PARAMETER


async def test_what_is_cancelled_is_never_sent_and_refunded_once(desk: Desk) -> None:
    sms = await desk.sms(at=desk.at(hours=1))
    await desk.cancel.sms(desk.world.account, f" {sms} ")
    assert await desk.queries.status(ANYONE, sms) == Status.CANCELLED
    assert await desk.world.credits() == 100
    assert await refused(desk.cancel.sms(desk.world.account, sms)) is Reason.PARAMETER
    assert await desk.queries.due(ANYONE, sms) is not None
    desk.world.clock.forward(hours=2)
    await desk.schedule.once()
    assert await desk.world.lease() == []
    assert await desk.world.credits() == 100


async def test_nobody_cancels_what_is_unknown_untimed_or_anothers(desk: Desk) -> None:
    world = desk.world
    other = await world.store.create_account(NewAccount("other", "h", UNIT, world.clock.now()))
    untimed, timed = await desk.sms(), await desk.sms(at=desk.at(hours=1))
    bundle = await desk.bundle(numbers(2), at=desk.at(hours=1))
    for account, id in [
        (world.account, untimed),
        (world.account, bundle),  # not a message
        (world.account, "999"),
        (world.account, "2147483647"),
        (world.account, "99999999999999999999"),
        (world.account, "x"),
        (world.account, ""),
        (other, timed),
    ]:
        assert await refused(desk.cancel.sms(account, id)) is Reason.PARAMETER
    for account, id in [(world.account, timed), (world.account, "x"), (other, bundle)]:
        assert await refused(desk.cancel.bundle(account, id)) is Reason.PARAMETER
    assert await desk.world.credits() == 96


@pytest.mark.parametrize("expanded", [False, True])
async def test_a_bundle_is_cancelled_whole_or_message_by_message(desk: Desk, expanded: bool) -> None:
    bundle = await desk.bundle(numbers(5), at=desk.at(hours=1))
    if expanded:
        await desk.schedule.once()
    (_, *_), (second, _), *_ = await desk.queries.bundle(ANYONE, bundle)
    assert await desk.queries.due(ANYONE, str(second)) == await desk.queries.due(ANYONE, bundle) is not None
    await desk.cancel.sms(desk.world.account, str(second))
    assert await desk.statuses(bundle) == [11, 12, 11, 11, 11]
    assert await desk.world.credits() == 96
    running = asyncio.create_task(desk.schedule.run())  # who ends its messages
    await desk.cancel.bundle(desk.world.account, bundle)
    assert await desk.statuses(bundle) == [12] * 5
    assert await desk.world.credits() == 100
    assert await refused(desk.cancel.bundle(desk.world.account, bundle)) is Reason.PARAMETER
    running.cancel()
    desk.world.clock.forward(hours=2)
    await desk.schedule.once()
    assert await desk.world.lease() == []


async def test_who_asks_is_told_whose_a_message_is(desk: Desk) -> None:
    sms, bundle = await desk.sms(), await desk.bundle(numbers(2))
    (_, _), (second, _) = await desk.queries.bundle(ANYONE, bundle)
    for id in (sms, bundle, str(second)):
        owner = await desk.queries.owner(ANYONE, id)
        assert owner is not None
        assert owner.name == "test"
    assert await desk.queries.owner(ANYONE, "1234") is None
    assert await desk.queries.bundle(ANYONE, sms) == []


async def test_what_was_put_off_comes_due_as_well(desk: Desk) -> None:
    await desk.sms()
    (leased,) = await desk.world.lease()
    await desk.world.answer(leased.lease, THROTTLED)
    await desk.schedule.once()
    assert desk.woken == 0
    desk.world.clock.forward(seconds=1)
    await desk.schedule.once()
    assert desk.woken == 1
    assert len(await desk.world.lease()) == 1


async def test_a_bundle_has_at_most_100_000_recipients(desk: Desk) -> None:
    assert await refused(desk.bundle("x," * 100_001)) is Reason.PARAMETER
    assert await refused(desk.bundle("x," * 100_000)) is Reason.RECIPIENT


# --- how much may wait for its commit -----------------------------------------------------------------------


def codes(answers: list[str | BaseException]) -> list[str]:
    return [answer.reason.name if isinstance(answer, Refusal) else "id" for answer in answers]


async def test_so_many_wait_and_the_rest_are_told_to_come_again(world: World) -> None:
    desk = Desk(world, waiting=5)
    at_once = [desk.sms() for _ in range(4)] + [desk.bundle("0702617396") for _ in range(4)]
    answers = await asyncio.gather(*at_once, return_exceptions=True)
    assert codes(answers) == ["id"] * 5 + ["UNAVAILABLE"] * 3
    assert await world.credits() == 95
    assert int(await desk.sms()) >= 1000  # and there is room again


async def test_recipients_in_hand_are_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kavle.core.accept.MOST_IN_HAND", 10)
    desk = Desk(world)
    bundles = [desk.bundle(numbers(4)) for _ in range(3)]
    quote = desk.accept.quote(world.account, BundleOrder(numbers(3), "ip1", "Testar", "1", None))
    *answers, told = await asyncio.gather(*bundles, quote, return_exceptions=True)
    assert codes(answers) == ["id", "id", "UNAVAILABLE"]
    assert isinstance(told, Refusal)
    order = BundleOrder(numbers(9), "ip1", "Testar", "1", None)
    assert (await desk.accept.quote(world.account, order)).recipients == 9
