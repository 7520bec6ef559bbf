"""What is read with forbearance, what is refused, and that hostile documents cost little."""

from __future__ import annotations

import random
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest

from kavle.wire.mime import ContentType, Part
from kavle.wire.mime import write as write_mime
from kavle.wire.mm7 import (
    NOT_MM7,
    Address,
    Code,
    DeliverReq,
    Form,
    RSErrorRsp,
    Status,
    SubmitReq,
    SubmitRsp,
    Unreadable,
    read,
    version,
    write,
)
from kavle.wire.mm7.values import Moment, read_bool, read_moment, read_time
from kavle.wire.mm7.xml import LONGEST

NAMESPACE = version().namespace
STATUS = "<Status><StatusCode>1000</StatusCode></Status>"


def envelope(inner: str, header: str = "<TransactionID>t1</TransactionID>") -> bytes:
    return (
        '<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/" xmlns="x">'
        f"<env:Header>{header}</env:Header><env:Body>{inner}</env:Body></env:Envelope>"
    ).encode()


def refused(body: bytes, content_type: str = "text/xml") -> Unreadable:
    with pytest.raises(Unreadable) as raised:
        read(content_type, body)
    return raised.value


# --- forbearance ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("element", "address"),
    [
        ("<Sender><Number>46701</Number></Sender>", Address(Form.NUMBER, "46701")),
        ("<Sender><ShortCode>72345</ShortCode></Sender>", Address(Form.SHORT_CODE, "72345")),
        ("<Sender><number>46701</number></Sender>", Address(Form.NUMBER, "46701")),
        ("<Sender>+46701/TYPE=PLMN</Sender>", Address(Form.NUMBER, "+46701")),
        ("<Sender>a@example.com</Sender>", Address(Form.RFC2822, "a@example.com")),
        (
            "<Sender><RFC2822Address>+46701/type=plmn</RFC2822Address></Sender>",
            Address(Form.RFC2822, "+46701"),
        ),
        ("<Sender><Number displayOnly='1'> 46701 </Number></Sender>", Address(Form.NUMBER, "46701", True)),
        ("<Sender/>", None),
        ("<Sender><Number/></Sender>", None),
    ],
)
def test_addresses(element: str, address: Address | None) -> None:
    message = read("text/xml", envelope(f"<DeliverReq>{element}</DeliverReq>"))
    assert isinstance(message, DeliverReq)
    assert message.sender == address


def test_recipients_of_several_elements_are_all_there() -> None:
    to = "<To><Number>1</Number></To><To><Number>2</Number><ShortCode>3</ShortCode></To>"
    message = read("text/xml", envelope(f"<DeliverReq><Recipients>{to}</Recipients></DeliverReq>"))
    assert isinstance(message, DeliverReq)
    assert [address.value for address in message.to] == ["1", "2", "3"]


def test_who_the_vasp_is_may_stand_without_its_holder() -> None:
    message = read("text/xml", envelope("<SubmitReq><VASPID>a</VASPID><VASID>b</VASID></SubmitReq>"))
    assert isinstance(message, SubmitReq)
    assert (message.vasp_id, message.vas_id) == ("a", "b")


def test_a_message_without_header_or_version() -> None:
    message = read(
        "text/xml", envelope(f"<SubmitRsp>{STATUS}<MessageID>m</MessageID></SubmitRsp>", header="")
    )
    assert isinstance(message, SubmitRsp)
    assert (message.transaction, message.version.number, message.message_id) == ("", "", "m")


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("<faultcode>env:Client</faultcode><faultstring>no such user</faultstring>", (2000, "no such user")),
        ("<faultcode>env:Server</faultcode>", (3000, "")),
        ("<faultcode>Sender</faultcode>", (2000, "")),
        ("", (3000, "")),
    ],
)
def test_a_fault_that_knows_nothing_of_mm7(fault: str, status: tuple[int, str]) -> None:
    message = read("text/xml", envelope(f"<env:Fault>{fault}</env:Fault>"))
    assert isinstance(message, RSErrorRsp)
    assert message.status == Status(*status)
    assert message.version == NOT_MM7


