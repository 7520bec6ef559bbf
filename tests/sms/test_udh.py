"""The concatenation header, letter by letter, and headers that are cut short or make no sense."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.sms import udh
from kavle.sms.udh import Concatenation, Header


def test_a_16_bit_reference_takes_seven_octets():
    assert udh.build(0xBEEF, 3, 2) == bytes.fromhex("06 08 04 BEEF 03 02")


@pytest.mark.parametrize(
    ("reference", "total", "number"),
    [(-1, 2, 1), (0x10000, 2, 1), (1, 256, 1), (1, 2, 0), (1, 2, 3), (1, 0, 0)],
)
def test_what_is_no_concatenation_is_not_built(reference: int, total: int, number: int):
    with pytest.raises(ValueError, match="no concatenation"):
        udh.build(reference, total, number)


def test_an_8_bit_reference_takes_six_octets():
    assert udh.build_8_bit(0x2A, 3, 2) == bytes.fromhex("05 00 03 2A 03 02")
    for wrong in [(-1, 2, 1), (256, 2, 1), (1, 256, 1), (1, 2, 0), (1, 2, 3)]:
        with pytest.raises(ValueError, match="no 8-bit concatenation"):
            udh.build_8_bit(*wrong)


@given(st.integers(0, 0xFFFF), st.integers(1, 255), st.data(), st.binary())
def test_what_is_built_is_parsed(reference: int, total: int, data: st.DataObject, body: bytes):
    number = data.draw(st.integers(1, total))
    parsed = udh.parse(udh.build(reference, total, number) + body)
    assert parsed == (Header(Concatenation(reference, total, number)), body)


@pytest.mark.parametrize(
    ("user_data", "concatenation", "body"),
    [
        ("05 00 03 2A 02 01 4142", Concatenation(0x2A, 2, 1, wide=False), b"AB"),
        ("00 41", None, b"A"),
        ("04 24 01 01 41", None, None),
        ("03 24 01 01 41", None, b"A"),
        ("0B 05 04 158A 0000 00 03 2A 02 02", Concatenation(0x2A, 2, 2, wide=False), b""),
        ("0B 00 03 2A 02 02 08 04 0001 02 01", Concatenation(1, 2, 1), b""),  # of several the last
        ("0C 08 04 0001 02 01 24 04 01020304", Concatenation(1, 2, 1), b""),
        ("05 00 03 2A 02 00 41", None, b"A"),
        ("05 00 03 2A 02 03 41", None, b"A"),
        ("05 00 03 2A 00 00 41", None, b"A"),
        ("05 00 03 2A 02", None, None),
        ("04 00 02 2A 02", None, None),
        ("06 08 03 0001 02 01", None, None),
        ("01 08", None, None),
        ("02 08 01", None, None),
        ("FF", None, None),
        ("", None, None),
    ],
)
def test_parse(user_data: str, concatenation: Concatenation | None, body: bytes | None):
    octets = bytes.fromhex(user_data)
    if body is None:
        with pytest.raises(ValueError, match="user data header"):
            udh.parse(octets)
    else:
        header, behind = udh.parse(octets)
        assert (header.concatenation, behind) == (concatenation, body)


@given(st.binary(max_size=40))
def test_a_hostile_header_is_refused_or_leaves_what_is_behind_it(user_data: bytes):
    with contextlib.suppress(ValueError):
        _, body = udh.parse(user_data)
        assert user_data[1 + user_data[0] :] == body


@pytest.mark.parametrize(
    ("user_data", "single_shift", "locking_shift"),
    [
        ("03 24 01 02 41", 2, 0),
        ("06 24 01 03 25 01 01 41", 3, 1),
        ("09 08 04 0001 02 01 24 01 03 41", 3, 0),
        ("04 24 02 01 01 41", 0, 0),  # no identifier has two octets
    ],
)
def test_a_header_names_a_languages_tables(user_data: str, single_shift: int, locking_shift: int):
    header, _ = udh.parse(bytes.fromhex(user_data))
    assert (header.single_shift, header.locking_shift) == (single_shift, locking_shift)


def test_a_languages_header_alone_and_among_several():
    assert udh.single_shift(2) == bytes.fromhex("03 24 01 02")
    assert udh.build(0xBEEF, 3, 2, 2) == bytes.fromhex("09 08 04 BEEF 03 02 24 01 02")
