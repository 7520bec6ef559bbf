"""A gateway and an MMSC over real sockets: an MMS goes out by MM7 and is told of by its reports, and one
from a phone is kept before the MMSC is told so. Each ends with the invariants."""

from __future__ import annotations

import asyncio
import random
import threading
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Never
from urllib.request import Request, urlopen

import pytest
import structlog

from kavle.cli.app import Gateway
from kavle.cli.config import MmsPriceSettings, PriceSettings, RouteSettings, Settings
from kavle.clock import SystemClock
from kavle.model.incoming import IncomingState
from kavle.north.settings import HttpSettings
from kavle.simulator.journal import MemoryJournal
from kavle.simulator.mmsc.mmsc import Mmsc as SimulatedMmsc
from kavle.simulator.mmsc.mo import GivenFile, MmText
from kavle.simulator.mmsc.settings import MmscSettings
from kavle.simulator.settings import SmscSettings
from kavle.simulator.smsc import Smsc
from kavle.south.mm7.settings import Mm7Settings
from kavle.store.errors import StoreUnavailable
from kavle.store.inbox import IncomingPage, IncomingStory
from kavle.wire.mime import ContentType, Part
from kavle.wire.mm7 import (
    Address,
    CancelReq,
    Code,
    DeliverReq,
    DeliverRsp,
    DeliveryReportReq,
    DeliveryReportRsp,
    Form,
    ReadReplyReq,
    Status,
    SubmitReq,
    VASPErrorRsp,
    version,
    write,
)
from support import invariants
from support.books import Place, reading
from support.mmsc import Mmsc, cut, refusing
from support.patience import PATIENCE, until
from support.running import LOOPBACK, Running

SECRET = "kept-between-us-and-them-0"
NUMBER, PHONE = "46701740699", "46702617396"
PICTURE = b"\xff\xd8\xff\xe0\r\n\r\n--kavle-\0\n--\r\n" + bytes(range(256)) * 40
SEND = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<sendMMS xmlns="http://tempuri.org/"><acc>test</acc><pass>1234</pass><msg>{msg}</msg>'
    "<to>{to}</to><from>46701740699</from><files><InlineFile><name>bild.jpg</name>"
    "<contentType>image/jpeg</contentType><data>{data}</data></InlineFile></files></sendMMS>"
    "</s:Body></s:Envelope>"
)


