"""MMS in core: accepted, handed to a carrier that fetches the files, told of; and those from phones, kept."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from kavle.core.accept import Accept
from kavle.core.cancel import Cancel
from kavle.core.dispatch import Dispatcher
from kavle.core.failover import Failover
from kavle.core.inbox import Inbox, ListIncoming, ShowIncoming
from kavle.core.incoming import Incoming
from kavle.core.mms_files import MmsFiles, received, sendable
from kavle.core.mms_order import MmsOrder
from kavle.core.order import SmsOrder
from kavle.core.queries import Queries
from kavle.core.road import Road
from kavle.core.terms import MmsTerms, Terms
from kavle.metrics import Metrics
from kavle.model.account import AccountSettings, Anyone, Operator
from kavle.model.errors import Reason, Refusal
from kavle.model.mms import IncomingFile, MmsFile, StoredFile
from kavle.model.money import UNIT
from kavle.model.number import NumberSettings
from kavle.model.prefix import ByPrefix
from kavle.model.service import Service
from kavle.store.inbox import NewNumber, StopChange
from support.mms import CARD, JPEG, PICTURE, incoming_mms, mms_world
from support.patience import PATIENCE
from support.scripted import Scripted
from support.world import World

PHONE, NUMBER = "46701740605", "46737494123"
ORDER = MmsOrder(PHONE, "46702617396", "Se här", (PICTURE, CARD))
ADMIN, WATCHER = Operator("anna", "admin"), Operator("bo", "viewer")


class Gateway:
    """What there is between a customer and a carrier of MMS."""

    def __init__(self, world: World, mms: World) -> None:
        self.world, self.mms = world, mms
        self.terms = Terms(
            routes=ByPrefix({"": (world.carrier_id,)}),
            prices=ByPrefix({"": UNIT}),
            region="SE",
            most_segments=10,
            validity=timedelta(hours=48),
            mms=MmsTerms(ByPrefix({"": (mms.carrier_id,)}), ByPrefix({"": 3 * UNIT})),
        )
        self.woken: list[int] = []
        failover = Failover(self.terms.routes, 30, self.terms.mms.routes)
        self.accept = Accept(
            world.store,
            world.clock,
            self.terms,
            failover,
            Metrics(),
            lambda carrier, _: self.woken.append(carrier),
        )
        self.queries, self.files = Queries(world.store), MmsFiles(world.store)
        self.metrics = Metrics()
        self.incoming = Incoming(world.store, self.metrics, "SE")


@pytest.fixture
async def gateway(world: World) -> Gateway:
    return Gateway(world, await mms_world(world))


class Fetching(Scripted):
    """A carrier that asks for an MMS's files before it sends it."""

    fetched: list[MmsFile]

    def submit(self, parcels) -> None:  # type: ignore[no-untyped-def]
        async def fetch() -> None:
            for parcel in parcels:
                self.fetched = list(await self.events.files(parcel.lease.message_id))
            self.answer(parcels)

        self.answering = False
        super().submit(parcels)
        self._fetching = asyncio.create_task(fetch())


async def test_an_mms_goes_out_with_its_files_and_is_told_of_in_appendix_bs_codes(gateway: Gateway) -> None:
    world, mms = gateway.world, gateway.mms
    public_id = str(await gateway.accept.mms(world.account, ORDER))
    assert gateway.woken == [mms.carrier_id]
    assert await world.credits() == 97
    assert await gateway.queries.mms_status(Anyone(), public_id) == 0

    dispatcher = Dispatcher(world.store, world.clock, Metrics(), mms.carrier_id, most_segments=10)
    carrier = Fetching(dispatcher, world.clock, 10)
    road = Road(carrier, dispatcher)
    deaths: list[BaseException] = []
    road.start(deaths.append)
    async with asyncio.timeout(PATIENCE):
        while await world.rows("SELECT message_id FROM job"):
            await asyncio.sleep(0.01)
    await road.stop()
    assert deaths == []
    (parcel,) = carrier.taken
    assert (parcel.service, parcel.text, [one.number for one in parcel.segments]) == (
        Service.MMS,
        "Se här",
        [1],
    )
    assert carrier.fetched == [PICTURE, CARD]
    assert await gateway.queries.mms_status(Anyone(), public_id) == 21
    await mms.receipt(f"{parcel.lease.message_id}.1")
    assert await gateway.queries.mms_status(Anyone(), public_id) == 22


