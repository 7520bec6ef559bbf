"""Which bytes are which characters."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.wire.soap import Fault, windows_1252
from kavle.wire.soap.charset import utf8
from wire.soap.envelopes import element, envelope, read

TEXT = "Blåbär – 20 €"


def document(declared: str | None) -> str:
    prolog = "" if declared is None else f'<?xml version="1.0" encoding="{declared}"?>'
    return prolog + envelope(element("meddelande", TEXT))


SENT = {
    # how: (Content-Type, in the prolog, bytes)
    "nothing said": ("text/xml", None, "utf-8"),
    "content type": ("text/xml; charset=UTF-8", None, "utf-8"),
    "content type in quotes": ('text/xml; charset="windows-1252"', None, "cp1252"),
    "Latin-1 is windows-1252": ("text/xml;charset=ISO-8859-1", None, "cp1252"),
    "prolog": ("text/xml", "iso-8859-1", "cp1252"),
    "content type before prolog": ("text/xml; charset=utf-8", "iso-8859-1", "utf-8"),
    "no content type": ("", "windows-1252", "cp1252"),
    "BOM before all": ("text/xml; charset=iso-8859-1", "iso-8859-1", "utf-8-sig"),
    "UTF-16 with a BOM": ("text/xml; charset=utf-8", "utf-8", "utf-16"),
    "UTF-16 by content type": ("text/xml; charset=utf-16", None, "utf-16"),
    "UTF-16 little-endian, bare": ("text/xml", None, "utf-16-le"),
    "UTF-16 big-endian, bare": ("text/xml", "utf-16", "utf-16-be"),
    "a prolog that says UTF-16 and is not": ("text/xml", "utf-16", "utf-8"),
}


@pytest.mark.parametrize(("content_type", "declared", "codec"), SENT.values(), ids=SENT)
def test_a_text_arrives_however_it_is_sent(content_type: str, declared: str | None, codec: str) -> None:
    body = document(declared).encode(codec)
    assert read(body, content_type).parameters["meddelande"] == TEXT


def test_latin_9_is_not_latin_1() -> None:
    body = document("iso-8859-15").replace("–", "-").encode("iso-8859-15")
    assert read(body, "text/xml").parameters["meddelande"] == "Blåbär - 20 €"


WRONG = {
    "Latin-1 said to be UTF-8": ("text/xml; charset=utf-8", "Blåbär".encode("latin-1")),
    "half of UTF-16": ("text/xml", codecs.BOM_UTF16_LE + b"<\0x"),
    "a charset that is not known": ("text/xml; charset=klingon", b"<x/>"),
    "a codec that is no charset": ("text/xml; charset=zlib", b"<x/>"),
}


@pytest.mark.parametrize(("content_type", "body"), WRONG.values(), ids=WRONG)
def test_what_is_in_no_charset_is_a_bad_request(content_type: str, body: bytes) -> None:
    with pytest.raises(Fault) as raised:
        read(body, content_type)
    assert raised.value.status == 400


@given(st.binary())
def test_windows_1252_reads_every_byte_and_keeps_them_apart(raw: bytes) -> None:
    text = windows_1252(raw)
    assert len(text) == len(raw)
    defined = bytes(byte for byte in raw if byte not in b"\x81\x8d\x8f\x90\x9d")
    assert windows_1252(defined) == defined.decode("cp1252")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_utf8_passes_through_untouched(text: str) -> None:
    body = b"<x>" + text.encode()
    assert utf8(body, "text/xml") is body