class Business(Running):
    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway, Smsc(SmscSettings(), None, MemoryJournal()), MemoryJournal())
        self.hook = f"{self.url}/carriers/mmsc/{SECRET}"

    async def _result(self, body: str, operation: str) -> str:
        headers = {"Content-Type": "text/xml; charset=utf-8"}
        request = Request(f"{self.url}/mms/mms.asmx", body.encode(), headers)  # noqa: S310 -- loopback

        def post() -> str:
            with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 -- loopback
                return str(answer.read().decode())

        answer = await asyncio.to_thread(post)
        return answer.partition(f"<{operation}Result>")[2].partition("<")[0]

    async def send_mms(self, msg: str = "Titta!", to: str = "0702617396", data: bytes = PICTURE) -> str:
        body = SEND.format(msg=msg, to=to, data=b64encode(data).decode())
        return await self._result(body, "sendMMS")

    async def mms_status(self, public_id: str) -> int:
        body = (
            '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
            f'<status xmlns="http://tempuri.org/"><mmsId>{public_id}</mmsId></status></s:Body></s:Envelope>'
        )
        return int(await self._result(body, "status"))

    async def mms_until(self, public_id: str, status: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while await self.mms_status(public_id) != status:
                await asyncio.sleep(0.02)

    async def incoming(self) -> list[IncomingStory]:
        """The oldest first."""
        inbox = self.gateway.store.inbox
        stories = [await inbox.story(line.id) for line in await inbox.incoming(IncomingPage())]
        return [story for story in reversed(stories) if story is not None]

    async def data(self, story: IncomingStory) -> list[bytes]:
        """Of its files."""
        return [file.data for file in await self.gateway.store.files.all(story.line.id)]


@asynccontextmanager
async def business(
    place: Place, url: str, body_seconds: float = 60.0, **changes: Any
) -> AsyncIterator[Business]:
    fields = {"name": "mmsc", "url": url, "webhook": SECRET, "reconnect_max": 0.05} | changes
    settings = Settings(
        database=f"sqlite:///{place}" if isinstance(place, Path) else place,
        http=HttpSettings(host=LOOPBACK, port=0, body_seconds=body_seconds),
        carrier=[Mm7Settings(**fields)],
        route=[RouteSettings(mms=["mmsc"])],
        price=PriceSettings(mms=MmsPriceSettings(default="2.50")),
    )
    gateway = Gateway(settings, SystemClock())
    await gateway.start()
    try:
        run = Business(gateway)
        await run.account("test", "1234", 1000)
        yield run
    finally:
        await gateway.stop()
    read = reading(place)
    await invariants.ledger_is_balance(read)
    await invariants.refunds_are_what_no_network_took(read)
    await invariants.no_orphan_job(read)
    await invariants.no_final_status_regressed(read, {})


@pytest.fixture
async def mmsc() -> AsyncIterator[Mmsc]:
    async with Mmsc() as mmsc:
        yield mmsc


@pytest.fixture
async def run(place: Place, mmsc: Mmsc) -> AsyncIterator[Business]:
    async with business(place, mmsc.url) as run:
        yield run


only_sqlite = pytest.mark.parametrize("place", ["sqlite"], indirect=True)


def report(message_id: str, mm_status: str) -> DeliveryReportReq:
    return DeliveryReportReq(
        transaction="r1",
        message_id=message_id,
        mm_status=mm_status,
        recipient=Address(Form.NUMBER, f"+{PHONE}"),
    )


def delivery(transaction: str = "d1", **changes: Any) -> DeliverReq:
    picture = Part(ContentType("image/jpeg"), PICTURE, content_id="p", content_location="bild.jpg")
    text = Part(ContentType("text/plain", {"charset": "utf-8"}), "Hej å".encode(), content_id="t")
    fields: dict[str, Any] = {
        "sender": Address(Form.NUMBER, f"+{PHONE}"),
        "to": (Address(Form.NUMBER, NUMBER),),
        "subject": "Semester",
        "priority": "Normal",
        "content": Part(ContentType("multipart/mixed"), parts=(text, picture)),
    }
    return DeliverReq(transaction=transaction, **fields | changes)


async def test_its_threads_end_with_it(tmp_path: Path, mmsc: Mmsc) -> None:
    def names() -> set[str]:
        # Those of the loop and of SQLite are others' to end.
        return {one.name.rpartition("_")[0] for one in threading.enumerate() if one not in before}

    before = set(threading.enumerate())
    async with business(tmp_path / "kavle.db", mmsc.url) as run:
        await run.send_mms(data=PICTURE * 4)
        assert names() >= {"base64", "mms", "argon2"}
    await until(lambda: names() <= {"asyncio", ""})


# --- out -----------------------------------------------------------------------------------------------


async def test_an_mms_goes_out_and_comes_to_22(run: Business, mmsc: Mmsc) -> None:
    public_id = await run.send_mms()
    await run.mms_until(public_id, 21)
    (taken,) = mmsc.taken
    assert taken.content is not None
    assert [part.body for part in taken.content.parts[1:]] == [b"Titta!", PICTURE]
    assert [address.value for address in taken.to] == [PHONE]
    told = await mmsc.tell(run.hook, report("mmsc-1", "Retrieved"))
    assert told == (200, DeliveryReportRsp(transaction="r1", status=Status(1000, "Success")))
    await run.mms_until(public_id, 22)
    assert await run.balance() == "997.50"
    # The first last word counts.
    assert (await mmsc.tell(run.hook, report("mmsc-1", "Rejected")))[0] == 200
    assert await run.mms_status(public_id) == 22


@only_sqlite
@pytest.mark.parametrize(
    ("mm_status", "public"), [("Expired", 44), ("Rejected", 50), ("Unrecognised", 45), ("Forwarded", 21)]
)
async def test_what_it_reports_is_what_the_business_is_told(
    run: Business, mmsc: Mmsc, mm_status: str, public: int
) -> None:
    public_id = await run.send_mms()
    await run.mms_until(public_id, 21)
    assert (await mmsc.tell(run.hook, report("mmsc-1", mm_status)))[0] == 200
    await run.mms_until(public_id, public)
    assert await run.balance() == "997.50"


@only_sqlite
@pytest.mark.parametrize(
    ("code", "public"), [(Code.ADDRESS_ERROR, 45), (Code.MULTIMEDIA_CONTENT_REFUSED, 41), (3002, 50)]
)
async def test_what_it_refuses_is_refunded(run: Business, mmsc: Mmsc, code: int, public: int) -> None:
    mmsc.answers.append(refusing(code, fault=True, status=500))
    public_id = await run.send_mms()
    await run.mms_until(public_id, public)
    assert await run.balance() == "1000.00"


@only_sqlite
async def test_what_it_does_not_take_now_goes_later(run: Business, mmsc: Mmsc) -> None:
    mmsc.answers.append(refusing(Code.SERVICE_UNAVAILABLE))
    public_id = await run.send_mms()
    await run.mms_until(public_id, 21)
    assert [message.transaction.split("-")[1] for message in mmsc.asked] == ["1", "2"]
    assert await run.balance() == "997.50"


@only_sqlite
async def test_what_was_never_answered_is_sent_again_and_paid_once(run: Business, mmsc: Mmsc) -> None:
    mmsc.answers.append(cut)
    public_id = await run.send_mms()
    await run.mms_until(public_id, 21)
    first, second = mmsc.asked
    assert first.transaction != second.transaction
    assert first.content == second.content
    assert await run.balance() == "997.50"


@only_sqlite
async def test_a_report_that_takes_the_recipient_for_the_sender_is_known_by_its_id(
    run: Business, mmsc: Mmsc
) -> None:
    """As Mbuni writes them."""
    public_id = await run.send_mms()
    await run.mms_until(public_id, 21)
    swapped = DeliveryReportReq(
        transaction="r1",
        message_id="mmsc-1",
        mm_status="Retrieved",
        recipient=Address(Form.SHORT_CODE, "111"),
        sender=Address(Form.NUMBER, f"+{PHONE}"),
    )
    assert (await mmsc.tell(run.hook, swapped))[0] == 200
    await run.mms_until(public_id, 22)


async def test_a_reply_that_it_was_read_is_a_report(run: Business, mmsc: Mmsc) -> None:
    public_id = await run.send_mms()
    await run.mms_until(public_id, 21)
    status, _ = await mmsc.tell(
        run.hook, ReadReplyReq(transaction="r", message_id="mmsc-1", mm_status="Read")
    )
    assert status == 200
    await run.mms_until(public_id, 22)


# --- in ------------------------------------------------------------------------------------------------


async def test_an_mms_from_a_phone_is_kept_once(run: Business, mmsc: Mmsc) -> None:
    for _ in range(2):
        told = await mmsc.tell(run.hook, delivery())
        assert told == (200, DeliverRsp(transaction="d1", status=Status(1000, "Success")))
    (story,) = await run.incoming()
    assert (story.line.sender, story.line.recipient, story.text) == (PHONE, NUMBER, "Semester")
    assert story.line.state is IncomingState.KEPT
    assert [line.name for line in story.files] == ["t.txt", "bild.jpg"]
    assert await run.data(story) == ["Hej å".encode(), PICTURE]


@only_sqlite
async def test_it_is_answered_in_the_words_that_it_came_in(run: Business, mmsc: Mmsc) -> None:
    spoken = version("REL-5-MM7-1-0", "5.3.0")
    assert (await mmsc.tell(run.hook, delivery(version=spoken)))[1].version == spoken


@only_sqlite
async def test_nothing_is_acknowledged_that_could_not_be_kept(
    run: Business, mmsc: Mmsc, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(what: object) -> Never:
        raise StoreUnavailable("the disk is full")

    store = run.gateway.store
    with monkeypatch.context() as patch:
        patch.setattr(store.inbox, "take_mms", full)
        patch.setattr(store, "receive", full)
        for message in (delivery(), report("mmsc-1", "Retrieved")):
            status, answer = await mmsc.tell(run.hook, message)
            assert isinstance(answer, DeliverRsp | DeliveryReportRsp)
            assert (status, answer.status.code) == (503, Code.SERVICE_UNAVAILABLE)
    assert await run.incoming() == []


@only_sqlite
async def test_what_says_no_number_of_ours_is_refused(run: Business, mmsc: Mmsc) -> None:
    status, answer = await mmsc.tell(run.hook, delivery(to=()))
    assert isinstance(answer, DeliverRsp)
    assert (status, answer.status.code) == (200, Code.ADDRESS_ERROR)
    assert await run.incoming() == []


@only_sqlite
async def test_what_is_for_more_numbers_than_a_phone_writes_to_is_refused(run: Business, mmsc: Mmsc) -> None:
    """Each is kept with all files: a single request would fill a disk."""
    numbers = [Address(Form.NUMBER, f"467017406{number:02}") for number in range(51)]
    status, answer = await mmsc.tell(run.hook, delivery(to=tuple(numbers)))
    assert isinstance(answer, DeliverRsp)
    assert (status, answer.status.code) == (200, Code.MULTIPLE_ADDRESSES_NOT_SUPPORTED)
    assert await run.incoming() == []
    assert (await mmsc.tell(run.hook, delivery(to=tuple(numbers[:50]))))[0] == 200
    assert len(await run.incoming()) == 50


async def test_what_says_no_number_is_to_the_one_that_is_set(tmp_path: Path, mmsc: Mmsc) -> None:
    async with business(tmp_path / "kavle.db", mmsc.url, incoming_number=NUMBER) as run:
        assert (await mmsc.tell(run.hook, delivery(to=())))[0] == 200
        assert [story.line.recipient for story in await run.incoming()] == [NUMBER]


# --- what is no MM7, or not for us ---------------------------------------------------------------------


@only_sqlite
@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        ("text/xml", b"<html>hello</html>", Code.VALIDATION_ERROR),
        ("text/xml", b"", Code.VALIDATION_ERROR),
        ("text/xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", Code.VALIDATION_ERROR),
        ("multipart/related; boundary=x", b"--x\r\n\r\nno end", Code.VALIDATION_ERROR),
        (*write(CancelReq(transaction="c", message_id="m")), Code.UNSUPPORTED_OPERATION),
        (*write(SubmitReq(transaction="s")), Code.UNSUPPORTED_OPERATION),
    ],
)
async def test_what_can_t_be_made_out_is_told_so(
    run: Business, mmsc: Mmsc, content_type: str, body: bytes, code: Code
) -> None:
    status, answer = await mmsc.post(run.hook, content_type, body)
    assert isinstance(answer, VASPErrorRsp)
    assert (status, answer.status.code) == (500, code)


