"""MMS in the store: files beside a message's text, two services apart, and what phones send, kept once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from kavle.model.history import Wanted
from kavle.model.incoming import IncomingState
from kavle.model.message import Accepted
from kavle.model.mms import FileLine, IncomingMmsLine, MmsFile, StoredFile
from kavle.model.money import UNIT
from kavle.model.number import NumberSettings
from kavle.model.service import Service
from kavle.model.status import Status
from kavle.store.files import MOST_LOOKED_AT
from kavle.store.groups import MOST_OCTETS, groups
from kavle.store.inbox import CallbackRequest, IncomingPage, MmsSaid, NewNumber
from kavle.store.sqlite.store import SqliteStore
from kavle.store.types import CarrierTerms, NewAccount, QueuePage
from support.mms import CARD, JPEG, MMSC, PICTURE, accept_mms, incoming_mms, mms_draft, mms_world
from support.world import TELIA, World

NUMBER = "46737494123"


@pytest.fixture
async def mms(world: World) -> World:
    """The world's store, by its carrier of MMS."""
    return await mms_world(world)


# --- out ---------------------------------------------------------------------------------------------------


async def test_an_mms_walks_the_same_road_as_an_sms_and_its_files_are_the_same_octets(mms: World) -> None:
    every_octet = MmsFile("allt.bin", "image/png", bytes(range(256)) * 1200)
    message = await accept_mms(mms, "Två bilder", PICTURE, every_octet)
    assert await mms.credits() == 99
    (leased,) = await mms.lease()
    assert (leased.service, leased.text, leased.unsent) == (Service.MMS, "Två bilder", (1,))
    assert await mms.store.files.all(message) == [PICTURE, every_octet]
    await mms.answer(leased.lease, Accepted("mm7"))
    await mms.receipt("mm7")
    assert await mms.story(message) == [10, 21, 22]
    assert await mms.rows("SELECT message_id FROM job") == []


async def test_each_service_has_ids_that_are_unknown_to_the_other(world: World, mms: World) -> None:
    sms, picture = await world.accept(), await accept_mms(mms)
    store = world.store
    assert await store.status(picture, Service.MMS) == await store.status(sms) == Status.RECEIVED
    assert await store.status(picture) is await store.status(sms, Service.MMS) is None
    bundle = await world.accept_bundle(2)
    (unmade, _) = await world.bundle(bundle)
    assert await store.status(unmade) == Status.RECEIVED
    assert await store.status(unmade, Service.MMS) is None, (
        "a recipient that is no message yet is one of an SMS"
    )
    assert not await world.cancel(picture)


async def test_what_no_balance_covers_leaves_no_file_behind(mms: World) -> None:
    poor = await mms.store.create_account(NewAccount("poor", "no hash", UNIT, mms.clock.now()))
    drafts = [mms_draft(mms, account=poor) for _ in range(3)]
    ids = [await mms.store.accept(draft) for draft in drafts]
    assert [id is not None for id in ids] == [True, False, False]
    assert await mms.rows("SELECT DISTINCT message_id FROM file") == [(ids[0],)]


async def test_a_page_reads_what_files_there_are_and_one_at_a_time(mms: World) -> None:
    message, files = await accept_mms(mms), mms.store.files
    assert await files.lines(message) == [
        FileLine("bild.jpg", "image/jpeg", "", len(JPEG)),
        FileLine("kort.vcf", "text/x-vcard", "", CARD.size),
    ]
    other = await mms.store.create_account(NewAccount("other", "no hash", 0, mms.clock.now()))
    card = StoredFile(message, 2, "kort.vcf", "text/x-vcard", CARD.size)
    assert await files.of_outgoing(mms.account.id, message, "kort.vcf") == card
    assert await files.of_outgoing(None, message, "bild.jpg") == StoredFile(
        message, 1, "bild.jpg", "image/jpeg", len(JPEG)
    )
    assert await files.of_outgoing(other.id, message, "bild.jpg") is None
    assert await files.of_outgoing(None, message, "nej.jpg") is None
    assert await files.of_incoming(None, message, "bild.jpg") is None