async def test_an_id_of_one_service_is_unknown_to_the_other(gateway: Gateway) -> None:
    account, queries = gateway.world.account, gateway.queries
    mms = str(await gateway.accept.mms(account, ORDER))
    sms = str(await gateway.accept.sms(account, SmsOrder(PHONE, "ip1", "Hej", "2")))
    assert [await queries.status(Anyone(), id) for id in (sms, mms)] == [10, None]
    assert [await queries.mms_status(Anyone(), id) for id in (sms, mms, "999999", "x")] == [
        None,
        0,
        None,
        None,
    ]
    assert await queries.bundle(Anyone(), mms) == []
    assert await queries.due(Anyone(), mms) is None
    cancel = Cancel(gateway.world.store, gateway.world.clock, lambda: None)
    for verb in (cancel.sms, cancel.bundle):
        with pytest.raises(Refusal) as refused:
            await verb(account, mms)
        assert refused.value.reason is Reason.PARAMETER


async def test_what_is_refused_stores_and_debits_nothing(gateway: Gateway) -> None:
    world = gateway.world
    for given, reason in (
        ({"recipient": "hej"}, Reason.RECIPIENT),
        ({"sender": "Kavle"}, Reason.PARAMETER),
        ({"files": (), "text": ""}, Reason.CONTENT),
    ):
        with pytest.raises(Refusal) as refused:
            await gateway.accept.mms(world.account, replace(ORDER, **given))
        assert refused.value.reason is reason
    await world.store.inbox.stop(StopChange(world.account.id, PHONE, world.clock.now()))
    listed = replace(world.account, settings=AccountSettings(stop_list=True))
    with pytest.raises(Refusal) as refused:
        await gateway.accept.mms(listed, ORDER)
    assert refused.value.reason is Reason.RECIPIENT
    for _ in range(33):
        await gateway.accept.mms(world.account, ORDER)
    with pytest.raises(Refusal) as refused:
        await gateway.accept.mms(world.account, ORDER)
    assert refused.value.reason is Reason.BALANCE
    assert await world.credits() == 1
    assert len(await world.rows("SELECT message_id FROM file")) == 2 * 33


async def octets(gateway: Gateway, file: StoredFile | None) -> bytes:
    assert file is not None
    return b"".join([piece async for piece in gateway.files.pieces(file)])


async def test_files_are_shown_to_their_account_and_to_operators_who_may_read(gateway: Gateway) -> None:
    account = gateway.world.account
    id = str(await gateway.accept.mms(account, ORDER))
    stranger = replace(account, id=account.id + 1)
    assert await octets(gateway, await gateway.files.sent(account, id, "bild.jpg")) == JPEG
    assert await octets(gateway, await gateway.files.sent(ADMIN, id, "kort.vcf")) == CARD.data
    unknown = (stranger, "bild.jpg"), (WATCHER, "bild.jpg"), (account, "bild.JPG"), (account, "\0")
    for viewer, name in unknown:
        assert await gateway.files.sent(viewer, id, name) is None
    assert [file.name for file in (await gateway.queries.message(account, id)).files] == [
        "bild.jpg",
        "kort.vcf",
    ]
    assert (await gateway.queries.message(WATCHER, id)).files == ()


