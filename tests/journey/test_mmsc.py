"""The simulated MMSC, spoken to by MM7 over real HTTP: what becomes of MMs, and in which ways it errs."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import aiohttp
import msgspec
import pytest

from kavle.simulator.face import Face
from kavle.simulator.journal import FileJournal, read_journal
from kavle.simulator.mmsc.album import MOST_OCTETS, Album
from kavle.simulator.mmsc.desk import MmscDesk
from kavle.simulator.mmsc.faults import MmscFaults
from kavle.simulator.mmsc.journal import MmAnswered, MmSent, MmSubmission
from kavle.simulator.mmsc.magic import MAGIC
from kavle.simulator.mmsc.mo import GivenFile, MmText
from kavle.simulator.mmsc.settings import MmscSettings
from kavle.wire import mm7
from kavle.wire.mime import Coding, ContentType, Part
from kavle.wire.mm7 import (
    Address,
    CancelReq,
    Code,
    DeliverReq,
    DeliveryReportReq,
    Form,
    ReadReplyReq,
    RSErrorRsp,
    Status,
    SubmitReq,
    SubmitRsp,
    version,
)
from mms import mms_files as files
from support.patience import PATIENCE
from support.processes import kavle, run
from support.vasp import NUMBER, Vasp, vasp

PHONE, ECHO = "46701740605", "46701740622"
AWKWARD = files.png() + b"\r\n--\0\r\n" + bytes(range(256)) * 4 + b"--\n\r"
PICTURE = Part(ContentType("image/png"), AWKWARD, content_location="bild.png")


async def test_an_mm_comes_to_the_phone_octet_by_octet_and_is_reported() -> None:
    async with vasp() as gateway:
        text = Part(ContentType("text/plain", {"charset": "utf-8"}), "Hej på dig 😀".encode())
        smil = Part(ContentType("application/smil"), files.SMIL)
        for coding in Coding:
            picture = msgspec.structs.replace(PICTURE, coding=coding)
            http, response = await gateway.submit(PHONE, smil, text, picture, subject="Å")
            assert (http, type(response)) == (200, SubmitRsp)
            assert isinstance(response, SubmitRsp)
            assert response.status.code == 1000
            report = (await gateway.until(list(Coding).index(coding) + 1))[-1]
            assert isinstance(report, DeliveryReportReq)
            assert (report.message_id, report.mm_status) == (response.message_id, "Retrieved")
            assert report.recipient == Address(Form.NUMBER, PHONE)
        for mm in gateway.mmsc.album.of(PHONE):
            assert (mm.other, mm.subject) == (NUMBER, "Å")
            assert [file.data for file in mm.files] == [text.body, AWKWARD]
            assert [file.text for file in mm.files] == ["Hej på dig 😀", None]
            assert [file.content_type for file in mm.files] == ["text/plain", "image/png"]
        assert len(gateway.mmsc.album.of(PHONE)) == 3


@pytest.mark.parametrize("number", [number for number, does in MAGIC.items() if not does.response_delay])
async def test_a_number_fares_as_it_is_told(number: str) -> None:
    does = MAGIC[number]
    async with vasp() as gateway:
        tries = (does.refusals or 0) + 1
        for attempt in range(1, tries + 1):
            refused = does.refused is not None and (does.refusals is None or attempt <= does.refusals)
            if does.refused == 503 and refused:
                with pytest.raises(mm7.Unreadable):
                    await gateway.submit(number)
                continue
            if does.cuts:
                with pytest.raises(aiohttp.ClientError):
                    await gateway.submit(number)
                continue
            _, response = await gateway.submit(number)
            assert isinstance(response, SubmitRsp)
            assert response.status.code == (does.refused if refused else 1000)
        album, arrives = gateway.mmsc.album, does.refusals is not None or not does.refused
        if arrives and does.arrives:
            await gateway.mmsc.until(lambda counts: counts.delivered == 1)
        else:
            assert [missed.sender for missed in album.missed(number)] == [NUMBER]
        reports = does.reports * (arrives or 0) + does.read
        got = await gateway.until(reports + does.echoes)
        told = [request.mm_status for request in got if isinstance(request, DeliveryReportReq)]
        assert told == [does.mm_status] * (does.reports if arrives else 0)
        assert sum(isinstance(request, ReadReplyReq) for request in got) == does.read


async def test_what_was_cut_off_comes_twice() -> None:
    async with vasp() as gateway:
        with pytest.raises(aiohttp.ClientError):
            await gateway.submit("46701740624", PICTURE)
        await gateway.submit("46701740624", PICTURE)
        await gateway.mmsc.until(lambda counts: counts.delivered == 2)


async def test_a_phone_sends_an_mm_back_as_it_came() -> None:
    async with vasp() as gateway:
        await gateway.submit(ECHO, PICTURE, subject="Eko", delivery_report=False)
        (back,) = await gateway.until(1)
        assert isinstance(back, DeliverReq)
        assert (back.sender, back.to, back.subject) == (
            Address(Form.NUMBER, ECHO),
            (Address(Form.NUMBER, NUMBER),),
            "Eko",
        )
        assert back.content is not None
        assert [part.body for part in back.content.parts] == [AWKWARD]


async def test_an_mm_from_a_phone_has_its_slides_and_its_files() -> None:
    async with vasp(schema="REL-5-MM7-1-2") as gateway:
        given = [GivenFile(AWKWARD, "../Semester på Öland.PNG"), GivenFile(b"\0", "x", "application/x-odd")]
        order = MmText(sender=PHONE, recipient=NUMBER, subject="Sol & bad", text="Hälsningar", files=given)
        number, delivery = gateway.mmsc.mos.send(order)
        await delivery.wait(PATIENCE)
        assert delivery.answers == [1000]
        (got,) = gateway.got
        assert isinstance(got, DeliverReq)
        assert got.version == version("REL-5-MM7-1-2")
        assert (got.subject, got.priority, got.message_class) == ("Sol & bad", "Normal", "Personal")
        assert got.content is not None
        smil, text, picture, odd = got.content.parts
        assert got.content.root is smil
        assert b'src="Semester_pa_Oland.png"' in smil.body
        assert text.body.decode() == "Hälsningar"
        assert (picture.body, picture.content_type.type) == (AWKWARD, "image/png")
        assert (odd.body, odd.content_type.type, odd.name) == (b"\0", "application/x-odd", "x.bin")
        (mm,) = gateway.mmsc.album.of(PHONE)
        assert (mm.id, mm.own, mm.other) == (number, True, NUMBER)


@pytest.mark.parametrize(
    "wrong",
    [
        MmText(sender="ip1", recipient=NUMBER, text="x"),
        MmText(sender=PHONE, recipient="", text="x"),
        MmText(sender=PHONE, recipient=NUMBER, subject="only that"),
        MmText(sender=PHONE, recipient=NUMBER, files=[GivenFile(bytes(307_201))] * 2),
    ],
)
async def test_what_no_phone_sends_is_not_sent(wrong: MmText) -> None:
    async with vasp() as gateway:
        with pytest.raises(ValueError, match="MMS"):
            gateway.mmsc.mos.send(wrong)
        assert gateway.mmsc.counts.mo.owed == 0


async def test_what_the_gateway_does_not_take_comes_again_under_the_same_name() -> None:
    async with vasp() as gateway:
        gateway.answers = [None, Status.of(Code.SERVICE_UNAVAILABLE), Status.of(Code.SERVER_ERROR)]
        _, delivery = gateway.mmsc.mos.send(MmText(sender=PHONE, recipient=NUMBER, text="Hej"))
        await delivery.wait(PATIENCE)
        assert delivery.answers == [0, 4006, 3000, 1000]
        assert len({request.transaction for request in gateway.got}) == 1
        gateway.answers = [Status.of(Code.ADDRESS_NOT_FOUND)]
        _, delivery = gateway.mmsc.mos.send(MmText(sender=PHONE, recipient=NUMBER, text="Hej"))
        await delivery.wait(PATIENCE)
        assert delivery.answers == [2003]
        counts = gateway.mmsc.counts.mo
        assert (counts.owed, counts.sent, counts.acked, counts.refused, counts.given_up) == (2, 5, 1, 4, 1)


async def test_what_is_for_a_gateway_that_nobody_named_waits() -> None:
    async with vasp() as gateway:
        gateway.mmsc.deliveries.reach("")
        _, delivery = gateway.mmsc.mos.send(MmText(sender=PHONE, recipient=NUMBER, text="Hej"))
        await gateway.submit(PHONE)
        await gateway.mmsc.until(lambda counts: counts.delivered == 1)
        assert not delivery.ended
        gateway.mmsc.deliveries.reach(gateway.url)  # which is no gateway: it is the MMSC itself
        await delivery.wait(PATIENCE)
        assert delivery.answers == [Code.UNSUPPORTED_OPERATION]


async def looked(gateway: Vasp) -> int:
    """Whether somebody is there: what a GET is answered."""
    headers = {"Authorization": gateway.authorization}
    async with aiohttp.ClientSession() as session, session.get(gateway.url, headers=headers) as answer:
        return answer.status


async def test_a_gateway_must_show_who_it_is() -> None:
    async with vasp(username="kavle", password="hemlig", vasp_id="tnn") as gateway:
        with pytest.raises(mm7.Unreadable):
            await gateway.submit(PHONE)
        gateway.authorization = aiohttp.encode_basic_auth("kavle", "Hemlig")
        with pytest.raises(mm7.Unreadable):
            await gateway.submit(PHONE)
        assert await looked(gateway) == 401
        assert gateway.mmsc.counts.submits == 0
        gateway.authorization = aiohttp.encode_basic_auth("kavle", "hemlig")
        assert await looked(gateway) == 405
        _, response = await gateway.submit(PHONE, vasp_id="another")
        assert isinstance(response, SubmitRsp)
        assert response.status.code == Code.IMPROPER_IDENTIFICATION
        _, response = await gateway.submit(PHONE, vasp_id="tnn")
        assert isinstance(response, SubmitRsp)
        assert response.status.code == 1000


@pytest.mark.parametrize("cut", [1, 100, 400, -1])
async def test_what_is_no_mm7_gets_a_fault(cut: int) -> None:
    async with vasp() as gateway:
        content = Part(ContentType("multipart/mixed"), parts=(PICTURE,))
        request = SubmitReq(transaction="t", to=(Address(Form.NUMBER, PHONE),), content=content)
        content_type, body = mm7.write(request)
        http, fault = await gateway.post(content_type, body[:cut] if cut > 0 else body[:-8])
        assert (http, type(fault)) == (500, RSErrorRsp)
        assert gateway.mmsc.counts.peer_errors == 1
        assert gateway.mmsc.counts.submits == 0


async def test_an_mm_is_cancelled_until_it_is_delivered() -> None:
    async with vasp(report_delay=60.0) as gateway:
        _, response = await gateway.submit(PHONE)
        assert isinstance(response, SubmitRsp)
        for message_id, code in (("other", 2005), (response.message_id, 1000), (response.message_id, 2005)):
            request = CancelReq(transaction="c", message_id=message_id)
            _, told = await gateway.post(*mm7.write(request))
            assert isinstance(told, mm7.CancelRsp)
            assert (told.transaction, told.status.code) == ("c", code)
        assert gateway.mmsc.counts.cancelled == 1


# --- faults ------------------------------------------------------------------------------------------------


async def test_it_is_down_for_a_time() -> None:
    async with vasp() as gateway:
        gateway.mmsc.inflict(MmscFaults(down=60))
        with pytest.raises(mm7.Unreadable):
            await gateway.submit(PHONE)
        assert gateway.mmsc.troubled()["down"] > 0
        gateway.mmsc.inflict(MmscFaults(calm=True))
        assert gateway.mmsc.troubled() == {}
        assert (await gateway.submit(PHONE))[0] == 200


@pytest.mark.parametrize(
    ("fault", "taken"),
    [("unavailable", 0), ("http_errors", 0), ("garbled", 1), ("lost_responses", 1)],
)
async def test_a_share_of_submissions_goes_wrong(fault: str, taken: int) -> None:
    async with vasp() as gateway:
        gateway.mmsc.inflict(MmscFaults(**{fault: 1.0}))
        if fault == "unavailable":
            _, response = await gateway.submit(PHONE)
            assert isinstance(response, SubmitRsp)
            assert response.status.code == 4006
        else:
            with pytest.raises((mm7.Unreadable, aiohttp.ClientError)):
                await gateway.submit(PHONE)
        assert gateway.mmsc.counts.accepted == taken
        if taken:
            await gateway.until(1)


async def test_reports_come_early_and_twice_and_mms_twice() -> None:
    async with vasp() as gateway:
        gateway.mmsc.inflict(MmscFaults(early_reports=1.0, duplicate_reports=1.0, duplicate_mo=1.0))
        submitting = asyncio.create_task(gateway.submit(PHONE))
        await gateway.until(2)
        assert not submitting.done()
        await submitting
        _, delivery = gateway.mmsc.mos.send(MmText(sender=PHONE, recipient=NUMBER, text="Hej"))
        got = await gateway.until(4)
        assert len({request.transaction for request in got[:2]}) == 1
        assert {request.transaction for request in got[2:]} == {delivery.request.transaction}


# --- the journal, and what is kept -------------------------------------------------------------------------


async def test_the_journal_has_what_was_seen_before_its_consequence(tmp_path: Path) -> None:
    async with vasp() as gateway:
        _, response = await gateway.submit(PHONE, PICTURE, subject="Hej")
        assert isinstance(response, SubmitRsp)
        await gateway.submit("46701740617")
        await gateway.mmsc.until(lambda counts: counts.reports.acked == 1)
        taken, refused = (one for one in gateway.journal.entries if isinstance(one, MmSubmission))
        assert (taken.id, taken.status, taken.recipient, taken.sender) == (
            response.message_id,
            1000,
            PHONE,
            NUMBER,
        )
        assert [(file.name, file.size, file.sha256) for file in taken.files] == [
            ("bild.png", len(AWKWARD), sha256(AWKWARD).hexdigest())
        ]
        assert (refused.id, refused.status) == ("", 2002)
        (sent,) = (one for one in gateway.journal.entries if isinstance(one, MmSent))
        assert (sent.what, sent.id, sent.said, sent.attempt) == (
            "DeliveryReportReq",
            taken.id,
            "Retrieved",
            1,
        )
        (answered,) = (one for one in gateway.journal.entries if isinstance(one, MmAnswered))
        assert (answered.transaction, answered.status) == (sent.transaction, 1000)
        file = FileJournal(tmp_path / "journal")
        file.write(gateway.journal.entries)
        file.close()
        assert list(read_journal(tmp_path / "journal")) == gateway.journal.entries


def test_an_album_holds_so_many_octets_and_no_more() -> None:
    album, now = Album(), datetime(2026, 1, 1, tzinfo=UTC)
    content = Part(ContentType("image/png"), bytes(MOST_OCTETS // 3))
    mms = [album.add(now, PHONE, NUMBER, "", content) for _ in range(5)]
    assert album.of(PHONE) == mms[2:]
    assert album.find(mms[0].id) is None
    huge = album.add(now, PHONE, NUMBER, "", Part(ContentType("image/png"), bytes(MOST_OCTETS + 1)))
    assert album.of(PHONE) == [huge]


@pytest.mark.parametrize("wrong", [{"vasp": "ftp://x"}, {"vasp": "x"}, {"schema": "REL-9"}])
def test_settings_that_can_not_be(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"address|schema"):
        MmscSettings(**wrong)


# --- the face, and the commands ----------------------------------------------------------------------------


async def asked(port: int, method: str, path: str, order: object = None) -> tuple[int, bytes, str]:
    """Status, body and content type of what the face answers."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"http://127.0.0.1:{port}{path}", json=order) as answer,
    ):
        return answer.status, await answer.read(), answer.headers["Content-Type"]


