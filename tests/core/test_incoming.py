"""Messages from phones on their way to the store, and stop lists on the way out."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from kavle.core import incoming
from kavle.core.accept import Accept
from kavle.core.bundle_order import BundleOrder
from kavle.core.failover import Failover
from kavle.core.incoming import Incoming, PartSweep
from kavle.core.order import SmsOrder
from kavle.core.terms import Terms
from kavle.metrics import Metrics
from kavle.model.account import Account, AccountSettings
from kavle.model.errors import Reason, Refusal
from kavle.model.incoming import Piece
from kavle.model.money import UNIT
from kavle.model.prefix import ByPrefix
from kavle.store.errors import StoreUnavailable
from kavle.store.inbox import IncomingPage, StopChange, Taken
from kavle.store.types import TopUp
from support.world import World

PHONE, NUMBER = "46701740605", "46737494123"


def piece(world: World, text: str = "hej", **how: Any) -> Piece:
    given = {"sender": PHONE, "recipient": NUMBER} | how
    return Piece(world.carrier_id, text=text, at=world.clock.now(), **given)


async def test_numbers_are_kept_as_digits_however_the_network_writes_them(world: World) -> None:
    came: list[None] = []
    inbox = Incoming(world.store, Metrics(), "SE", lambda: came.append(None))
    await inbox.keep([piece(world, sender="+46701740605", recipient="0737494123")])
    await inbox.keep([piece(world, sender="Banken", recipient="71700")])
    lines = await world.store.inbox.incoming(IncomingPage())
    assert [(line.sender, line.recipient) for line in lines] == [("Banken", "71700"), (PHONE, NUMBER)]
    assert len(came) == 2


async def test_parts_are_counted_and_nobody_is_called_for_them(world: World) -> None:
    metrics, came = Metrics(), list[None]()
    inbox = Incoming(world.store, metrics, "SE", lambda: came.append(None))
    first, second = (piece(world, text=text, total=2, number=n) for n, text in ((1, "en "), (2, "två")))
    await inbox.keep([first, first])
    assert came == []
    await inbox.keep([second])
    assert came == [None]
    assert metrics.incoming == Counter(message=1, double=1)


class Away:
    """A store that can't take anything, or never answers."""

    def __init__(self, hangs: bool) -> None:
        self.hangs = hangs

    @property
    def inbox(self) -> Away:
        return self

    async def take(self, batch: Sequence[Piece]) -> Taken:
        if self.hangs:
            await asyncio.Event().wait()
        raise StoreUnavailable("the disk is full")


@pytest.mark.parametrize("hangs", [True, False])
async def test_what_the_store_can_not_take_in_time_is_refused(
    world: World, hangs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "PATIENCE", 0.01)
    inbox = Incoming(Away(hangs), Metrics(), "SE")  # type: ignore[arg-type]
    with pytest.raises(Refusal) as refused:
        await inbox.keep([piece(world)])
    assert refused.value.reason is Reason.UNAVAILABLE


async def test_parts_that_waited_long_enough_are_delivered(world: World) -> None:
    metrics, came = Metrics(), list[None]()
    sweep = PartSweep(world.store, world.clock, metrics, timedelta(minutes=30), lambda: came.append(None))
    await Incoming(world.store, metrics, "SE").keep([piece(world, total=3, number=1)])
    world.clock.forward(minutes=30)
    await sweep.once()
    assert metrics.incoming == Counter()
    world.clock.forward(seconds=1)
    await sweep.once()
    assert metrics.incoming == Counter(incomplete=1)
    assert came == [None]
    world.clock.forward(minutes=41)
    await sweep.once()
    assert await world.rows("SELECT * FROM incoming_part") == []


# --- stop lists ------------------------------------------------------------------------------------------


class Sender:
    """An account with a stop list that PHONE is on."""

    def __init__(self, world: World) -> None:
        self.world = world
        terms = Terms(
            routes=ByPrefix({"": (world.carrier_id,)}),
            prices=ByPrefix({"": UNIT}),
            region="SE",
            most_segments=10,
            validity=timedelta(hours=48),
        )
        failover = Failover(terms.routes, 30)
        self.accept = Accept(
            world.store, world.clock, terms, failover, Metrics(), lambda carrier, urgent: None
        )
        self.account = replace(world.account, settings=AccountSettings(stop_list=True))

    async def sms(self, recipient: str, account: Account | None = None) -> int:
        return await self.accept.sms(account or self.account, SmsOrder(recipient, "ip1", "Hej", "2"))

    async def bundle(self, recipients: str) -> int:
        public_id = await self.accept.bundle(self.account, BundleOrder(recipients, "ip1", "Hej", "2"))
        store = self.world.store
        id = store.public_ids.internal(public_id, await store.newest_id())
        assert id is not None
        return int(id)


@pytest.fixture
async def sender(world: World) -> Sender:
    await world.store.inbox.stop(StopChange(world.account.id, PHONE, world.clock.now()))
    return Sender(world)


async def test_a_phone_on_the_stop_list_is_as_a_wrong_number_and_costs_nothing(
    world: World, sender: Sender
) -> None:
    with pytest.raises(Refusal) as refused:
        await sender.sms("0701740605")
    assert refused.value.reason is Reason.RECIPIENT
    assert PHONE not in str(refused.value)
    assert await world.credits() == 100
    assert await world.rows("SELECT id FROM message") == []


async def test_in_a_bundle_it_is_3_and_the_others_are_sent(world: World, sender: Sender) -> None:
    await world.store.top_up(TopUp("test", 2000 * UNIT, world.clock.now()))
    others = [f"4670{number:07}" for number in range(1200)]
    bundle = await sender.bundle(",".join([*others[:600], PHONE, *others[600:]]))
    await world.advance()
    statuses = await world.statuses(bundle)
    assert statuses[600] == 3
    assert Counter(statuses) == {10: 1200, 3: 1}
    with pytest.raises(Refusal) as refused:
        await sender.bundle(f"{PHONE},{PHONE}")
    assert refused.value.reason is Reason.RECIPIENT


async def test_an_account_without_a_stop_list_looks_at_none(
    world: World, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*arguments: object) -> frozenset[str]:
        raise AssertionError("a look for each message")

    monkeypatch.setattr(world.store.inbox, "stopped", never)
    assert await sender.sms(PHONE, world.account) >= 1000


async def test_a_stop_list_that_can_not_be_read_refuses_for_now(
    sender: Sender, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*arguments: object) -> frozenset[str]:
        raise StoreUnavailable("the database can't be read now")

    monkeypatch.setattr(world.store.inbox, "stopped", away)
    with pytest.raises(Refusal) as refused:
        await sender.sms("0702617396")
    assert refused.value.reason is Reason.UNAVAILABLE