async def test_a_file_is_read_a_piece_at_a_time_and_the_rest_stays_where_it_is(mms: World) -> None:
    octets = JPEG + bytes(range(256)) * 300
    message, files = await accept_mms(mms, "", MmsFile("stor.jpg", "image/jpeg", octets)), mms.store.files
    file = await files.of_outgoing(None, message, "stor.jpg")
    assert file is not None
    pieces = [await files.piece(file, at, 10_000) for at in range(0, file.size, 10_000)]
    assert (b"".join(pieces), {len(piece) for piece in pieces[:-1]}) == (octets, {10_000})
    assert await files.piece(file, file.size - 1, 10_000) == octets[-1:]
    assert await files.piece(replace(file, number=2), 0, 10_000) == b"", "it has been erased"


async def test_the_history_tells_the_service_and_what_files_there_are(world: World, mms: World) -> None:
    await world.accept("sms")
    picture = await accept_mms(mms, "mms")
    page = await world.store.history.messages(world.account.id, Wanted(limit=5))
    assert [(line.text, line.service) for line in page.lines] == [("mms", Service.MMS), ("sms", Service.SMS)]
    story = await world.store.history.message(world.account.id, picture)
    assert [file.name for file in story.files] == ["bild.jpg", "kort.vcf"]


async def test_who_looks_through_a_queue_is_told_the_service(world: World, mms: World) -> None:
    await world.accept()
    await accept_mms(mms)
    for one, service in ((world, Service.SMS), (mms, Service.MMS)):
        (queued,) = await one.store.queued(QueuePage(one.carrier_id, 2, (-1, 0), 10))
        assert (queued.service, queued.whole) == (service, True)


async def test_a_carrier_of_one_service_is_none_of_the_other(world: World, mms: World) -> None:
    swapped = [CarrierTerms("telia", service=Service.MMS), replace(MMSC, service=Service.SMS), MMSC, TELIA]
    found = await world.store.carrier_ids(swapped[:2])
    assert found == {}
    assert await world.store.carrier_ids(swapped[2:]) == {"telia": world.carrier_id, "mmsc": mms.carrier_id}


def test_a_group_commit_has_a_bound_on_its_octets() -> None:
    third = MOST_OCTETS // 3
    sizes = [third, third, third, third, 0, MOST_OCTETS + 1, 0, 1]
    assert list(groups(sizes, int)) == [[third] * 3, [third, 0], [MOST_OCTETS + 1], [0, 1]]
    assert list(groups([], int)) == []


async def test_large_files_are_spread_over_several_commits(mms: World) -> None:
    """So that what comes meanwhile waits for one of them, and not for all."""
    picture = MmsFile("stor.jpg", "image/jpeg", JPEG + bytes(300_000))
    most = MOST_OCTETS // picture.size
    commits: list[int] = []
    lane = mms.store._writer if isinstance(mms.store, SqliteStore) else mms.store._accept
    lane._observe = lambda calls, seconds: commits.append(calls)
    drafts = [mms_draft(mms, f"nr {number}", picture) for number in range(3 * most)]
    ids = await asyncio.gather(*(mms.store.accept(draft) for draft in drafts))
    assert None not in ids
    assert sum(commits) == 3 * most
    assert max(commits) <= most
    assert await mms.rows("SELECT count(*), count(DISTINCT message_id) FROM file") == [(3 * most, 3 * most)]


# --- in ----------------------------------------------------------------------------------------------------


