"""The clock on the wall is set while all is under way: an hour, a day, a year, forward and back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from kavle.clock import SetClock
from kavle.core import retention, sweep
from kavle.core.callbacks import LEASE as CALL
from kavle.core.dispatch import LEASE
from kavle.core.doubt import Doubt
from kavle.core.retention import Retention
from kavle.core.steps import Steps
from kavle.core.sweep import Sweep
from kavle.metrics import Metrics
from kavle.model.callback import CallbackTry, Verdict
from kavle.model.callback_url import callback_host
from kavle.model.incoming import Piece
from kavle.model.keeping import Keep
from kavle.model.message import Accepted
from kavle.model.number import NumberSettings
from kavle.store.inbox import CallbackRequest, NewNumber
from kavle.store.seen import DOUBT_MS, FAR_MS, Seen, looked
from support.world import Place, World, open_world

STEPS = [{"hours": 1.0}, {"days": 1.0}, {"days": 365.0}, {"hours": -1.0}, {"days": -1.0}, {"days": -365.0}]
NAMES = ["an hour on", "a day on", "a year on", "an hour back", "a day back", "a year back"]


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PAUSE", 0)
    monkeypatch.setattr(sweep, "PAUSE", 0)


class Upkeep:
    """What a gateway does with the time, once a second and once an hour."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sweep = Sweep(world.store, world.clock, Metrics(), lambda: None)
        self.retention = Retention(world.store, world.clock, Keep.of(90, 400, 730))

    async def seconds(self, many: int) -> None:
        """As if each of them were swept, of which only the last counts."""
        self.world.clock.forward(seconds=many)
        await self.sweep.once(look=True)

    async def hour(self) -> None:
        self.world.clock.forward(hours=1)
        await self.sweep.once(look=True)
        await self.sweep._forget()
        await self.retention.once()


@pytest.fixture
async def world(place: Place) -> AsyncIterator[World]:
    world = await open_world(place, SetClock())
    yield world
    await world.store.close()


@pytest.fixture
async def upkeep(world: World) -> Upkeep:
    upkeep = Upkeep(world)
    await upkeep.hour()
    return upkeep


# --- what is under way --------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS, ids=NAMES)
async def test_what_is_on_the_link_is_not_sent_again_and_its_outcome_counts(
    upkeep: Upkeep, step: dict[str, float]
) -> None:
    world = upkeep.world
    message = await world.accept()
    (leased,) = await world.lease(seconds=LEASE.total_seconds())
    world.clock.step(**step)
    for _ in range(20):
        await upkeep.seconds(5)
    assert await world.lease() == []
    assert await world.answer(leased.lease, Accepted("a1")) == 1
    await world.receipt("a1")
    assert (await world.story(message))[-1] == 22
    assert await world.credits() == 99


@pytest.mark.parametrize("step", STEPS, ids=NAMES)
async def test_what_a_dead_process_had_leased_is_sent_by_others_in_minutes(
    upkeep: Upkeep, step: dict[str, float]
) -> None:
    world = upkeep.world
    message = await world.accept()
    await world.lease(seconds=LEASE.total_seconds())
    world.clock.step(**step)
    for _ in range(60):
        await upkeep.seconds(20)
    assert (await world.story(message))[1:2] == [11]  # unsure, and waiting for its second attempt


@pytest.mark.parametrize("step", STEPS, ids=NAMES)
async def test_ids_go_on_and_times_are_told_as_they_were_stored(
    upkeep: Upkeep, step: dict[str, float]
) -> None:
    world = upkeep.world
    first = await world.send("before", "a1")
    at = world.clock.now()
    world.clock.step(**step)
    second = await world.send("after", "a2")
    assert second > first
    await world.receipt("a1")
    await world.receipt("a2")
    believed = step != {"days": 365}  # else its receipt would be a year late
    assert [await world.store.status(one) for one in (first, second)] == [22 if believed else 21, 22]
    story = await world.store.story(first)
    assert story is not None
    assert story.told[0][1] == at