def test_details_are_told_in_one() -> None:
    status = "<Status><StatusCode>1100</StatusCode><Details><a>one</a> <b>two</b></Details></Status>"
    message = read("text/xml", envelope(f"<SubmitRsp>{status}</SubmitRsp>"))
    assert isinstance(message, SubmitRsp)
    assert message.status == Status(1100, "", "one two")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("P90D", timedelta(days=90)),
        ("P1Y2M3DT4H5M6S", timedelta(days=365 + 60 + 3, hours=4, minutes=5, seconds=6)),
        ("PT36H", timedelta(hours=36)),
        ("PT1.5S", timedelta(seconds=1)),
        ("2002-01-02T09:30:47-05:00", datetime(2002, 1, 2, 14, 30, 47, tzinfo=UTC)),
        ("2002-01-02T09:30:47", datetime(2002, 1, 2, 9, 30, 47, tzinfo=UTC)),
        ("tomorrow", None),
        ("-P1D", None),
        ("P9999999D", None),
    ],
)
def test_moments(text: str, moment: Moment | None) -> None:
    assert read_moment(text) == moment


@pytest.mark.parametrize("text", ["", "now", "9999-99-99", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_time_counts_as_not_given(text: str) -> None:
    assert read_time(text) is None


def test_what_is_no_boolean_counts_as_not_given() -> None:
    assert [read_bool(text) for text in ("True", "0", "yes", "maybe", "")] == [True, False, True, None, None]


# --- content -------------------------------------------------------------------------------------------


def multipart(href: str | None, *parts: Part, start: bool = True) -> tuple[str, bytes]:
    content = "" if href is None else f'<Content href="{href}"/>'
    xml = Part(ContentType("text/xml"), envelope(f"<DeliverReq>{content}</DeliverReq>"), content_id="xml")
    parameters = {"start": "<xml>"} if start else {}
    return write_mime(Part(ContentType("multipart/related", parameters), parts=(xml, *parts)))


PICTURE = Part(ContentType("image/jpeg"), b"\xff\xd8\r\n--\0", content_id="a@b")
TEXT = Part(ContentType("text/plain"), b"Hej", content_id="c")
INNER = Part(ContentType("multipart/mixed"), parts=(PICTURE, TEXT), content_id="inner")


@pytest.mark.parametrize("href", ["cid:a@b", "CID:a%40b", "a@b", "<a@b>", "cid:<a@b>", "nothing", "", None])
@pytest.mark.parametrize("start", [True, False])
def test_content_is_found_whatever_it_is_called(href: str | None, start: bool) -> None:
    href = href.replace("<", "&lt;") if href else href
    message = read(*multipart(href, PICTURE, start=start))
    assert isinstance(message, DeliverReq)
    assert message.content == PICTURE


def test_parts_beside_each_other_are_all_of_the_content() -> None:
    for href in ("cid:a@b", None):
        message = read(*multipart(href, PICTURE, TEXT))
        assert isinstance(message, DeliverReq)
        assert message.content is not None
        assert message.content.parts == (PICTURE, TEXT)


def test_the_multipart_that_is_meant_is_the_content() -> None:
    message = read(*multipart("cid:inner", INNER, TEXT))
    assert isinstance(message, DeliverReq)
    assert message.content == INNER


def test_content_that_names_the_envelope_is_none() -> None:
    message = read(*multipart("cid:xml"))
    assert isinstance(message, DeliverReq)
    assert message.content is None


# --- what is refused -----------------------------------------------------------------------------------


def with_code(text: str) -> bytes:
    return envelope(f"<SubmitRsp><Status><StatusCode>{text}</StatusCode></Status></SubmitRsp>")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"Hej",
        b"<a/>",
        b"<a><b></a>",
        envelope(""),
        envelope("<SubmitRsp/>"),
        with_code("ok"),
        with_code("١٠٠٠"),
        with_code("9" * 5000),
        envelope("<DeliveryReportReq><MMStatus>Retrieved</MMStatus></DeliveryReportReq>"),
        b'<?xml version="1.0" encoding="klingon"?><a/>',
        b'<?xml version="1.0" encoding="utf-8"?><a>\xff</a>',
    ],
)
def test_what_is_refused(body: bytes) -> None:
    assert refused(body).code is Code.VALIDATION_ERROR


