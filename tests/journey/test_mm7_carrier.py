"""The MM7 carrier and an MMSC over real sockets: what becomes of MMS, whatever it answers or fails to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from aiohttp import web

from journey.smsc_peer import Core
from kavle.clock import SetClock
from kavle.model.errors import Reason, Refusal
from kavle.model.message import Accepted, Lease, Parcel, Refused, Result, Unsent, Unsure
from kavle.model.mms import MmsFile
from kavle.model.service import Service
from kavle.model.status import Status
from kavle.settings import SettingsError
from kavle.simulator.journal import MemoryJournal
from kavle.simulator.mmsc.faults import MmscFaults
from kavle.simulator.mmsc.mmsc import Mmsc as SimulatedMmsc
from kavle.simulator.mmsc.settings import MmscSettings
from kavle.sms.segment import Encoding, Segment
from kavle.south.backoff import Backoff
from kavle.south.mm7 import requests as requests_module
from kavle.south.mm7.carrier import Mm7Carrier
from kavle.south.mm7.client import LONGEST_ANSWER
from kavle.south.mm7.settings import Mm7Settings
from kavle.wire.mm7 import SUCCESS, Code, RSErrorRsp, SubmitReq, SubmitRsp, Version
from kavle.wire.mm7 import Status as Said
from support.mmsc import Answer, Mmsc, cut, http, refusing, said, when
from support.patience import PATIENCE, until
from support.tls import CERTIFICATES, server_context

# What breaks a MIME that is not exact: line ends, NUL, and what a boundary looks like.
PICTURE = b"\xff\xd8\xff\xe0\r\n\r\n--kavle-\0\n--\r\n" + bytes(range(256)) * 8


class Files(Core):
    """A core with files: one picture for each MMS."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.lost = False

    async def files(self, message_id: int) -> Sequence[MmsFile]:
        self.asked.append(message_id)
        await self.reads.wait()
        if self.lost:
            raise Refusal(Reason.UNAVAILABLE)
        return (MmsFile("bild.jpg", "image/jpeg", PICTURE),)


def parcel(message_id: int, **changes: Any) -> Parcel:
    fields: dict[str, Any] = {
        "lease": Lease(message_id, 7, 1),
        "recipient": f"4670261{message_id:04}",
        "sender": "46701740699",
        "text": f"message {message_id}",
        "encoding": Encoding.UCS2,
        "flash": False,
        "priority": 2,
        "expires_at": datetime(2026, 1, 6, tzinfo=UTC),
        "segments": (Segment(1, 1, b"", b""),),
        "service": Service.MMS,
    }
    return Parcel(**fields | changes)


@asynccontextmanager
async def running(
    mmsc: Mmsc, core: Files, bound: bool = True, clock: SetClock | None = None, **changes: Any
) -> AsyncIterator[Mm7Carrier]:
    """A carrier at work; once the block is left nothing of it runs."""
    fields = {"name": "mmsc", "url": mmsc.url, "reconnect_max": 0.02} | changes
    carrier = Mm7Carrier(Mm7Settings(**fields), core, clock or SetClock())
    run = asyncio.create_task(carrier.run())
    try:
        if bound:
            await until(lambda: carrier.bound)
        yield carrier
    finally:
        await carrier.close()
        async with asyncio.timeout(PATIENCE):
            await run


@pytest.fixture
async def mmsc() -> AsyncIterator[Mmsc]:
    async with Mmsc() as mmsc:
        yield mmsc


@pytest.fixture
def core() -> Files:
    return Files()


async def ended(core: Core, number: int = 1) -> list[Result]:
    await until(lambda: len(core.ended) >= number)
    return [outcome.result for outcome in core.ended]


def later(error: str) -> Refused:
    return Refused(Status.NETWORK_FAILED, True, error)


# --- what goes well ------------------------------------------------------------------------------------


@pytest.mark.parametrize("coding", ["binary", "base64"])
async def test_an_mms_is_taken_and_its_picture_is_the_same(mmsc: Mmsc, core: Files, coding: str) -> None:
    async with running(mmsc, core, vasp_id="acme", vas_id="news", coding=coding) as carrier:
        assert carrier.free() == carrier.lot == 10
        carrier.submit([parcel(5)])
        assert carrier.in_flight == 1
        assert await ended(core) == [Accepted("mmsc-1")]
        assert (carrier.in_flight, carrier.free(), carrier.kept()) == (0, 10, 0)
    (told,) = mmsc.headers
    assert "Transfer-Encoding" not in told, "which older ones can't read"
    (taken,) = mmsc.taken
    assert (taken.transaction, taken.vasp_id, taken.vas_id) == ("5-1-7", "acme", "news")
    assert [address.value for address in taken.to] == ["46702610005"]
    assert taken.content is not None
    smil, text, picture = taken.content.parts
    assert smil.content_type.type == "application/smil"
    assert (text.body, picture.body) == (b"message 5", PICTURE)
    assert (text.coding, picture.coding) == (coding, coding)
    assert mmsc.headers[0]["SOAPAction"] == '""'


