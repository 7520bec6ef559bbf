"""What an MMS becomes on its way to an MMSC, what the MMSC's words mean, and what it brings: pure parts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.core.mms_order import MOST_FILES
from kavle.model.message import Lease, Parcel, Refused, Unsure
from kavle.model.mms import IncomingFile, MmsFile
from kavle.model.service import Service
from kavle.settings import WrongValue
from kavle.sms.segment import Encoding, Segment
from kavle.south.mm7.addresses import ours_of, sender_of, told
from kavle.south.mm7.content import content_of, files_of
from kavle.south.mm7.incoming import LONGEST_ID, messages_of, receipt_of
from kavle.south.mm7.outcomes import http_meaning, meaning_of, probed
from kavle.south.mm7.settings import Mm7Settings
from kavle.south.mm7.submit import submission
from kavle.wire.mime import Coding, ContentType, Part
from kavle.wire.mm7 import (
    SUCCESS,
    Address,
    Code,
    DeliverReq,
    DeliverRsp,
    DeliveryReportReq,
    Form,
    ReadReplyReq,
    RSErrorRsp,
    SubmitReq,
    SubmitRsp,
    read,
    write,
)
from kavle.wire.mm7 import Status as Said

NOW = datetime(2026, 1, 4, 12, 34, 56, tzinfo=UTC)
JPEG = b"\xff\xd8\xff\xe0\r\n--\0\r\n" + bytes(range(256))
GIF = b"GIF89a\x01\0\x01\0\0\0\0,"
PICTURE = MmsFile("bild.jpg", "image/jpeg", JPEG)
SECRET = "kept-between-us-and-them-0"


def settings(**changes: Any) -> Mm7Settings:
    return Mm7Settings(**{"name": "mmsc", "url": "https://mmsc.example.com/mm7"} | changes)


def parcel(text: str = "Hej", **changes: Any) -> Parcel:
    fields: dict[str, Any] = {
        "lease": Lease(5, 0xABC, 2),
        "recipient": "46702617396",
        "sender": "46701740699",
        "text": text,
        "encoding": Encoding.UCS2,
        "flash": False,
        "priority": 2,
        "expires_at": NOW + timedelta(hours=48),
        "segments": (Segment(1, 1, b"", b""),),
        "service": Service.MMS,
    }
    return Parcel(**fields | changes)


# --- submissions ---------------------------------------------------------------------------------------


def test_an_mms_as_it_is_submitted() -> None:
    link = settings(vasp_id="acme", vas_id="news", service_code="free", schema="REL-5-MM7-1-2")
    request = submission(parcel(), [PICTURE], link, NOW)
    assert (request.transaction, request.vasp_id, request.vas_id, request.service_code) == (
        "5-2-abc",
        "acme",
        "news",
        "free",
    )
    assert request.version.number == "5.3.0"
    assert request.sender == Address(Form.NUMBER, "46701740699")
    assert request.to == (Address(Form.NUMBER, "46702617396"),)
    assert request.expiry == timedelta(hours=48)
    assert request.delivery_report is True
    assert request.content is not None
    smil, text, picture = request.content.parts
    assert request.content.root is smil
    assert smil.body.index(b'src="text.txt"') < smil.body.index(b'src="bild.jpg"')
    assert (str(text.content_type), text.body) == ("text/plain; charset=utf-8; name=text.txt", b"Hej")
    assert (picture.content_type.type, picture.body) == ("image/jpeg", JPEG)


def test_as_many_files_as_are_accepted_are_read_by_who_gets_them() -> None:
    files = [
        MmsFile(f"kort-{number}.vcf", "text/x-vcard", b"BEGIN:VCARD\r\n") for number in range(MOST_FILES)
    ]
    got = read(*write(submission(parcel(), files, settings(), NOW)))
    assert isinstance(got, SubmitReq)
    assert got.content is not None
    assert [part.body for part in got.content.parts[1:]] == [b"Hej", *(file.data for file in files)]


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"delivery_reports": False}, "delivery_report", False),
        ({"expiry": "absolute"}, "expiry", NOW + timedelta(hours=48)),
        ({"expiry": "none"}, "expiry", None),
        ({"plus": True}, "to", (Address(Form.NUMBER, "+46702617396"),)),
        ({"sender_form": "none"}, "sender", None),
        ({"sender_form": "short code"}, "sender", Address(Form.SHORT_CODE, "46701740699")),
    ],
)
def test_what_settings_make_of_it(changes: Any, field: str, value: object) -> None:
    assert getattr(submission(parcel(), [PICTURE], settings(**changes), NOW), field) == value


def test_another_version_may_be_told() -> None:
    request = submission(parcel(), [], settings(schema="REL-5-MM7-1-0", protocol_version="5.6.0"), NOW)
    assert request.version.namespace.endswith("/REL-5-MM7-1-0")
    assert request.version.number == "5.6.0"


def test_what_is_about_to_expire_has_a_second() -> None:
    request = submission(parcel(expires_at=NOW - timedelta(hours=1)), [], settings(), NOW)
    assert request.expiry == timedelta(seconds=1)


@pytest.mark.parametrize(
    ("sender", "form", "plus", "address"),
    [
        ("72345", "by length", True, Address(Form.SHORT_CODE, "72345")),
        ("72345", "number", False, Address(Form.NUMBER, "72345")),
        ("46701740699", "by length", True, Address(Form.NUMBER, "+46701740699")),
        ("46701740699", "none", True, None),
    ],
)
def test_senders(sender: str, form: Any, plus: bool, address: Address | None) -> None:
    assert sender_of(sender, form, plus) == address


# --- content -------------------------------------------------------------------------------------------


def test_a_text_that_a_file_is_called_as_is_called_otherwise() -> None:
    content = content_of("Hej", [MmsFile("text.txt", "text/plain", b"file")], Coding.BINARY)
    assert [part.content_location for part in content.parts] == [
        "presentation.smil",
        "text-2.txt",
        "text.txt",
    ]


def test_a_presentation_among_the_files_is_the_presentation() -> None:
    slides = b'<smil><body><par><img src="bild.jpg"/></par></body></smil>'
    own = MmsFile("show.smil", "application/smil", slides)
    content = content_of("", [PICTURE, own], Coding.BINARY)
    assert [part.content_id for part in content.parts] == ["show.smil", "bild.jpg"]
    assert content.root is content.parts[0]
    assert content.root.body == slides


@pytest.mark.parametrize(
    ("shown", "slide"),
    [("bild.jpg", b'<par dur="5s"><text src="text.txt"/></par>'), ("text.txt", b"")],
)
def test_what_a_presentation_of_the_senders_leaves_out_of_the_text_is_shown_at_its_end(
    shown: str, slide: bytes
) -> None:
    slides = b'<smil><body><par><img src="%s"/></par>' % shown.encode()
    own = MmsFile("show.smil", "application/smil", slides + b"</body></smil>")
    content = content_of("Hej", [PICTURE, own], Coding.BINARY)
    assert [part.content_id for part in content.parts] == ["show.smil", "text.txt", "bild.jpg"]
    assert content.parts[0].body == slides + slide + b"</body></smil>"
    assert content.parts[1].body == b"Hej"


@pytest.mark.parametrize("written_in", ["windows-1252", "utf-8", "utf-16"])
@pytest.mark.parametrize("kind", ["text/plain", "text/x-vcard"])
def test_a_text_file_tells_its_charset(kind: str, written_in: str) -> None:
    """Though what is kept of its type does not."""
    file = MmsFile("a.txt", kind, "åäö".encode(written_in))
    told = content_of("", [file], Coding.BINARY).parts[1].content_type
    assert str(told) == f"{kind}; charset={written_in}; name=a.txt"


def test_a_picture_has_no_charset() -> None:
    told = content_of("", [PICTURE], Coding.BINARY).parts[1].content_type
    assert dict(told.parameters) == {"name": PICTURE.name}


@pytest.mark.parametrize("coding", [Coding.BINARY, Coding.BASE64])
@given(st.lists(st.binary(min_size=1, max_size=200), max_size=4), st.text(min_size=1, max_size=20))
def test_files_survive_the_way_to_the_network(coding: Coding, octets: list[bytes], text: str) -> None:
    files = [MmsFile(f"f{number}.jpg", "image/jpeg", data) for number, data in enumerate(octets)]
    text = text.encode("utf-8", "replace").decode()
    request = submission(parcel(text), files, settings(coding=coding.value), NOW)
    got = read(*write(request))
    assert got.content.parts[1].body.decode() == text  # type: ignore[union-attr]
    assert [part.body for part in got.content.parts[2:]] == octets  # type: ignore[union-attr]


def test_files_from_a_phone_are_handed_on_as_they_are_called() -> None:
    content = Part(
        ContentType("multipart/related"),
        parts=(
            Part(ContentType("application/smil", {"name": "a.smil"}), b"<smil></smil>", content_id="s"),
            Part(
                ContentType("multipart/alternative"),
                parts=(Part(ContentType("image/jpeg", {"name": "../Räka.jpeg"}), JPEG, content_id="p@1"),),
            ),
            Part(ContentType("application/x-sh"), b"#!/bin/sh\n", content_id="evil\r\nid"),
            Part(ContentType("text/plain"), b""),
        ),
    )
    assert files_of(content) == (
        IncomingFile("a.smil", "application/smil", "s", b"<smil></smil>"),
        IncomingFile("../Räka.jpeg", "image/jpeg", "p@1", JPEG),
        IncomingFile("evil\r\nid", "application/x-sh", "", b"#!/bin/sh\n"),
    )
    assert files_of(None) == ()


# --- addresses -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "sender"),
    [
        (None, ""),
        (Address(Form.NUMBER, "+46701740699"), "46701740699"),
        (Address(Form.NUMBER, "0701740699"), "0701740699"),
        (Address(Form.RFC2822, "+46701740699@mms.example.com"), "46701740699"),
        (Address(Form.RFC2822, "anna@example.com"), "anna@example.com"),
        (Address(Form.NUMBER, "x" * 1000), "x" * 320),
        (Address(Form.NUMBER, "٤٦"), "٤٦"),
    ],
)
def test_who_a_message_is_from(address: Address | None, sender: str) -> None:
    assert told(address) == sender


@pytest.mark.parametrize(
    ("numbers", "ours", "expected"),
    [
        (["46701", "46702", "+46701"], "", ["46701", "46702"]),
        ([], "46701", ["46701"]),
        ([], "", []),
        (["46702", "46701"], "46701", ["46701"]),
        (["46702"], "46701", ["46702"]),
        (["anna@example.com", "٤٦"], "", []),
    ],
)
def test_whom_a_message_is_to(numbers: list[str], ours: str, expected: list[str]) -> None:
    assert ours_of([Address(Form.NUMBER, number) for number in numbers], ours) == expected


def test_whom_it_is_only_shown_it_is_not_to() -> None:
    assert ours_of([Address(Form.NUMBER, "1", True), Address(Form.NUMBER, "2")], "") == ["2"]


# --- what comes in -------------------------------------------------------------------------------------


def test_an_mms_from_a_phone() -> None:
    request = DeliverReq(
        transaction="t1",
        sender=Address(Form.NUMBER, "+46702617396"),
        to=(Address(Form.SHORT_CODE, "72345"),),
        cc=(Address(Form.NUMBER, "46701740699"),),
        subject="Titta!",
        priority="High",
        message_class="Personal",
        content=Part(ContentType("image/gif"), GIF, content_id="p"),
    )
    first, second = messages_of(request, 7, "", NOW)
    assert (first.recipient, second.recipient) == ("72345", "46701740699")
    assert msgspec.structs.replace(second, recipient="72345") == first
    assert (first.carrier_id, first.transaction, first.sender, first.at) == (7, "t1", "46702617396", NOW)
    assert (first.subject, first.message_class, first.priority, first.version) == (
        "Titta!",
        "Personal",
        "High",
        "6.8.0",
    )
    assert first.files == (IncomingFile("p", "image/gif", "p", GIF),)


@pytest.mark.parametrize(
    ("mm_status", "public"),
    [
        ("Retrieved", 22),
        ("retrieved", 22),
        ("Expired", 43),
        ("Rejected", 51),
        ("Deferred", 21),
        ("Forwarded", 21),
        ("Indeterminate", 21),
        ("Unreachable", 50),
        ("Unrecognised", 52),
        ("Unrecognized", 52),
        ("Not Supported", 52),
        ("Something else", None),
    ],
)
def test_what_a_delivery_report_says(mm_status: str, public: int | None) -> None:
    report = DeliveryReportReq(
        transaction="t",
        message_id="m1",
        mm_status=mm_status,
        recipient=Address(Form.NUMBER, "+46702617396"),
        extension="RejectionByOtherRS",
    )
    receipt = receipt_of(report, 7, NOW)
    assert (receipt.carrier_id, receipt.network_id, receipt.recipient) == (7, "m1", "")
    assert (receipt.status, receipt.whole, receipt.at) == (public, True, NOW)
    assert receipt.raw == f"{mm_status} RejectionByOtherRS"


@pytest.mark.parametrize(("mm_status", "public"), [("Read", 22), ("Deleted", 22), ("Indeterminate", None)])
def test_who_reads_an_mms_has_it(mm_status: str, public: int | None) -> None:
    assert (
        receipt_of(ReadReplyReq(transaction="t", message_id="m", mm_status=mm_status), 7, NOW).status
        == public
    )


def test_what_is_endless_is_cut_alike_on_both_ways() -> None:
    report = DeliveryReportReq(transaction="t", message_id="x" * 10_000, mm_status="y" * 10_000)
    receipt = receipt_of(report, 7, NOW)
    assert (receipt.network_id, len(receipt.raw)) == ("x" * LONGEST_ID, 200)
    (message,) = messages_of(
        DeliverReq(transaction="t" * 10_000, subject="s" * 10_000, priority="p" * 10_000), 7, "46701", NOW
    )
    assert (len(message.transaction), len(message.subject), len(message.priority)) == (LONGEST_ID, 1000, 200)


# --- what the MMSC's answers mean ----------------------------------------------------------------------


def answered(code: int) -> SubmitRsp:
    return SubmitRsp(transaction="t", status=Said(code, "in its own words, Hej"))


@pytest.mark.parametrize("code", [1000, 1100, 1999])
def test_what_is_taken(code: int) -> None:
    assert meaning_of(answered(code)).result is None


@pytest.mark.parametrize(
    ("code", "public"),
    [
        (2000, 51),
        (2001, 51),
        (2002, 52),
        (2003, 52),
        (2004, 41),
        (2005, 51),
        (2007, 42),
        (3000, 51),
        (3001, 51),
        (3002, 51),
        (3003, 51),
        (4000, 51),
        (4002, 42),
        (4003, 42),
        (4004, 42),
        (4005, 51),
        (2999, 51),
        (9999, 51),
        (0, 51),
    ],
)
def test_what_is_refused_for_good(code: int, public: int) -> None:
    for message in (answered(code), RSErrorRsp(transaction="t", status=Said(code))):
        said = meaning_of(message)
        assert isinstance(said.result, Refused)
        assert (said.result.status, said.result.retryable, said.down) == (public, False, None)
        assert "Hej" not in said.result.error


@pytest.mark.parametrize("code", [4001, 4006, 4007])
def test_what_is_tried_again_when_the_way_is_open(code: int) -> None:
    said = meaning_of(answered(code))
    assert isinstance(said.result, Refused)
    assert said.result.retryable
    assert said.down


def test_what_settings_say_is_tried_again_is() -> None:
    said = meaning_of(answered(3000), (3000,))
    assert isinstance(said.result, Refused)
    assert (said.result.retryable, said.down) == (True, None)


def test_an_error_that_says_success_is_an_error() -> None:
    assert isinstance(meaning_of(RSErrorRsp(transaction="t", status=SUCCESS)).result, Refused)


def test_an_answer_to_something_else_leaves_it_open() -> None:
    assert isinstance(meaning_of(DeliverRsp(transaction="t", status=SUCCESS)).result, Unsure)


@pytest.mark.parametrize(
    ("status", "result", "down"),
    [
        (200, Unsure, True),
        (302, True, True),
        (400, False, False),
        (401, True, True),
        (403, True, True),
        (404, True, True),
        (413, False, False),
        (429, True, False),
        (500, Unsure, True),
        (502, Unsure, True),
        (503, True, True),
    ],
)
def test_answers_that_are_no_mm7(status: int, result: Any, down: bool) -> None:
    said = http_meaning(status, "", NOW)
    if result is Unsure:
        assert isinstance(said.result, Unsure)
    else:
        assert isinstance(said.result, Refused)
        assert said.result.retryable is result
    assert (bool(said.down), bool(said.pause)) == (down, status == 429)


@pytest.mark.parametrize("status", [200, 403, 404, 405, 411, 415, 500, 501])
def test_somebody_is_there(status: int) -> None:
    assert not probed(status).down


@pytest.mark.parametrize("status", [401, 407, 502, 503, 504])
def test_nobody_is_there_or_does_not_let_us_in(status: int) -> None:
    down = probed(status).down
    assert down is not None
    assert str(status) in str(down.reason)


# --- settings ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"url": "mmsc.example.com"}, "url"),
        ({"url": "ftp://mmsc.example.com"}, "url"),
        ({"url": "https://user:pass@mmsc.example.com/"}, "url"),
        ({"user": "a:b"}, "user"),
        ({"user": "a", "user_password": "b\n"}, "user"),
        ({"user_password": "b"}, "user"),
        ({"protocol_version": "6"}, "protocol_version"),
        ({"incoming_number": "+46701"}, "incoming_number"),
        ({"webhook": "short"}, "webhook"),
        ({"webhook": "/" * 30}, "webhook"),
        ({"url": "http://mmsc.example.com/", "ca": "a.pem"}, "ca"),
        ({"key": "a.key"}, "certificate"),
        ({"binds": 11}, "binds"),
    ],
)
def test_settings_that_can_t_be(changes: Any, key: str) -> None:
    with pytest.raises(WrongValue) as raised:
        settings(**changes)
    assert raised.value.key == key


def test_settings_show_no_secret() -> None:
    shown = repr(settings(user="acme", user_password="hush", webhook=SECRET))
    assert "acme" in shown
    assert "hush" not in shown
    assert SECRET not in shown


def test_binds_share_the_requests() -> None:
    one = settings(binds=3, requests=10).for_one_bind()
    assert (one.binds, one.requests) == (1, 3)


def test_the_mmsc_comes_to_a_path_with_the_secret() -> None:
    assert settings(webhook=SECRET).path == f"/carriers/mmsc/{SECRET}"
    assert settings().path == ""


def test_each_code_of_the_standard_means_something() -> None:
    for code in Code:
        said = meaning_of(answered(code))
        assert (said.result is None) == (code < 2000)
