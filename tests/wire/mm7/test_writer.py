"""What is written is what the schema says, and is read as what was written."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kavle.wire.mime import ContentType, Part
from kavle.wire.mm7 import (
    SCHEMAS,
    SUCCESS,
    TEXTS,
    Address,
    CancelReq,
    CancelRsp,
    Code,
    DeliverReq,
    DeliverRsp,
    DeliveryReportReq,
    DeliveryReportRsp,
    Form,
    Message,
    ReadReplyReq,
    ReadReplyRsp,
    RSErrorRsp,
    Status,
    SubmitReq,
    SubmitRsp,
    VASPErrorRsp,
    Version,
    read,
    version,
    write,
)
from kavle.wire.mm7.fields import FIELDS

PICTURE = Part(ContentType("image/jpeg"), b"\xff\xd8\r\n--\0\r\n\r\n", content_id="picture")
CONTENT = Part(ContentType("multipart/related", {"start": "<smil>"}), parts=(PICTURE,), content_id="content")


def test_a_submission_as_the_schema_orders_it() -> None:
    request = SubmitReq(
        transaction="k-1",
        version=version("REL-5-MM7-1-2"),
        vasp_id="acme",
        vas_id="news",
        sender=Address(Form.SHORT_CODE, "72345"),
        to=(Address(Form.NUMBER, "46702617396"),),
        service_code="free",
        expiry=timedelta(days=2, seconds=60),
        delivery_report=True,
        subject="Räksmörgås & <co>",
        content=CONTENT,
    )
    kind, body = write(request)
    assert kind.startswith("multipart/related;")
    assert 'type="text/xml"' in kind
    namespace = "http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/REL-5-MM7-1-2"
    xml = body[body.index(b"<?xml") :].split(b"\r\n--")[0].decode()
    assert xml == (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Header>'
        f'<mm7:TransactionID xmlns:mm7="{namespace}" env:mustUnderstand="1">k-1</mm7:TransactionID>'
        f'</env:Header><env:Body><SubmitReq xmlns="{namespace}"><MM7Version>5.3.0</MM7Version>'
        "<SenderIdentification><VASPID>acme</VASPID><VASID>news</VASID>"
        "<SenderAddress><ShortCode>72345</ShortCode></SenderAddress></SenderIdentification>"
        "<Recipients><To><Number>46702617396</Number></To></Recipients>"
        "<ServiceCode>free</ServiceCode><ExpiryDate>P2DT60S</ExpiryDate><DeliveryReport>true</DeliveryReport>"
        "<Subject>Räksmörgås &amp; &lt;co&gt;</Subject>"
        '<Content href="cid:content"/></SubmitReq></env:Body></env:Envelope>'
    )
    assert PICTURE.body in body


@pytest.mark.parametrize(
    ("code", "blame"), [(4004, "Client"), (2007, "Client"), (3000, "Server"), (9999, "Server")]
)
def test_an_error_is_a_fault(code: int, blame: str) -> None:
    kind, body = write(VASPErrorRsp(transaction="t", status=Status(code, "no")))
    assert kind == "text/xml; charset=utf-8"
    assert f"<env:Fault><faultcode>env:{blame}</faultcode>".encode() in body
    assert re.search(rb"<detail><VASPErrorRsp xmlns=.*</VASPErrorRsp></detail></env:Fault>", body)


def test_each_code_has_its_text() -> None:
    assert set(TEXTS) == set(Code)
    assert Status(1000, "Success") == SUCCESS


def test_a_status_is_good_or_not() -> None:
    assert [Status(code).good for code in (1000, 1100, 1999, 999, 2000, 4006)] == [True] * 3 + [False] * 3


@pytest.mark.parametrize(("schema", "number"), SCHEMAS.items())
def test_versions(schema: str, number: str) -> None:
    _, body = write(SubmitRsp(transaction="t", version=version(schema), status=SUCCESS))
    assert f"/schema/{schema}".encode() in body
    assert f"<MM7Version>{number}</MM7Version>".encode() in body


def test_a_version_may_be_another_than_the_schema_s() -> None:
    assert version("REL-5-MM7-1-0", "5.6.0").number == "5.6.0"


def test_the_table_names_each_field_of_each_message() -> None:
    held = {"transaction", "version", "content", "allow_adaptations"}
    for kind, fields in FIELDS.items():
        assert {field.name for field in fields} == set(kind.__struct_fields__) - held, kind


# --- round trips ---------------------------------------------------------------------------------------

# XML 1.0 §2.2: other characters can't stand in a document; nor does white space at the ends of a text count.
texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], exclude_characters="￾￿"), max_size=30
)
words = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=20)
addresses = st.builds(Address, st.sampled_from(Form), words, st.booleans())
lists = st.lists(addresses, max_size=3).map(tuple)
times = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda time: time.replace(microsecond=0)
)
moments = times | st.integers(0, 10**8).map(lambda seconds: timedelta(seconds=seconds))
statuses = st.builds(Status, st.integers(0, 99_999), texts, texts)
bools = st.none() | st.booleans()
versions = st.builds(version, st.sampled_from(list(SCHEMAS)), words)

BY_NAME: dict[str, Any] = {
    "transaction": texts,
    "version": versions,
    "status": statuses,
    "content": st.just(CONTENT) | st.none(),
    "message_id": words,
    "mm_status": words,
    **dict.fromkeys(("to", "cc", "bcc"), lists),
    **dict.fromkeys(("sender", "recipient"), st.none() | addresses),
    **dict.fromkeys(("time_stamp", "date"), st.none() | times),
    **dict.fromkeys(("earliest_delivery", "expiry"), st.none() | moments),
    **dict.fromkeys(("delivery_report", "read_reply", "distribution"), bools),
}


def any_of(kind: type[Message]) -> st.SearchStrategy[Message]:
    fields = {
        name: BY_NAME.get(name, texts) for name in kind.__struct_fields__ if name != "allow_adaptations"
    }
    return st.builds(kind, **fields)


KINDS: list[type[Message]] = [
    SubmitReq,
    SubmitRsp,
    DeliverReq,
    DeliverRsp,
    DeliveryReportReq,
    DeliveryReportRsp,
    ReadReplyReq,
    ReadReplyRsp,
    CancelReq,
    CancelRsp,
    RSErrorRsp,
    VASPErrorRsp,
]


@pytest.mark.parametrize("kind", [DeliverRsp, DeliveryReportRsp, ReadReplyRsp, VASPErrorRsp])
def test_what_was_told_in_no_namespace_is_answered_in_none(kind: type[Message]) -> None:
    """Else the answer is no XML, and the network tells the same again and again."""
    answer = kind(transaction="t", version=Version("", "5.3.0"), status=SUCCESS)
    assert read(*write(answer)) == answer


@settings(max_examples=300, deadline=None)
@given(st.one_of([any_of(kind) for kind in KINDS]))
def test_what_is_written_is_read_as_it_was(message: Message) -> None:
    assert read(*write(message)) == message