async def test_no_more_mms_are_in_memory_than_there_may_be_requests(mmsc: Mmsc, core: Files) -> None:
    core.reads.clear()
    async with running(mmsc, core, requests=3) as carrier:
        carrier.submit([parcel(1), parcel(2)])
        assert carrier.free() == 1
        carrier.submit([parcel(3)])
        assert carrier.free() == 0
        await until(lambda: len(core.asked) == 3)
        core.reads.set()
        assert sorted(map(str, await ended(core, 3))) == [
            f"Accepted(network_id='mmsc-{number}')" for number in (1, 2, 3)
        ]
        assert carrier.free() == 3
        assert core.rooms
    assert mmsc.most_running <= 3


async def test_partial_success_to_one_is_success(mmsc: Mmsc, core: Files) -> None:
    mmsc.answers.append(refusing(Code.PARTIAL_SUCCESS))
    async with running(mmsc, core) as carrier:
        carrier.submit([parcel(1)])
        assert await ended(core) == [Accepted("")]


async def test_an_id_as_long_as_the_answer_is_cut(mmsc: Mmsc, core: Files) -> None:
    async def long(request: web.Request, message: SubmitReq) -> web.StreamResponse:
        return said(SubmitRsp(transaction=message.transaction, status=SUCCESS, message_id="x" * 10_000))

    mmsc.answers.append(long)
    async with running(mmsc, core) as carrier:
        carrier.submit([parcel(1)])
        assert await ended(core) == [Accepted("x" * requests_module.LONGEST_ID)]


# --- what it refuses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "public"), [(Code.ADDRESS_ERROR, 52), (Code.MULTIMEDIA_CONTENT_REFUSED, 41), (3002, 51)]
)
@pytest.mark.parametrize(("fault", "status"), [(False, 200), (True, 500)])
async def test_what_it_refuses_is_refused_for_good(
    mmsc: Mmsc, core: Files, code: int, public: int, fault: bool, status: int
) -> None:
    mmsc.answers.append(refusing(code, fault=fault, status=status))
    async with running(mmsc, core) as carrier:
        carrier.submit([parcel(1)])
        (result,) = await ended(core)
        assert isinstance(result, Refused)
        assert (result.status, result.retryable) == (public, False)
        assert "own words" not in result.error
        assert carrier.bound


# --- what it does not take now -------------------------------------------------------------------------


async def test_a_service_that_is_not_available_is_tried_again(mmsc: Mmsc, core: Files) -> None:
    mmsc.answers.append(refusing(Code.SERVICE_UNAVAILABLE))
    async with running(mmsc, core, reconnect_max=60.0) as carrier:
        carrier.submit([parcel(1)])
        assert await ended(core) == [later("4006 SERVICE_UNAVAILABLE")]
        assert not carrier.bound
        assert carrier.free() == 0
        carrier.submit([parcel(2)])  # leased meanwhile
        assert (await ended(core, 2))[1] == Unsent()
    assert len(mmsc.asked) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 503])
async def test_an_answer_of_http_alone(mmsc: Mmsc, core: Files, status: int) -> None:
    mmsc.answers.append(http(status))
    async with running(mmsc, core, reconnect_max=60.0) as carrier:
        carrier.submit([parcel(1)])
        assert await ended(core) == [later(f"HTTP {status}")]
        assert carrier.reason.startswith(f"HTTP {status}: ")


async def test_with_the_right_password_it_comes_back(core: Files) -> None:
    link = {"user": "acme", "user_password": "hush:ö"}
    async with (
        Mmsc(user="acme", password="another") as mmsc,
        running(mmsc, core, bound=False, **link) as carrier,
    ):
        await until(lambda: mmsc.probes > 2)
        assert not carrier.bound
        assert "carrier.mmsc.user" in carrier.report().error
        mmsc.password = "hush:ö"
        await until(lambda: carrier.bound)
        carrier.submit([parcel(1)])
        assert await ended(core) == [Accepted("mmsc-1")]