async def raw(run: Business, method: str, path: str, body: bytes = b"", *headers: str) -> int:
    """The status of an answer."""
    reader, writer = await asyncio.open_connection(LOOPBACK, run.gateway.http.port)
    head = [f"{method} {path} HTTP/1.1", "Host: a", "Content-Type: text/xml", *headers]
    writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
    line = await reader.readline()
    writer.close()
    return int(line.split()[1])


@only_sqlite
async def test_who_does_not_know_the_secret_finds_nothing(run: Business, mmsc: Mmsc) -> None:
    _, body = write(delivery())
    length = f"Content-Length: {len(body)}"
    for path in (f"/carriers/mmsc/{SECRET}x", "/carriers/mmsc/", f"/carriers/other/{SECRET}"):
        assert await raw(run, "POST", path, body, length) == 404
    assert await raw(run, "GET", f"/carriers/mmsc/{SECRET}") == 405
    assert await run.incoming() == []


async def test_what_is_too_long_is_refused_by_its_head(tmp_path: Path, mmsc: Mmsc) -> None:
    path = f"/carriers/mmsc/{SECRET}"
    async with business(tmp_path / "kavle.db", mmsc.url, longest=100_000) as run:
        assert await raw(run, "POST", path, b"", "Content-Length: 100001") == 413
        chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (100_001, b"x" * 100_001)
        assert await raw(run, "POST", path, chunks, "Transfer-Encoding: chunked") == 413
        assert (await mmsc.tell(run.hook, delivery()))[0] == 200


