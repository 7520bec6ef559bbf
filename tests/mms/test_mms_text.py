"""What a text says, of which only the beginning was read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.mms.text import beginning

READABLE = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufeff"), min_size=1)


@given(READABLE, st.sampled_from(["utf-8", "utf-16"]), st.integers(0, 3))
def test_a_character_that_is_cut_is_left_out_and_no_other(text: str, charset: str, missing: int) -> None:
    whole = text.encode(charset)
    assert beginning(whole, cut=False) == text
    said = beginning(("a" * 40 + text).encode(charset)[: -missing or None], cut=True)
    assert ("a" * 40 + text).startswith(said)
    assert len(said) >= 40 + len(text) - 3


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", ""),
        (b"MZ\x90\0\3", ""),
        ("\ufeffHej".encode(), "Hej"),
        ("Hej å".encode("latin-1"), "Hej å"),
        (b"\x81", "\ufffd"),
    ],
)
def test_what_is_in_another_charset_and_what_is_none(data: bytes, said: str) -> None:
    assert beginning(data, cut=False) == said