async def test_it_asks_for_less(mmsc: Mmsc, core: Files) -> None:
    mmsc.answers.append(http(429, **{"Retry-After": "120"}))
    async with running(mmsc, core) as carrier:
        carrier.submit([parcel(1)])
        assert await ended(core) == [later("HTTP 429")]
        assert carrier.bound
        assert carrier.free() == 0
        carrier._go_on()
        assert carrier.free() == carrier.lot


async def test_the_password_goes_nowhere_else(mmsc: Mmsc, core: Files) -> None:
    async with Mmsc() as other:
        mmsc.answers.append(http(307, Location=other.url))
        async with running(mmsc, core, reconnect_max=60.0, user="a", user_password="b") as carrier:
            carrier.submit([parcel(1)])
            assert await ended(core) == [later("HTTP 307")]
            assert "carrier.mmsc.url" in carrier.report().error
        assert other.asked == []


async def test_files_that_can_t_be_read_now_are_sent_later(mmsc: Mmsc, core: Files) -> None:
    core.lost = True
    async with running(mmsc, core) as carrier:
        carrier.submit([parcel(1)])
        (result,) = await ended(core)
        assert isinstance(result, Refused)
        assert result.retryable
        assert carrier.bound
    assert mmsc.asked == []


# --- one at a time, until it takes one -----------------------------------------------------------------