@only_sqlite
async def test_a_compressed_body_is_refused_as_one(run: Business, mmsc: Mmsc) -> None:
    """It was taken for MM7 that is damaged, by which nobody finds what is wrong."""
    path, body = f"/carriers/mmsc/{SECRET}", b"\x1f\x8b"
    for coding, status in (("gzip", 415), ("Deflate", 415), ("identity", 500)):
        headers = "Content-Length: 2", f"Content-Encoding: {coding}"
        assert await raw(run, "POST", path, body, *headers) == status


async def begins(run: Business, length: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A long body, from a machine of its own, that asks whether it may go on."""
    reader, writer = await asyncio.open_connection(
        LOOPBACK, run.gateway.http.port, local_addr=("127.0.0.2", 0)
    )
    head = f"POST /carriers/mmsc/{SECRET} HTTP/1.1", "Host: a", f"Content-Length: {length}"
    writer.write("\r\n".join([*head, "Expect: 100-continue", "", ""]).encode())
    return reader, writer


def long_delivery() -> DeliverReq:
    return delivery(content=Part(ContentType("image/jpeg"), PICTURE * 20))


@only_sqlite
async def test_who_sends_slowly_on_purpose_holds_up_nobody_else(run: Business, mmsc: Mmsc) -> None:
    """A network has a quarter of the room, which is 8 MB."""
    held = [await begins(run, 1_048_576) for _ in range(8)]
    for reader, _ in held:
        assert await reader.readline() == b"HTTP/1.1 100 Continue\r\n"
    waiting, ninth = await begins(run, 1_048_576)
    turn = asyncio.create_task(waiting.readline())
    assert (await mmsc.tell(run.hook, report("m", "Retrieved")))[0] == 200
    assert (await mmsc.tell(run.hook, long_delivery()))[0] == 200
    assert not turn.done()
    held[3][1].close()
    assert await turn == b"HTTP/1.1 100 Continue\r\n"
    for _, writer in (*held, (waiting, ninth)):
        writer.close()


async def test_a_long_body_has_its_time_and_no_more(tmp_path: Path, mmsc: Mmsc) -> None:
    async with business(tmp_path / "kavle.db", mmsc.url, body_seconds=1.0) as run:
        reader, writer = await begins(run, 5_000_000)
        assert await reader.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert await reader.readline() == b"\r\n"
        assert await reader.readline() == b"HTTP/1.1 408 Request Timeout\r\n"
        again, other = await begins(run, 5_000_000)
        assert await again.readline() == b"HTTP/1.1 100 Continue\r\n", "it has left its room"
        for one in (writer, other):
            one.close()


@only_sqlite
async def test_mutants_get_an_answer_and_no_fault_of_ours(run: Business, mmsc: Mmsc) -> None:
    chance = random.Random(7)
    content_type, body = write(delivery(content=Part(ContentType("image/jpeg"), PICTURE[:200])))
    seen: set[int] = set()
    for number in range(150):
        mutant = bytearray(body)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(mutant))
            mutant[at : at + chance.randint(0, 9)] = chance.randbytes(chance.randint(0, 9))
        status, answer = await mmsc.post(run.hook, content_type, bytes(mutant))
        seen.add(status)
        assert isinstance(answer, VASPErrorRsp if status == 500 else DeliverRsp), number
    assert seen == {200, 500}
    assert (await mmsc.tell(run.hook, delivery("the last")))[0] == 200


# --- the simulated network -----------------------------------------------------------------------------


async def test_the_simulated_mmsc_and_its_phones(place: Place) -> None:
    sim = SimulatedMmsc(
        MmscSettings(vasp_id="acme", username="acme", password="hush"), structlog.get_logger()
    )
    host, port = await sim.start(LOOPBACK, 0)
    link = {"user": "acme", "user_password": "hush", "vasp_id": "acme"}
    try:
        async with business(place, f"http://{host}:{port}/mm7", **link) as run:
            sim.deliveries.reach(run.hook)
            public_id = await run.send_mms()
            await run.mms_until(public_id, 22)
            written = MmText(
                sender=PHONE,
                recipient=NUMBER,
                subject="Hej",
                text="Titta",
                files=[GivenFile(PICTURE, "bild.jpg")],
            )
            sim.mos.send(written)
            await until(lambda: sim.counts.mo.acked)
            (story,) = await run.incoming()
            assert PICTURE in await run.data(story)
    finally:
        await sim.stop()
