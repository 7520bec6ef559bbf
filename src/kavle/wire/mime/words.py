"""Encoded words (RFC 2047), by which phones name files in their own language."""

from __future__ import annotations

import binascii
import re
from typing import Final

CONTROL: Final = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
"""What no header holds."""

# White space between two words is theirs and not the text's. §6.2
_WORDS: Final = re.compile(r"=\?([\w-]{1,40})\?([BbQq])\?([^?\s]*)\?=(?:\s+(?==\?[\w-]{1,40}\?[BbQq]\?))?")
_CHARSETS: Final = {
    "us-ascii": "ascii",
    "utf-8": "utf-8",
    "iso-8859-1": "latin-1",
    "iso-8859-2": "iso-8859-2",
    "iso-8859-9": "iso-8859-9",
    "iso-8859-15": "iso-8859-15",
    "windows-1250": "windows-1250",
    "windows-1252": "windows-1252",
}


def charset_of(label: str) -> str | None:
    return _CHARSETS.get(label.lower())


def decoded(text: str) -> str:
    """`text` with its encoded words read; those that can't be stand as they are."""
    return _WORDS.sub(_word, text).strip() if "=?" in text else text


def _word(found: re.Match[str]) -> str:
    charset = charset_of(found[1])
    if charset is None:
        return found[0]
    try:
        return CONTROL.sub("", _octets(found[2], found[3].encode()).decode(charset, "replace"))
    except binascii.Error:
        return found[0]


def _octets(encoding: str, octets: bytes) -> bytes:
    if encoding in "Bb":
        return binascii.a2b_base64(octets)
    return binascii.a2b_qp(octets, header=True)