NONSENSE = http(200, b"<html>welcome</html>")


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often it had failed, at each wait before the next try, which is short."""
    noted: list[int] = []

    def next(backoff: Backoff) -> float:
        noted.append(backoff._tries)
        backoff._tries += 1
        backoff.last = 60.0
        return 0.02

    monkeypatch.setattr(Backoff, "next", next)
    return noted


@pytest.mark.parametrize("no", [http(503), http(405), NONSENSE, refusing(Code.SERVICE_UNAVAILABLE), cut])
async def test_who_refuses_only_messages_is_asked_with_one_at_a_time_ever_more_rarely(
    mmsc: Mmsc, core: Files, waits: list[int], no: Answer
) -> None:
    """Any GET is answered; so that somebody is there says nothing."""
    mmsc.answers.extend([no] * 3)
    async with running(mmsc, core) as carrier:
        carrier.submit([parcel(1)])
        await until(lambda: waits == [0])
        for tries in (1, 2):
            await until(carrier.free)
            assert (carrier.bound, carrier.free(), carrier.lot) == (False, 1, 1)
            carrier.submit([parcel(2), parcel(3)])  # as many as were leased before it fell
            assert (await ended(core, 2 * tries))[-1] == Unsent()
            await until(lambda tries=tries: waits == list(range(tries + 1)))
            assert len(mmsc.asked) == tries + 1
        await until(carrier.free)
        carrier.submit([parcel(4)])
        assert (await ended(core, 6))[-1] == Accepted("mmsc-1")
        assert (carrier.bound, carrier.free(), carrier.lot) == (True, 10, 10)
        assert carrier._backoff._tries == 0


@pytest.mark.parametrize("fault", ["http_errors", "garbled", "unavailable", "lost_responses"])
async def test_a_simulated_mmsc_whose_submissions_all_fail_is_spared_until_it_is_well(
    core: Files, waits: list[int], fault: str
) -> None:
    network = SimulatedMmsc(MmscSettings(), structlog.get_logger(), MemoryJournal())
    _, port = await network.start("127.0.0.1", 0)
    network.inflict(MmscFaults(**{fault: 1.0}))
    settings = Mm7Settings(name="mmsc", url=f"http://127.0.0.1:{port}/mm7")
    carrier = Mm7Carrier(settings, core, SetClock())
    run = asyncio.create_task(carrier.run())
    try:
        await until(lambda: carrier.bound)
        for tries in range(1, 6):
            await until(carrier.free)
            carrier.submit([parcel(tries, lease=Lease(tries, 7, tries))])
            await until(lambda tries=tries: waits == list(range(tries)))
            assert network.counts.submits == tries
            assert carrier.reconnects == 0, "it did not come back, and go again"
        network.inflict(MmscFaults(calm=True))
        await until(carrier.free)
        carrier.submit([parcel(6)])
        assert isinstance((await ended(core, 6))[-1], Accepted)
        assert (carrier.bound, carrier.free(), carrier.reconnects) == (True, 10, 1)
    finally:
        await carrier.close()
        await run
        await network.stop()


async def test_while_one_message_is_tried_the_link_is_not_bound(mmsc: Mmsc, core: Files) -> None:
    """Others may do it better; but if they leave nothing to try, it has to be said to be there."""
    clock = SetClock()
    mmsc.answers.append(http(503))
    async with running(mmsc, core, clock=clock) as carrier:
        carrier._backoff.next = lambda: 0.0  # type: ignore[method-assign]
        carrier._backoff.last = 60.0
        carrier.submit([parcel(1)])
        await until(lambda: carrier.report().state == "trying one message")
        assert (carrier.bound, carrier.free(), carrier.lot) == (False, 1, 1)
        assert carrier.reason == "HTTP 503: the MMSC is not available now"
        carrier.submit([parcel(2)])
        assert carrier.free() == 0
        assert (await ended(core, 2))[-1] == Accepted("mmsc-1")
        assert (carrier.bound, carrier.reason, carrier.reconnects) == (True, "", 1)
        assert carrier.report().failing is None
        mmsc.answers.append(http(503))
        carrier._backoff.last = 0.0
        carrier.submit([parcel(3)])
        await until(lambda: carrier.reconnects == 2)
        assert (carrier.bound, carrier.free()) == (True, 1), "none came: it is there, for one at a time"
        assert carrier.report().failing == clock.now()
        first = clock.now()
        clock.forward(minutes=1)
        mmsc.answers.append(http(503))
        carrier.submit([parcel(4)])
        await until(lambda: carrier.reconnects == 3)
        assert carrier.report().failing == first, "it has taken none meanwhile"


@pytest.mark.parametrize(
    "answer", [refusing(Code.ADDRESS_ERROR), refusing(Code.VALIDATION_ERROR, fault=True)]
)
async def test_that_it_refuses_one_for_what_is_in_it_says_that_it_takes_others(
    mmsc: Mmsc, core: Files, answer: Answer
) -> None:
    mmsc.answers.extend([http(503), answer])
    async with running(mmsc, core) as carrier:
        for number in (1, 2):
            await until(carrier.free)
            carrier.submit([parcel(number)])
            await ended(core, number)
        assert (carrier.bound, carrier.free()) == (True, 10)


async def test_what_fails_here_says_nothing_of_the_network(mmsc: Mmsc, core: Files, waits: list[int]) -> None:
    mmsc.answers.extend([http(503)] * 2)
    async with running(mmsc, core) as carrier:
        carrier.submit([parcel(1)])
        await ended(core)
        await until(carrier.free)
        core.lost = True
        carrier.submit([parcel(2)])
        assert (await ended(core, 2))[1] == requests_module.NO_FILES
        assert (carrier.trial, carrier.free(), carrier._backoff._tries) == (True, 1, 1)
        core.lost = False
        carrier.submit([parcel(3)])
        await ended(core, 3)
        await until(lambda: waits == [0, 1])


# --- what is not known ---------------------------------------------------------------------------------


async def test_a_fault_in_no_namespace_is_understood(mmsc: Mmsc, core: Files) -> None:
    """It was taken for one that knows nothing of MM7, after which nobody knows whether it has the message."""

    async def fault(request: web.Request, message: SubmitReq) -> web.StreamResponse:
        told = Said(Code.SERVICE_UNAVAILABLE)
        return said(RSErrorRsp(transaction=message.transaction, version=Version("", ""), status=told), 500)

    mmsc.answers.append(fault)
    async with running(mmsc, core) as carrier:
        carrier.submit([parcel(1)])
        assert await ended(core) == [later("4006 SERVICE_UNAVAILABLE")]


async def test_the_connection_is_lost_once_the_request_was_written(mmsc: Mmsc, core: Files) -> None:
    mmsc.answers.append(cut)
    async with running(mmsc, core) as carrier:
        carrier.submit([parcel(1)])
        (result,) = await ended(core)
        assert isinstance(result, Unsure)
        await until(lambda: carrier.reconnects == 1)


async def test_no_answer_comes_in_time(mmsc: Mmsc, core: Files) -> None:
    mmsc.answers.append(when(asyncio.Event(), cut))
    async with running(mmsc, core, request_timeout=0.5, connect_timeout=1.0) as carrier:
        carrier.submit([parcel(1)])
        assert await ended(core) == [Unsure("no answer in time")]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>welcome</html>"),
        (200, b""),
        (500, b"<html>sorry</html>"),
        (
            500,
            b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>e:Server'
            b"</faultcode><faultstring>NullPointerException</faultstring></e:Fault></e:Body></e:Envelope>",
        ),
    ],
)
async def test_answers_that_can_t_be_made_out(mmsc: Mmsc, core: Files, status: int, body: bytes) -> None:
    mmsc.answers.append(http(status, body))
    async with running(mmsc, core) as carrier:
        carrier.submit([parcel(1)])
        (result,) = await ended(core)
        assert isinstance(result, Unsure)
        await until(lambda: carrier.reconnects == 1)


async def test_an_endless_answer_is_left(mmsc: Mmsc, core: Files) -> None:
    async def endless(request: web.Request, message: SubmitReq) -> web.StreamResponse:
        answer = web.StreamResponse(status=200)
        await answer.prepare(request)
        while True:
            await answer.write(b"x" * LONGEST_ANSWER)

    mmsc.answers.append(endless)
    async with running(mmsc, core) as carrier:
        carrier.submit([parcel(1)])
        (result,) = await ended(core)
        assert isinstance(result, Unsure)


async def test_nobody_listens(mmsc: Mmsc, core: Files) -> None:
    async with running(mmsc, core, reconnect_max=60.0) as carrier:
        await mmsc.refuse_connections()
        carrier.submit([parcel(1)])
        assert await ended(core) == [Unsent()]
        assert not carrier.bound
    assert mmsc.asked == []


# --- the end -------------------------------------------------------------------------------------------


async def test_what_has_no_connection_yet_is_not_sent_any_more(mmsc: Mmsc, core: Files) -> None:
    core.reads.clear()
    async with running(mmsc, core) as carrier:
        carrier.submit([parcel(1)])
        await until(lambda: core.asked)
        carrier.hold()
        core.reads.set()
        assert await ended(core) == [Unsent()]
    assert mmsc.asked == []


async def test_what_is_under_way_is_awaited_and_then_given_up(mmsc: Mmsc, core: Files) -> None:
    gate = asyncio.Event()
    mmsc.answers.extend([when(gate, refusing(Code.SUCCESS)), when(asyncio.Event(), cut)])
    async with running(mmsc, core) as carrier:
        carrier.submit([parcel(1), parcel(2)])
        await until(lambda: mmsc.running == 2)
        settling = asyncio.create_task(carrier.settle(60))
        gate.set()
        await ended(core)
        assert not settling.done()
        settling.cancel()
        await carrier.close()
    assert core.ended[0].result == Accepted("")
    assert isinstance(core.ended[1].result, Unsure)


async def test_a_bug_ends_the_carrier(mmsc: Mmsc, core: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(message: object, codes: object) -> object:
        raise AssertionError("a bug")

    monkeypatch.setattr(requests_module, "meaning_of", broken)
    carrier = Mm7Carrier(Mm7Settings(name="mmsc", url=mmsc.url, reconnect_max=0.02), core, SetClock())
    run = asyncio.create_task(carrier.run())
    await until(lambda: carrier.bound)
    carrier.submit([parcel(1)])
    (result,) = await ended(core)
    assert isinstance(result, Unsure)
    carrier._fall("the next turn")
    with pytest.raises(AssertionError, match="a bug"):
        await run


# --- TLS -----------------------------------------------------------------------------------------------


async def test_only_the_authority_that_was_named_is_trusted(core: Files) -> None:
    async with Mmsc(server_context("rsa")) as mmsc:
        url = f"https://localhost:{mmsc.port}/mm7"
        async with running(mmsc, core, bound=False, url=url) as carrier:
            await until(lambda: "certificate is not good" in carrier.reason)
            assert mmsc.probes == 0
        async with running(mmsc, core, url=url, ca=str(CERTIFICATES / "rsa.pem")) as carrier:
            carrier.submit([parcel(1)])
            assert await ended(core) == [Accepted("mmsc-1")]


async def test_an_mmsc_that_wants_to_know_who_we_are(core: Files) -> None:
    tls = server_context("rsa")
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(CERTIFICATES / "ec.pem")
    tls.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    async with Mmsc(tls) as mmsc:
        link = {"url": f"https://localhost:{mmsc.port}/mm7", "ca": str(CERTIFICATES / "rsa.pem")}
        async with running(mmsc, core, bound=False, **link) as carrier:
            await until(lambda: carrier.reason not in ("", "not yet tried"))
            assert mmsc.probes == 0
        link |= {"certificate": str(CERTIFICATES / "ec.pem"), "key": str(CERTIFICATES / "ec.key")}
        async with running(mmsc, core, **link) as carrier:
            carrier.submit([parcel(1)])
            assert await ended(core) == [Accepted("mmsc-1")]


async def test_a_certificate_that_can_t_be_used_names_its_setting(core: Files) -> None:
    settings = Mm7Settings(name="mmsc", url="https://localhost/", ca="/nowhere/ca.pem")
    with pytest.raises(SettingsError, match=r"carrier\.mmsc\.ca"):
        Mm7Carrier(settings, core, SetClock())
