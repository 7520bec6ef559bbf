"""The alphabet against an independent implementation of TS 23.038, and what it does with hostile input."""

import gsmcodecs  # noqa: F401  registers the codec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.sms import gsm0338

EXTENSION = "\f^{}\\[~]|€"
EVERY_CHARACTER = [chr(code) for code in range(0x3000) if not 0xD800 <= code < 0xE000]


def oracle(text: str) -> bytes | None:
    try:
        return text.encode("gsm23.038")
    except UnicodeEncodeError:
        return None


def test_every_character_is_encoded_as_the_oracle_does():
    ours = {character: gsm0338.encode(character) for character in EVERY_CHARACTER}
    assert ours == {character: oracle(character) for character in EVERY_CHARACTER}
    assert sum(septets is not None for septets in ours.values()) == 127 + len(EXTENSION)


@pytest.mark.parametrize(
    ("text", "septets"),
    [
        ("", b""),
        ("Testar", b"Testar"),
        ("åäöÅÄÖ", bytes([0x0F, 0x7B, 0x7C, 0x0E, 0x5B, 0x5C])),
        ("a@b.se", b"a\x00b.se"),
        ("€", b"\x1be"),
        ("[1]\f", b"\x1b<1\x1b>\x1b\n"),
        ("Ω1", b"\x151"),
        ("tab\t", None),
        ("\x1b", None),
        ("\x00", None),
        ("`", None),
        ("ж", None),
        ("😀", None),
        ("\ud800", None),
    ],
)
def test_encode(text: str, septets: bytes | None):
    assert gsm0338.encode(text) == septets


@given(st.text(st.sampled_from([*"abc åäö@£_ΔΩ\n", *EXTENSION])))
def test_what_is_encoded_is_read_back(text: str):
    septets = gsm0338.encode(text)
    assert septets == oracle(text)
    assert septets is not None
    assert max(septets, default=0) < 0x80
    assert gsm0338.decode(septets) == text


@given(st.text())
def test_any_text_is_encoded_as_the_oracle_does_or_not_at_all(text: str):
    assert gsm0338.encode(text) == oracle(text)


@pytest.mark.parametrize(
    ("septets", "text"),
    [
        (b"\x1be", "€"),
        (b"\x1b", " "),
        (b"a\x1b", "a "),
        (b"\x1b\x1be", " e"),
        (b"\x1bA", "A"),
        (b"\x1b\x00", "@"),
        (b"\x80\xff", "\ufffd\ufffd"),
        (b"\x1b\xff", "\ufffd"),
    ],
)
def test_what_is_not_in_the_table_is_shown_as_the_standard_says(septets: bytes, text: str):
    assert gsm0338.decode(septets) == text


@given(st.binary())
def test_any_octets_are_read(septets: bytes):
    assert len(gsm0338.decode(septets)) <= len(septets)


@pytest.mark.parametrize("language", gsm0338.LANGUAGES)
def test_a_languages_characters_are_encoded_and_read_as_the_oracle_does(language: int):
    codec = f"gsm23.038-0-{language}"
    shifted = 0
    for character in EVERY_CHARACTER:
        try:
            expected = character.encode(codec)
        except UnicodeEncodeError:
            expected = None
        assert gsm0338.encode(character, language) == expected
        if expected is not None:
            assert gsm0338.decode(expected, language) == character
            shifted += len(expected) == 2
    assert shifted > len(EXTENSION)


@pytest.mark.parametrize("locking", [0, gsm0338.TURKISH, gsm0338.SPANISH, gsm0338.PORTUGUESE])
@pytest.mark.parametrize("language", [0, *gsm0338.LANGUAGES])
def test_every_septet_is_read_as_the_oracle_does_in_every_pair_of_tables(language: int, locking: int):
    codec = f"gsm23.038-{locking}-{language}"
    for septets in [bytes([one]) for one in range(0x80) if one != gsm0338.ESCAPE]:
        assert gsm0338.decode(septets, language, locking) == septets.decode(codec)
        try:
            shifted = (b"\x1b" + septets).decode(codec)
        except UnicodeDecodeError:
            continue  # it knows no such extension; we show the basic character
        assert gsm0338.decode(b"a\x1b" + septets + b"a", language, locking) == f"a{shifted}a"


@given(st.binary(), st.integers(0, 255), st.integers(0, 255))
def test_any_octets_are_read_in_any_tables(septets: bytes, language: int, locking: int):
    assert len(gsm0338.decode(septets, language, locking)) <= len(septets)


def test_a_language_that_is_not_known_is_read_by_the_default_tables():
    assert gsm0338.decode(b"\x1be", 13) == "€"