async def test_an_mms_from_a_phone_is_kept_with_its_files_and_wants_its_call(
    world: World, mms: World
) -> None:
    inbox, now = world.store.inbox, world.clock.now()
    settings = NumberSettings("https://example.com/in")
    await inbox.add_number(NewNumber(NUMBER, world.account.id, "example.com", settings, now))
    assert await inbox.take_mms(incoming_mms(mms.carrier_id, now))
    (line,) = await inbox.incoming(IncomingPage())
    assert (line.account, line.state) == ("test", IncomingState.WAITING)
    assert line.mms == MmsSaid("Personal", "Normal", "6.8.0", "t1")
    story = await inbox.story(line.id)
    files = (
        FileLine("bild.jpg", "image/jpeg", "bild.jpg@phone", len(JPEG)),
        FileLine("text.txt", "text/plain", "text.txt@phone", 6),
    )
    assert (story.text, story.files) == ("Semester", files)
    until = now + timedelta(seconds=60)
    request = CallbackRequest(5, 5, 5, token=1, per_host=5, per_account=5, now=now, until=until)
    (call,) = (await inbox.lease(request)).taken
    assert call.mms == IncomingMmsLine("Semester", "Personal", "Normal", "6.8.0", files)
    found = await world.store.files.of_incoming(world.account.id, line.id, "bild.jpg")
    assert await world.store.files.piece(found, 0, found.size) == JPEG
    assert await world.store.files.of_incoming(world.account.id + 1, line.id, "bild.jpg") is None


async def test_the_texts_among_files_are_read_from_their_beginning(world: World, mms: World) -> None:
    plain = [(f"{n}.txt", "text/plain", f"text {n}".encode()) for n in range(MOST_LOOKED_AT + 5)]
    files = ("bild.jpg", "image/jpeg", JPEG), ("kort.vcf", "text/x-vcard", CARD.data), *plain
    assert await world.store.inbox.take_mms(incoming_mms(mms.carrier_id, world.clock.now(), "t1", *files))
    bare = incoming_mms(mms.carrier_id, world.clock.now(), "t2", files[0])
    assert await world.store.inbox.take_mms(bare)
    none, first = await world.store.inbox.incoming(IncomingPage())
    texts = await world.store.files.texts([first.id, none.id], 5)
    assert texts == {first.id: [b"text "] * (MOST_LOOKED_AT - 2)}


async def test_one_that_is_nobodys_is_kept_for_the_operator_alone(world: World, mms: World) -> None:
    assert await world.store.inbox.take_mms(incoming_mms(mms.carrier_id, world.clock.now()))
    (line,) = await world.store.inbox.incoming(IncomingPage(unowned=True))
    assert await world.store.files.of_incoming(world.account.id, line.id, "bild.jpg") is None
    assert await world.store.files.of_incoming(None, line.id, "bild.jpg")


async def test_the_same_again_is_kept_once_and_another_under_its_transaction_too(
    world: World, mms: World
) -> None:
    inbox, now = world.store.inbox, world.clock.now()
    one = incoming_mms(mms.carrier_id, now)
    assert await inbox.take_mms(one)
    assert not await inbox.take_mms(replace(one, at=world.later(minutes=5)))
    (picture, text), changed = one.files, replace(one.files[0], data=JPEG[:-1] + b"!")
    other_octets, fewer = replace(one, files=(changed, text)), replace(one, files=(picture,))
    for other in (
        replace(one, transaction="t2"),
        replace(one, subject="Hem"),
        replace(one, carrier_id=world.carrier_id),
        other_octets,
        fewer,
    ):
        assert await inbox.take_mms(other), other
    nameless = replace(one, transaction="")
    assert await inbox.take_mms(nameless)
    assert await inbox.take_mms(nameless), "by nothing told apart: twice is better than never"
    assert len(await inbox.incoming(IncomingPage())) == 8


async def test_what_is_a_double_is_forgotten_in_time(world: World, mms: World) -> None:
    inbox, one = world.store.inbox, incoming_mms(mms.carrier_id, world.clock.now())
    await inbox.take_mms(one)
    assert await inbox.forget_mms(world.later(days=6)) == 0
    assert await inbox.forget_mms(world.later(days=8)) == 1
    assert await inbox.take_mms(one)
