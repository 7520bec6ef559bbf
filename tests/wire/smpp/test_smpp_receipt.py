"""Delivery receipts in the dialects that networks speak."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kavle.wire.smpp import pdus
from kavle.wire.smpp.body import Pdu
from kavle.wire.smpp.codec import Decoder, encode
from kavle.wire.smpp.constants import MessageState, Tag
from kavle.wire.smpp.receipt import (
    LONGEST_READ,
    ReceiptText,
    format_receipt,
    parse_receipt,
    receipt_for,
    receipt_tlvs,
)


def receipt(text: bytes, esm_class: int = 0x04, data_coding: int = 0, **tlvs: bytes) -> pdus.DeliverSm:
    return pdus.DeliverSm(
        esm_class=esm_class,
        data_coding=data_coding,
        short_message=text,
        tlvs={Tag[name]: value for name, value in tlvs.items()},
    )


STANDARD = (
    b"id:0123456789 sub:001 dlvrd:001 submit date:2601011200 done date:2601011201 "
    b"stat:DELIVRD err:000 text:Hello"
)
READ = ReceiptText("0123456789", MessageState.DELIVERED, "000", "2601011200", "2601011201", "001", "001")

DIALECTS: dict[str, tuple[pdus.DeliverSm, ReceiptText]] = {
    "the standard's": (receipt(STANDARD), READ),
    "lower case": (receipt(STANDARD.lower()), READ),
    "upper case": (receipt(STANDARD.upper()), READ),
    "Text with a capital": (receipt(STANDARD.replace(b"text:", b"Text:")), READ),
    "no text": (receipt(STANDARD.removesuffix(b" text:Hello")), READ),
    "spaces behind the colons": (receipt(STANDARD.replace(b":", b": ")), READ),
    "underlines": (receipt(STANDARD.replace(b" date", b"_date")), READ),
    "semicolons": (receipt(STANDARD.replace(b" sub:", b";sub:").replace(b" stat:", b"; stat:")), READ),
    "dates of twelve digits": (
        receipt(
            b"id:1 sub:001 dlvrd:001 submit date:260101120059 done date:260101120159 stat:EXPIRED err:5 text:"
        ),
        ReceiptText("1", MessageState.EXPIRED, "5", "260101120059", "260101120159", "001", "001"),
    ),
    "id and state alone": (
        receipt(b"id:a-b_c stat:UNDELIV"),
        ReceiptText("a-b_c", MessageState.UNDELIVERABLE),
    ),
    "another order": (
        receipt(b"stat:REJECTD err:0x45 id:9"),
        ReceiptText("9", MessageState.REJECTED, "0x45"),
    ),
    "missing values": (
        receipt(b"id:7 sub: dlvrd: submit date: done date: stat:ACCEPTD err: text:"),
        ReceiptText("7", MessageState.ACCEPTED),
    ),
    "FAILED": (receipt(b"id:1 stat:FAILED"), ReceiptText("1", MessageState.UNDELIVERABLE)),
    "a word that nobody knows": (receipt(b"id:1 stat:WHATEVR"), ReceiptText("1", None)),
    "keys inside the customer's text": (
        receipt(b"stat:DELIVRD text:Hi id:666"),
        ReceiptText("", MessageState.DELIVERED),
    ),
    "a key inside another word": (
        receipt(b"void:5 id:6 stat:DELETED"),
        ReceiptText("6", MessageState.DELETED),
    ),
    "the first of two": (receipt(b"id:1 id:2"), ReceiptText("1", None)),
    "TLVs alone": (
        receipt(
            b"",
            RECEIPTED_MESSAGE_ID=b"abc\0",
            MESSAGE_STATE=b"\x02",
            NETWORK_ERROR_CODE=b"\x03\x00\x21",
        ),
        ReceiptText("abc", MessageState.DELIVERED, "033", by_parameter=True),
    ),
    "TLVs before the text": (
        receipt(STANDARD, RECEIPTED_MESSAGE_ID=b"abc", MESSAGE_STATE=b"\x05"),
        ReceiptText("abc", MessageState.UNDELIVERABLE, "000", "2601011200", "2601011201", "001", "001", True),
    ),
    "broken TLVs give way to the text": (
        receipt(
            STANDARD,
            RECEIPTED_MESSAGE_ID=b"\0",
            MESSAGE_STATE=b"\x63",
            NETWORK_ERROR_CODE=b"\x03\x00\x21\x00",
        ),
        READ,
    ),
    "UCS-2": (
        receipt("id:1 stat:DELIVRD".encode("utf-16-be"), data_coding=8),
        ReceiptText("1", MessageState.DELIVERED),
    ),
    "in message_payload": (receipt(b"", MESSAGE_PAYLOAD=STANDARD), READ),
    "an intermediate notification": (
        receipt(b"id:1 stat:ENROUTE", esm_class=0x20),
        ReceiptText("1", MessageState.ENROUTE),
    ),
    "with other bits of esm_class": (
        receipt(b"id:1 stat:UNKNOWN", esm_class=0x47),
        ReceiptText("1", MessageState.UNKNOWN),
    ),
    "nothing that can be read": (receipt(b"\xff\x00\x01"), ReceiptText("", None)),
}


@pytest.mark.parametrize(("message", "read"), DIALECTS.values(), ids=DIALECTS.keys())
def test_dialects(message: pdus.DeliverSm, read: ReceiptText) -> None:
    assert parse_receipt(message) == read


@pytest.mark.parametrize("esm_class", [0x00, 0x03, 0x08, 0x10, 0x18, 0x40])
def test_a_phones_text_is_no_receipt_whatever_it_says(esm_class: int) -> None:
    assert parse_receipt(receipt(STANDARD, esm_class)) is None


def test_data_sm_carries_receipts_too() -> None:
    tlvs = receipt_tlvs("77", MessageState.DELIVERED)
    assert parse_receipt(pdus.DataSm(esm_class=0x04, tlvs=tlvs)) == ReceiptText(
        "77", MessageState.DELIVERED, by_parameter=True
    )


ids = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters=",;:"), min_size=1, max_size=64
)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2068, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(ids, st.sampled_from(MessageState), moments, moments, st.integers(0, 999), st.binary(max_size=30))
def test_what_is_formatted_is_read(
    message_id: str, state: MessageState, submitted: datetime, done: datetime, err: int, text: bytes
) -> None:
    octets = format_receipt(message_id, state, submitted, done, err=err, text=text)
    assert parse_receipt(receipt(octets)) == ReceiptText(
        id=message_id,
        state=state,
        err=f"{err:03d}",
        submit_date=f"{submitted:%y%m%d%H%M}",
        done_date=f"{done:%y%m%d%H%M}",
        sub="001",
        dlvrd="001" if state is MessageState.DELIVERED else "000",
    )


def test_a_receipt_goes_back_the_way_its_message_came() -> None:
    submitted = pdus.SubmitSm("CMT", 5, 0, "Kavle", 1, 1, "46701234567", registered_delivery=1)
    made = receipt_for(submitted, STANDARD, receipt_tlvs("0123456789", MessageState.DELIVERED))
    assert (made.source_addr_ton, made.source_addr_npi, made.source_addr) == (1, 1, "46701234567")
    assert (made.dest_addr_ton, made.dest_addr_npi, made.destination_addr) == (5, 0, "Kavle")
    assert Decoder().feed(encode(made, 1)) == [Pdu(1, 0, made)]
    assert parse_receipt(made) == replace(READ, by_parameter=True)


@given(
    st.binary(max_size=300), st.integers(0, 255), st.dictionaries(st.sampled_from(Tag), st.binary(max_size=9))
)
def test_arbitrary_receipts_raise_nothing(text: bytes, data_coding: int, tlvs: dict[int, bytes]) -> None:
    message = pdus.DeliverSm(esm_class=0x04, data_coding=data_coding, short_message=text, tlvs=tlvs)
    assert parse_receipt(message) is not None


@pytest.mark.parametrize("unit", [b"id:", b"id: ", b"id ", b"submit date", b" ", b"a", b":", b"stat: : "])
def test_no_more_is_read_than_a_receipt_can_hold(unit: bytes) -> None:
    huge = unit * (60_000 // len(unit))
    beyond = huge[:LONGEST_READ] + b" id:beyond stat:DELIVRD"
    for octets in (huge, beyond):
        read = parse_receipt(receipt(b"", MESSAGE_PAYLOAD=octets))
        assert read is not None
        assert read.state is None