async def test_the_face_shows_pictures_and_takes_them() -> None:
    async with vasp() as gateway:
        face = Face(MmscDesk(gateway.mmsc))
        port = await face.start(0)
        await gateway.submit(PHONE, PICTURE, Part(body=b"Hej"), subject="S")
        await gateway.until(1)
        status, body, _ = await asked(port, "GET", f"/mms/phones/{PHONE}")
        (mm,) = json.loads(body)["mms"]
        assert status == 200
        assert (mm["other"], mm["subject"], mm["own"], mm["ended"]) == (NUMBER, "S", False, True)
        assert [(file["name"], file["size"], file["text"]) for file in mm["files"]] == [
            ("bild.png", len(AWKWARD), None),
            ("", 3, "Hej"),
        ]
        assert await asked(port, "GET", f"/mms/files/{mm['id']}/0") == (200, AWKWARD, "image/png")
        assert (await asked(port, "GET", f"/mms/files/{mm['id']}/2"))[0] == 404
        assert (await asked(port, "GET", "/mms/files/999/0"))[0] == 404
        assert json.loads((await asked(port, "GET", "/mms/newest"))[1]) == [mm]
        picture = {"name": "ö.png", "data": base64.b64encode(AWKWARD).decode()}
        order = {"from": PHONE, "to": NUMBER, "text": "Tack", "files": [picture]}
        status, body, _ = await asked(port, "POST", "/mms/mo", order)
        told = json.loads(body)
        assert (status, told["ended"], told["answers"]) == (200, True, [1000])
        assert json.loads((await asked(port, "GET", f"/mms/mo/{told['id']}"))[1]) == told
        got = gateway.got[-1]
        assert isinstance(got, DeliverReq)
        assert got.content is not None
        assert [part.body for part in got.content.parts[1:]] == [b"Tack", AWKWARD]
        assert len(json.loads((await asked(port, "GET", "/mms/numbers"))[1])) == len(MAGIC)
        gateway.mmsc.deliveries.reach("")
        assert (await asked(port, "POST", "/mms/vasp", {"url": "nowhere"}))[0] == 400
        assert (await asked(port, "POST", "/mms/vasp", {"url": gateway.address}))[0] == 200
        assert (await asked(port, "POST", "/mms/mo", order))[0] == 200
        for wrong in ({"from": PHONE, "to": NUMBER}, {"from": PHONE, "to": NUMBER, "text": "x", "x": 1}):
            assert (await asked(port, "POST", "/mms/mo", wrong))[0] == 400
        assert (await asked(port, "POST", "/mms/faults", {"down": 60}))[0] == 200
        assert "down" in json.loads((await asked(port, "GET", "/mms/faults"))[1])
        assert json.loads((await asked(port, "GET", "/mms/counts"))[1])["mo"]["acked"] == 2
        face.stop()