@pytest.mark.parametrize("step", STEPS, ids=NAMES)
async def test_a_call_to_a_customer_that_is_under_way_is_not_made_again(
    world: World, step: dict[str, float]
) -> None:
    inbox, steps = world.store.inbox, Steps(world.clock, CALL)
    url = "http://a.example/"
    settings = NumberSettings(url)
    await inbox.add_number(
        NewNumber("46737494001", world.account.id, callback_host(url), settings, world.clock.now())
    )
    await inbox.take([Piece(world.carrier_id, "46701740605", "46737494001", "Hej", world.clock.now())])
    until = world.clock.now() + CALL
    (call,) = (await inbox.lease(CallbackRequest(1, 1, 1, 1, 1, 7, world.clock.now(), until))).taken
    world.clock.step(**step)
    for _ in range(10):
        now = world.clock.forward(seconds=10)
        assert not steps.calm(now) or await inbox.end_leases(now) == 0
    assert await inbox.record([CallbackTry(call.lease, Verdict.DONE, world.clock.now())]) == 1


@pytest.mark.parametrize("way", [1, -1], ids=["on", "back"])
async def test_what_is_due_at_a_time_goes_by_the_clock_of_the_hour(upkeep: Upkeep, way: int) -> None:
    world = upkeep.world
    await world.store.accept(world.draft(due=world.later(days=1)))
    world.clock.step(days=2 * way)
    await world.promote()
    assert len(await world.lease()) == (way > 0)


def test_a_step_is_told_once_and_calm_comes_back(world: World) -> None:
    steps, clock = Steps(world.clock, timedelta(seconds=120)), world.clock
    with capture_logs() as logs:
        assert steps.calm(clock.forward(seconds=30))
        assert steps.calm(clock.step(seconds=4))
        assert not steps.calm(clock.step(seconds=6))
        assert not steps.calm(clock.forward(seconds=119))
        assert steps.calm(clock.forward(seconds=1))
    assert [(line["event"], line["seconds"]) for line in logs] == [("the clock was set", 6)]


# --- what can't be undone -----------------------------------------------------------------------------------


async def left(world: World, table: str) -> int:
    ((count,),) = await world.rows(f"SELECT count(*) FROM {table}")  # noqa: S608
    return int(str(count))


async def test_a_year_ahead_erases_nothing_and_forgets_no_receipt_while_it_is_doubted(upkeep: Upkeep) -> None:
    world = upkeep.world
    await world.send("Testar", "a1")
    waits = await world.send("Testar", "a2")
    await world.receipt("a1")
    world.clock.step(days=365)
    for _ in range(6 * 24):
        await upkeep.hour()
    assert [await left(world, table) for table in ("message", "body", "awaiting")] == [2, 2, 1]
    assert await Doubt(world.store, world.clock).since() is not None
    world.clock.step(days=-365)
    await upkeep.hour()
    assert await Doubt(world.store, world.clock).since() is None
    await world.receipt("a2")
    assert await world.store.status(waits) == 22


async def test_after_a_week_it_is_believed(upkeep: Upkeep) -> None:
    world = upkeep.world
    await world.send("Testar", "a1")
    world.clock.step(days=100)
    for _ in range(7 * 24 + 1):
        assert await left(world, "body") == 1
        await upkeep.hour()
    await upkeep.hour()
    assert [await left(world, table) for table in ("message", "body")] == [1, 0]


async def test_set_back_nothing_goes_before_its_time(upkeep: Upkeep) -> None:
    world = upkeep.world
    await world.send("Testar", "a1")
    world.clock.step(days=-365)
    for _ in range(5):
        await upkeep.hour()
    assert [await left(world, table) for table in ("message", "body", "awaiting")] == [1, 1, 1]


@pytest.mark.parametrize(
    ("before", "now", "after"),
    [
        (None, 5, Seen(5, None)),
        (Seen(0, None), FAR_MS, Seen(FAR_MS, None)),
        (Seen(0, None), FAR_MS + 1, Seen(FAR_MS + 1, FAR_MS + 1)),
        (Seen(9, 9), 10, Seen(10, 9)),
        (Seen(9, 9), 8, Seen(8, None)),  # set back
        (Seen(DOUBT_MS, 1), DOUBT_MS + 1, Seen(DOUBT_MS + 1, None)),
        (Seen(9, 9), FAR_MS + 10, Seen(FAR_MS + 10, FAR_MS + 10)),  # ahead again: anew
    ],
)
def test_what_is_doubted(before: Seen | None, now: int, after: Seen) -> None:
    assert looked(before, now) == after