def test_what_mm7_does_not_have_is_refused() -> None:
    assert refused(envelope("<ReplaceReq/>")).code is Code.UNSUPPORTED_OPERATION


def test_a_refusal_is_paired_with_its_request() -> None:
    body = envelope(f'<ReplaceReq xmlns="{NAMESPACE}"><MM7Version>6.8.0</MM7Version></ReplaceReq>')
    error = refused(body)
    assert (error.transaction, error.version) == ("t1", version())


@pytest.mark.parametrize(
    "content_type", ["multipart/related", "multipart/related; boundary=x", "multipart/related; boundary="]
)
def test_what_is_no_mime_is_refused(content_type: str) -> None:
    assert refused(b"--y\r\n\r\nHej\r\n--y--", content_type).code is Code.VALIDATION_ERROR


def test_an_envelope_that_is_a_multipart_itself_is_refused() -> None:
    kind, body = write_mime(Part(ContentType("multipart/related"), parts=(INNER,)))
    assert refused(body, kind).code is Code.VALIDATION_ERROR


# --- hostile documents ---------------------------------------------------------------------------------

BOMB = b"<!DOCTYPE a [<!ENTITY b 'bbbbbbbbbb'><!ENTITY c '&b;&b;&b;&b;'>]><a>&c;</a>"
FILE = b"<!DOCTYPE a [<!ENTITY f SYSTEM 'file:///etc/passwd'>]><a>&f;</a>"
OUTSIDE = b"<!DOCTYPE a SYSTEM 'http://169.254.169.254/'><a/>"


@pytest.mark.parametrize("body", [BOMB, FILE, OUTSIDE])
def test_a_document_type_declaration_is_refused(body: bytes) -> None:
    assert "document type declaration" in str(refused(body))


@pytest.mark.parametrize(
    "body",
    [
        b"<a>" * 50_000,
        b"<a>" + b"<b/>" * 50_000 + b"</a>",
        envelope("<DeliverReq>" + "<x>" * 100 + "</x>" * 100 + "</DeliverReq>"),
        b"<a>" + b"x" * LONGEST + b"</a>",
    ],
)
def test_too_much_is_refused(body: bytes) -> None:
    assert refused(body).code is Code.VALIDATION_ERROR


def test_what_is_refused_costs_little() -> None:
    bodies = [b"<a>" * 80_000, b"<a " + b" ".join(b"n%d='1'" % at for at in range(20_000)) + b">"]
    for body in bodies:
        tracemalloc.start()
        refused(body)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 10_000_000


def test_mutants_are_read_or_refused() -> None:
    chance = random.Random(9)
    request = SubmitReq(
        transaction="t1", vasp_id="a", to=(Address(Form.NUMBER, "46701"),), subject="Hej", content=INNER
    )
    kind, body = write(request)
    told: set[str] = set()
    for _ in range(2000):
        mutant = bytearray(body)
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(mutant))
            match chance.randrange(3):
                case 0:
                    mutant[at] = chance.randrange(256)
                case 1:
                    del mutant[at : at + chance.randint(1, 40)]
                case 2:
                    mutant[at:at] = body[chance.randrange(len(body)) :][: chance.randint(1, 40)]
        try:
            read(kind, bytes(mutant))
        except Unreadable as error:
            told.add(str(error))
    assert len(told) > 3
    assert not any("Hej" in why for why in told)