async def test_the_commands_run_a_network_and_send_from_its_phones(tmp_path: Path) -> None:
    picture = tmp_path / "bild.png"
    picture.write_bytes(AWKWARD)
    async with vasp() as gateway:
        arguments = ("simulate", "mmsc", "--port", "0", "--http-port", "0", "--vasp", gateway.address)
        async with kavle(*arguments, log=tmp_path / "log") as network:
            port = int(network.said.rpartition(":")[2])
            sent = ("simulate", "mms", PHONE, NUMBER, str(picture), "--http-port", str(port), "--text", "Hej")
            assert (await run(*sent))[:2] == (0, "1000\n")
            gateway.answers = [Status.of(Code.ADDRESS_NOT_FOUND)]
            assert (await run(*sent))[:2] == (1, "2003\n")
            gateway.url = f"http://127.0.0.1:{network.port}/"
            await gateway.submit(PHONE, Part(body="Hej på dig".encode()), PICTURE)
            assert network.process.stdout is not None
            shown = [(await network.process.stdout.readline()).decode() for _ in range(2)]
            assert shown == [
                f"  +{PHONE} got from {NUMBER}, MMS: Hej på dig\n",
                f"      | [image/png, {len(AWKWARD):,} octets]\n",
            ]
            assert await network.stop() == 0
        (got, _, report) = gateway.got
        assert isinstance(got, DeliverReq)
        assert got.content is not None
        assert got.content.parts[2].body == AWKWARD
        assert isinstance(report, DeliveryReportReq)
        code, _, error = await run(*sent)
        assert code == 1
        assert f"start one with `kavle simulate mmsc --http-port {port}`" in error
