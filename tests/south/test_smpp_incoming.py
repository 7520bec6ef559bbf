"""What a deliver_sm from a phone says: alphabets, headers, sar_ parameters, and what is hostile or broken."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.model.incoming import EIGHT_BIT, SAR, SIXTEEN_BIT, Piece
from kavle.sms import gsm0338, udh
from kavle.south.smpp.incoming import MOST_OCTETS_OF_A_PART, piece_of
from kavle.wire.smpp.constants import ESM_UDHI, Tag
from kavle.wire.smpp.pdus import DataSm, DeliverSm

NOW = datetime(2026, 1, 3, 12, tzinfo=UTC)
PHONE, NUMBER = "46701740605", "46737494123"
LOCKING = bytes([3, udh.LOCKING_SHIFT, 1, gsm0338.TURKISH])


def read(body: bytes, coding: int = 0, *, latin1: bool = False, **fields: Any) -> Piece:
    given = {"source_addr": PHONE, "destination_addr": NUMBER} | fields
    message = DeliverSm(short_message=body, data_coding=coding, **given)
    return piece_of(1, message, NOW, latin1=latin1)


@pytest.mark.parametrize(
    ("body", "coding", "text"),
    [
        (b"Hej", 0x00, "Hej"),
        (bytes([0x0F, 0x7B, 0x7C]), 0x00, "åäö"),
        (b"\x1be", 0x00, "€"),
        (b"a\x00b", 0x00, "a@b"),
        (b"Hej", 0xF0, "Hej"),
        (b"Hej", 0x10, "Hej"),
        ("åäö".encode("latin-1"), 0x01, "åäö"),
        ("åäö".encode("latin-1"), 0x03, "åäö"),
        ("på €".encode("utf-16-be"), 0x08, "på €"),
        ("😀".encode("utf-16-be"), 0x08, "😀"),
        ("på".encode("utf-16-be"), 0x18, "på"),
        ("\ufeffpå".encode("utf-16-be"), 0x08, "på"),
        ("привет".encode("iso8859-5"), 0x06, "привет"),
        ("שלום".encode("iso8859-8"), 0x07, "שלום"),
        ("こんにちは".encode("iso2022-jp"), 0x0A, "こんにちは"),
        ("안녕".encode("euc-kr"), 0x0E, "안녕"),
        (b"\x01\x80\xff", 0x04, "\x01\x80\xff"),  # octets that are no text
        (b"\x01\x80\xff", 0xF5, "\x01\x80\xff"),
        (b"", 0x00, ""),
        # Broken, or worse.
        (b"a\x00b", 0x03, "a b"),
        (b"\x00a\x00\x00", 0x08, "a "),
        (b"\x00a\xd8", 0x08, "a"),
        (b"\x00a\xd8\x3d", 0x08, "a\ufffd"),
        (b"\xde\x00\x00a", 0x08, "\ufffda"),
        (b"\x80", 0x00, "\ufffd"),
        (b"\x1b$B\xff", 0x0A, "\ufffd"),
        (b"Hej", 0xC0, "Hej"),
    ],
)
def test_texts_are_read_by_their_data_coding(body: bytes, coding: int, text: str) -> None:
    assert read(body, coding).text == text


def test_a_networks_default_alphabet_may_be_latin_1() -> None:
    assert read("åäö@".encode("latin-1"), latin1=True).text == "åäö@"
    assert read("på".encode("utf-16-be"), 8, latin1=True).text == "på"


@pytest.mark.parametrize(
    ("header", "body", "text"),
    [
        (udh.single_shift(gsm0338.TURKISH), b"\x1bS", "Ş"),
        (LOCKING, b"\x1c", "Ş"),
        (b"\x00", b"Hej", "Hej"),
        (b"\x04\x05\x02\x00\x00", b"Hej", "Hej"),  # ports
    ],
)
def test_headers_name_languages_and_other_things(header: bytes, body: bytes, text: str) -> None:
    piece = read(header + body, esm_class=ESM_UDHI)
    assert (piece.text, piece.total) == (text, 1)


@pytest.mark.parametrize(
    ("header", "reference"),
    [(udh.build_8_bit(7, 3, 2), EIGHT_BIT + 7), (udh.build(7, 3, 2), SIXTEEN_BIT + 7)],
)
def test_a_part_is_known_by_its_header(header: bytes, reference: int) -> None:
    piece = read(header + b"Hej", esm_class=ESM_UDHI)
    assert (piece.reference, piece.number, piece.total, piece.text) == (reference, 2, 3, "Hej")


def sar(reference: bytes, total: bytes, number: bytes) -> dict[int, bytes]:
    return {
        Tag.SAR_MSG_REF_NUM: reference,
        Tag.SAR_TOTAL_SEGMENTS: total,
        Tag.SAR_SEGMENT_SEQNUM: number,
    }


def test_a_part_is_known_by_the_sar_parameters() -> None:
    piece = read(b"Hej", tlvs=sar(b"\x00\x07", b"\x03", b"\x02"))
    assert (piece.reference, piece.number, piece.total) == (SAR + 7, 2, 3)


@pytest.mark.parametrize(
    "tlvs",
    [
        sar(b"\x00\x07", b"\x03", b"\x00"),
        sar(b"\x00\x07", b"\x03", b"\x04"),
        sar(b"\x00\x07", b"\x00", b"\x00"),
        sar(b"\x00\x07", b"\x01", b"\x01"),
        sar(b"\x07", b"\x03", b"\x02"),
        sar(b"\x00\x07", b"", b"\x02"),
        {Tag.SAR_MSG_REF_NUM: b"\x00\x07"},
    ],
)
def test_sar_parameters_that_make_no_part_are_as_if_they_were_not_there(tlvs: dict[int, bytes]) -> None:
    assert read(b"Hej", tlvs=tlvs) == Piece(1, PHONE, NUMBER, "Hej", NOW)


@pytest.mark.parametrize("total_and_number", [b"\x03\x00", b"\x03\x04", b"\x00\x00", b"\x01\x01"])
def test_a_header_that_makes_no_part_is_as_if_it_were_not_there(total_and_number: bytes) -> None:
    """3GPP TS 23.040 §9.2.3.24.1"""
    piece = read(b"\x05\x00\x03\x07" + total_and_number + b"Hej", esm_class=ESM_UDHI)
    assert piece == Piece(1, PHONE, NUMBER, "Hej", NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x05\x00\x03",
        b"\xff",
        b"\x05\x00\x04\x07\x03\x01",
        b"\x02\x00\x03Hej",
        b"\x05\x08\x03\x07\x03\x01H",
    ],
)
def test_a_broken_header_is_an_error(body: bytes) -> None:
    with pytest.raises(ValueError, match="user data header"):
        read(body, esm_class=ESM_UDHI)


def test_a_part_of_many_octets_is_an_error_and_a_whole_message_of_them_is_not() -> None:
    body = b"x" * (MOST_OCTETS_OF_A_PART + 1)
    whole = read(b"", tlvs={Tag.MESSAGE_PAYLOAD: body})
    assert whole.text == body.decode()
    with pytest.raises(ValueError, match="a part of a long message"):
        read(b"", tlvs={Tag.MESSAGE_PAYLOAD: body} | sar(b"\x00\x07", b"\x03", b"\x02"))


def test_a_data_sm_has_all_in_its_payload() -> None:
    message = DataSm(
        source_addr=PHONE,
        destination_addr=NUMBER,
        data_coding=8,
        esm_class=ESM_UDHI,
        tlvs={Tag.MESSAGE_PAYLOAD: udh.build(7, 2, 1) + "på".encode("utf-16-be")},
    )
    assert piece_of(1, message, NOW) == Piece(1, PHONE, NUMBER, "på", NOW, SIXTEEN_BIT + 7, 1, 2)


def test_a_part_keeps_half_a_character_for_the_other_half() -> None:
    body = udh.build(7, 2, 1) + b"\x00a\xd8\x3d"
    assert read(body, 8, esm_class=ESM_UDHI).text == "a\ud83d"


@pytest.mark.parametrize(
    ("written", "shown"),
    [("+46701740605", "+46701740605"), (" Taxi\x00Kurir\n", "TaxiKurir"), ("", ""), ("x" * 70, "x" * 65)],
)
def test_addresses_lose_what_does_not_print(written: str, shown: str) -> None:
    assert read(b"Hej", source_addr=written).sender == shown


@given(
    st.binary(max_size=300),
    st.integers(0, 255),
    st.sampled_from([0, ESM_UDHI]),
    st.dictionaries(
        st.sampled_from([Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM]),
        st.binary(max_size=3),
    ),
)
def test_whatever_comes_is_a_piece_that_can_be_stored_or_a_value_error(
    body: bytes, coding: int, esm_class: int, tlvs: dict[int, bytes]
) -> None:
    try:
        piece = read(body, coding, esm_class=esm_class, tlvs=tlvs)
    except ValueError:
        return
    assert 1 <= piece.number <= piece.total <= 255
    assert "\0" not in piece.text
    if piece.total == 1:
        piece.text.encode()
