"""Queued messages and the carriers of their routes: where they go while one has no link, and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from kavle.core import moves
from kavle.core.failover import Failover
from kavle.core.moves import Moves
from kavle.core.terms import MmsTerms, Terms
from kavle.metrics import Metrics
from kavle.model.bundle import Destination
from kavle.model.money import UNIT
from kavle.model.prefix import ByPrefix
from kavle.model.service import Service
from kavle.sms.segment import Encoding
from kavle.store.errors import StoreUnavailable
from kavle.store.types import CarrierState, CarrierTerms
from support.mms import PICTURE
from support.world import LOST, Accepted, World

OUT = 30.0
NORWAY = "4791234567"


class Roads:
    """Telia, Tele2 and a provider that takes short senders alone, and what moves between them."""

    def __init__(self, world: World, ids: Mapping[str, int]) -> None:
        self.world = world
        self.ids = dict(ids)
        telia, tele2, rest = (ids[name] for name in ("telia", "tele2", "rest"))
        self.terms = Terms(
            routes=ByPrefix({"46": (telia, tele2), "47": (telia, rest), "358": (telia,)}),
            prices=ByPrefix({"": UNIT}),
            region="SE",
            most_segments=10,
            validity=timedelta(hours=48),
            shifts={telia: (Encoding.GSM7_TURKISH,), rest: (Encoding.GSM7_TURKISH,)},
            limits={rest: lambda sender, text: len(sender) < 4 and len(text) < 300},
            mms=MmsTerms(ByPrefix({"": (ids["mmsc"], ids["mmsc2"])}), ByPrefix({"": UNIT})),
        )
        self.failover = Failover(self.terms.routes, OUT, self.terms.mms.routes)
        self.metrics = Metrics()
        self.woken: list[tuple[str, bool]] = []
        names = {id: name for name, id in ids.items()}
        wake: Any = lambda carrier, urgent: self.woken.append((names[carrier], urgent))  # noqa: E731
        self.states: list[CarrierState] = []
        world.store.carrier_states = self._states
        self.moves = Moves(world.store, world.clock, self.terms, self.failover, self.metrics, names, wake)

    async def _states(self, now: object) -> list[CarrierState]:
        return self.states

    async def down(self, **seconds: float) -> list[str]:
        """Carriers have been down for so long; what the log says of it."""
        at = self.world.clock.now()
        self.states = [
            CarrierState(id, name, at, seconds[name]) if name in seconds else CarrierState(id, name)
            for name, id in self.ids.items()
        ]
        with capture_logs() as log:
            await self.moves.look()
            await self.moves.move()
        return [line["event"] for line in log]

    async def queue(self, text: str = "Testar", **changes: Any) -> int:
        draft = self.world.draft(text)
        message_id = await self.world.store.accept(replace(draft, **changes))
        assert message_id is not None
        return int(message_id)

    async def queued(self) -> dict[str, int]:
        return {
            name: count
            for name in self.ids
            if (count := sum(1 for row in await self._jobs() if row == (self.ids[name],)))
        }

    async def carrier(self, message_id: int) -> str:
        ((id,),) = await self.world.rows(f"SELECT carrier_id FROM job WHERE message_id = {message_id}")  # noqa: S608
        return next(name for name in self.ids if self.ids[name] == id)

    async def _jobs(self) -> list[tuple[object, ...]]:
        return await self.world.rows("SELECT carrier_id FROM job")


@pytest.fixture
async def roads(world: World) -> Roads:
    names = [CarrierTerms("telia"), CarrierTerms("tele2"), CarrierTerms("rest", whole=True)]
    names += [CarrierTerms(name, service=Service.MMS) for name in ("mmsc", "mmsc2")]
    return Roads(world, await world.store.carrier_ids(names))


async def test_a_queue_goes_to_the_next_carrier_and_what_is_left_of_it_comes_back(roads: Roads) -> None:
    for _ in range(5):
        await roads.queue()
    assert await roads.down(telia=29) == []
    assert await roads.queued() == {"telia": 5}
    assert await roads.down(telia=OUT) == [
        "a route goes by another carrier",
        "a route goes by another carrier",
        "queued messages go by other carriers",
    ]
    assert await roads.queued() == {"tele2": 5}
    assert ("tele2", False) in roads.woken
    assert await roads.down(telia=OUT + 1) == []
    assert await roads.down() == [
        "a route goes by its first carrier again",
        "a route goes by its first carrier again",
        "queued messages go by other carriers",
    ]
    assert await roads.queued() == {"telia": 5}
    assert roads.metrics.moved == Counter(telia=5, tele2=5)


async def test_each_route_has_its_own_next_one_and_some_have_none(roads: Roads) -> None:
    swedish = await roads.queue()
    norwegian = await roads.queue(recipient=NORWAY)
    finnish = await roads.queue(recipient="358401234567")
    await roads.down(telia=OUT)
    assert [await roads.carrier(one) for one in (swedish, norwegian, finnish)] == ["tele2", "rest", "telia"]


async def test_a_message_that_the_next_one_would_refuse_waits_for_the_first(roads: Roads) -> None:
    sender = await roads.queue(recipient=NORWAY, sender="Kavle")
    long = await roads.queue("x" * 400, recipient=NORWAY)
    turkish = await roads.queue("ş", encoding=Encoding.GSM7_TURKISH)
    both_take_it = await roads.queue("ş", encoding=Encoding.GSM7_TURKISH, recipient=NORWAY)
    await roads.down(telia=OUT)
    assert [await roads.carrier(one) for one in (sender, long, turkish, both_take_it)] == [
        "telia",
        "telia",
        "telia",
        "rest",
    ]


async def test_what_the_first_one_has_in_part_stays_and_what_is_sent_again_whole_goes(
    roads: Roads, world: World
) -> None:
    """An alarm that was in flight when the link died is not to wait for that link."""
    unsure = await roads.queue()
    (leased,) = await world.lease()
    await world.answer(leased.lease, LOST)
    part = await roads.queue("x" * 200)
    (leased,) = await world.lease()
    await world.answer(leased.lease, Accepted("a1"), LOST)
    leased_now = await roads.queue()
    assert len(await world.lease()) == 1
    world.clock.forward(seconds=30)
    await world.promote()
    await roads.down(telia=OUT)
    assert await roads.carrier(part) == await roads.carrier(leased_now) == "telia"
    assert await roads.carrier(unsure) == "tele2"


async def test_what_becomes_ready_while_it_is_out_goes_too(roads: Roads, world: World) -> None:
    timed = await roads.queue(due=world.later(hours=1))
    draft = replace(
        world.bundle_draft(0), destinations=(Destination("46702617396", roads.ids["telia"], UNIT),)
    )
    assert await world.store.accept_bundle(draft)
    await roads.down(telia=OUT)
    assert await roads.carrier(timed) == "telia", "who knows what is then"
    world.clock.forward(hours=1)
    await world.promote()
    await world.advance()
    await roads.down(telia=OUT + 3600)
    assert await roads.queued() == {"tele2": 2}


async def test_what_waits_for_a_carrier_of_former_settings_goes_by_those_of_today(roads: Roads) -> None:
    (former,) = (await roads.world.store.carrier_ids([CarrierTerms("former")])).values()
    messages = [await roads.queue(carrier_id=former), await roads.queue(carrier_id=former, recipient=NORWAY)]
    await roads.down()
    unserved = [
        CarrierState(former, "former", served=False),
        CarrierState(roads.ids["tele2"], "tele2", served=False),
    ]
    roads.states = [one for one in roads.states if one.carrier != "tele2"] + unserved
    kept = await roads.queue(carrier_id=roads.ids["tele2"])  # whose process is only away
    with capture_logs() as log:
        await roads.moves.look()
        await roads.moves.move()
    assert [await roads.carrier(message) for message in messages] == ["telia", "telia"]
    assert [(line["before"], line["messages"]) for line in log] == [("former", 2)]
    assert await roads.carrier(kept) == "tele2"


async def test_mms_go_by_carriers_of_mms_and_sms_by_carriers_of_sms(roads: Roads) -> None:
    """Of whatever service the carrier was that is in the settings no longer."""
    (former,) = (await roads.world.store.carrier_ids([CarrierTerms("former")])).values()
    sms = await roads.queue(carrier_id=former)
    mms = await roads.queue(carrier_id=former, service=Service.MMS, files=(PICTURE,))
    await roads.down()
    roads.states.append(CarrierState(former, "former", served=False))
    await roads.moves.look()
    await roads.moves.move()
    assert [await roads.carrier(message) for message in (sms, mms)] == ["telia", "mmsc"]

    await roads.down(telia=OUT, tele2=OUT, rest=OUT, mmsc=OUT)
    assert [await roads.carrier(message) for message in (sms, mms)] == ["telia", "mmsc2"]
    await roads.down(telia=OUT, tele2=OUT, rest=OUT, mmsc=OUT, mmsc2=OUT)
    assert await roads.carrier(mms) == "mmsc2"
    await roads.down(mmsc=OUT, mmsc2=OUT)
    assert await roads.carrier(mms) == "mmsc2", "it waits, rather than go as what it is not"


async def test_nothing_goes_back_before_there_is_a_link(roads: Roads) -> None:
    message = await roads.queue(carrier_id=roads.ids["tele2"])
    await roads.down(telia=0)  # a start: it is not out yet, nor bound
    assert await roads.carrier(message) == "tele2"
    await roads.down()
    assert await roads.carrier(message) == "telia"


async def test_while_both_are_out_each_keeps_what_it_has(roads: Roads) -> None:
    first, second = await roads.queue(), await roads.queue(carrier_id=roads.ids["tele2"])
    await roads.down(telia=OUT, tele2=OUT)
    assert await roads.carrier(first) == "telia"
    assert await roads.carrier(second) == "tele2"
    await roads.down(telia=OUT)
    assert await roads.queued() == {"tele2": 2}


async def test_many_go_by_bounded_steps_and_the_urgent_first(
    roads: Roads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moves, "BATCH", 3)
    for priority in (1, 2, 2, 2, 2, 2, 2, 3):
        await roads.queue(priority=priority)
    stuck = [await roads.queue("ş", encoding=Encoding.GSM7_TURKISH) for _ in range(4)]
    asked: list[list[int]] = []
    move = roads.world.store.move

    async def noted(one: Any) -> int:
        asked.append([id for id, _ in one.jobs])
        return int(await move(one))

    roads.world.store.move = noted
    await roads.down(telia=OUT)
    assert [len(ids) for ids in asked] == [1, 3, 3, 1]
    assert asked[0] == [8]
    assert await roads.queued() == {"telia": len(stuck), "tele2": 8}


async def test_a_queue_whose_reading_failed_is_looked_through_again(roads: Roads) -> None:
    message = await roads.queue(carrier_id=roads.ids["tele2"])
    queued = roads.world.store.queued

    async def fails(page: object) -> list[Any]:
        raise StoreUnavailable("the disk is full")

    roads.world.store.queued = fails
    with pytest.raises(StoreUnavailable):
        await roads.down()
    roads.world.store.queued = queued
    await roads.down()
    assert await roads.carrier(message) == "telia"
