"""Queries and forms in every charset that clients write."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kavle.model.account import Charset
from kavle.model.errors import Reason, Refusal
from kavle.north.query import text, texts

characters = st.text(st.characters(exclude_categories=["Cs"]))
latin = st.text(st.characters(max_codepoint=0xFF, exclude_characters=[chr(code) for code in range(128, 160)]))
charsets = st.sampled_from(["auto", "latin-1", "utf-8"])


@given(characters, st.sampled_from(["auto", "utf-8"]), st.sampled_from([quote, quote_plus]))
def test_utf_8_comes_back(written: str, charset: Charset, escape: Callable[..., str]) -> None:
    assert text(escape(written, safe=""), charset) == written


@given(latin, st.sampled_from([quote, quote_plus]))
def test_latin_1_comes_back(written: str, escape: Callable[..., str]) -> None:
    assert text(escape(written.encode("latin-1"), safe=""), "latin-1") == written


@given(st.text(st.sampled_from("åäöÅÄÖéü abc.,!?&+%")))
def test_swedish_is_never_taken_for_utf_8(written: str) -> None:
    assert text(quote_plus(written.encode("latin-1")), "auto") == written
    assert text(quote_plus(written), "auto") == written


@given(st.text(st.sampled_from("åäö€–’ abc")))
def test_latin_1_is_windows_1252(written: str) -> None:
    assert text(quote_plus(written.encode("cp1252")), "latin-1") == written


@given(st.binary(), charsets)
def test_any_bytes_are_a_text_or_110(raw: bytes, charset: Charset) -> None:
    try:
        read = text(raw.decode("latin-1"), charset)
    except Refusal:
        if charset != "utf-8":
            raise
        return
    read.encode()  # no lone surrogates


@given(st.binary(), charsets)
def test_any_query_is_read_or_110(raw: bytes, charset: Charset) -> None:
    try:
        read = texts(raw, charset)
    except Refusal:
        if charset != "utf-8":
            raise
        return
    assert all(key == key.lower() for key in read)


@given(st.dictionaries(characters.map(str.lower).filter(lambda key: key == key.lower()), characters))
def test_what_was_encoded_comes_back(query: dict[str, str]) -> None:
    expected = query if query else {"": ""}
    assert texts(urlencode(query).encode(), "auto") == expected


def test_of_doubled_keys_the_first_and_never_more_than_a_thousand() -> None:
    assert texts(b"A=1&a=2&%61=3", "auto") == {"a": "1"}
    assert len(texts(b"&".join(b"%d=" % number for number in range(5000)), "auto")) == 1000


def test_latin_1_that_could_be_utf_8() -> None:
    assert [text("%C3%A5", charset) for charset in ("auto", "latin-1", "utf-8")] == ["å", "Ã¥", "å"]


@pytest.mark.parametrize("escaped", ["%E5", "%C3", "%ED%A0%80", "%F8%88%80%80%80", "%FF"])
def test_what_is_no_utf_8(escaped: str) -> None:
    with pytest.raises(Refusal) as refused:
        text(escaped, "utf-8")
    assert refused.value.reason is Reason.PARAMETER


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 5), st.sampled_from(["å", "%", "%4", "%C3%A5", "€🙂"]))
def test_no_escape_is_torn_where_a_long_one_is_read_in_pieces(before: int, piece: str) -> None:
    written = "x" * before + piece * 30_000
    assert text(quote(written, safe=""), "utf-8") == written