async def test_the_loop_does_not_look_through_what_a_customer_sends(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A presentation that means ill takes a tenth of a second."""
    threads: list[int] = []

    def looked_through(files: Sequence[MmsFile]) -> tuple[MmsFile, ...]:
        threads.append(threading.get_ident())
        return sendable(files)

    monkeypatch.setattr("kavle.core.mms_order.sendable", looked_through)
    await gateway.accept.mms(gateway.world.account, ORDER)
    assert threads
    assert threading.get_ident() not in threads


async def test_the_loop_does_not_look_through_what_a_phone_sends(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """5 MB take 14 ms."""
    threads: list[int] = []

    def seen(files: Sequence[IncomingFile]) -> tuple[IncomingFile, ...]:
        threads.append(threading.get_ident())
        return received(files)

    monkeypatch.setattr("kavle.core.incoming.received", seen)
    told = incoming_mms(gateway.mms.carrier_id, gateway.world.clock.now(), "t", ("a.jpg", "image/jpeg", JPEG))
    await gateway.incoming.mms(told)
    assert threads
    assert threading.get_ident() not in threads


async def test_one_from_a_phone_is_kept_once_with_names_and_types_of_ours(gateway: Gateway) -> None:
    world, now = gateway.world, gateway.world.clock.now()
    address = NumberSettings("https://example.com/in")
    await world.store.inbox.add_number(NewNumber(NUMBER, world.account.id, "example.com", address, now))
    files = (
        ("../../a b.php", "image/jpeg", JPEG),
        ("a b.jpg", "image/jpeg", JPEG + b"2"),
        ("sida.html", "text/html", b"<script>"),
    )
    told = incoming_mms(
        gateway.mms.carrier_id, now, "t1", *files, sender="070-174 06 05", subject="Hej\0 \ud83d"
    )
    await gateway.incoming.mms(told)
    await gateway.incoming.mms(told)
    assert gateway.metrics.incoming == Counter(mms=1, double=1)
    inbox = Inbox(world.store, world.clock)
    (line,) = await inbox.page(ListIncoming())
    assert (line.service, line.sender, line.account) == (Service.MMS, PHONE, "test")
    whole = await inbox.show(ShowIncoming(line.id))
    assert whole.text == "Hej ?"
    assert [(file.name, file.content_type) for file in whole.files] == [
        ("a_b.jpg", "image/jpeg"),
        ("a_b-2.jpg", "image/jpeg"),
        ("sida.bin", "application/octet-stream"),
    ]
    found = await gateway.files.received(world.account, line.id, "a_b-2.jpg")
    assert await octets(gateway, found) == JPEG + b"2"
    assert await gateway.files.received(replace(world.account, id=99), line.id, "a_b.jpg") is None
    assert await gateway.files.received(WATCHER, line.id, "a_b.jpg") is None
    assert await gateway.files.received(world.account, line.id, "a\0b.jpg") is None
    assert await gateway.files.sent(world.account, line.id, "a_b.jpg") is None, "it did not go out"


async def test_a_number_without_end_is_kept_as_its_beginning(gateway: Gateway) -> None:
    """By whole it fits no index: an engine refuses it, and what comes beside it, each time that it comes."""
    told = incoming_mms(gateway.mms.carrier_id, gateway.world.clock.now(), "t", ("a.jpg", "image/jpeg", JPEG))
    await gateway.incoming.mms(replace(told, sender="46" * 50_000, recipient="46" * 50_000))
    kept = await gateway.world.rows("SELECT length(sender), length(recipient) FROM incoming")
    assert kept == [(200, 200)]


async def test_who_fetches_a_file_has_a_piece_of_it_in_memory_and_is_told_when_it_goes(
    gateway: Gateway,
) -> None:
    long = MmsFile("stor.jpg", "image/jpeg", JPEG + bytes(200_000))
    id = str(await gateway.accept.mms(gateway.world.account, replace(ORDER, files=(long,))))
    file = await gateway.files.sent(gateway.world.account, id, "stor.jpg")
    assert file is not None
    assert max([len(piece) async for piece in gateway.files.pieces(file)]) < long.size / 2
    with pytest.raises(Refusal) as refused:
        await anext(gateway.files.pieces(replace(file, number=2)))
    assert refused.value.reason is Reason.UNAVAILABLE
    assert await octets(gateway, file) == long.data
