"""Whether octets are a text, and in which charset."""

from __future__ import annotations

import codecs
from typing import Final

_CONTROLS: Final = bytes(octet for octet in [*range(0x20), 0x7F] if octet not in b"\t\n\f\r")
_AT_ONCE: Final = 16 * 1024  # octets that are looked at: of what is no text, the first are enough
_LONGEST_CHARACTER: Final = 4  # octets, in UTF-8 and UTF-16
_BOMS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def charset(data: bytes) -> str | None:
    """us-ascii, utf-8, utf-16 (with a byte order mark) or windows-1252, by which `data` can be read; None if
    it is no text: empty, or with control characters, as files of other kinds have."""
    if data.startswith(_BOMS):
        return _utf_16(data)
    if not data or _has_controls(data):
        return None
    if data.isascii():
        return "us-ascii"
    try:
        data.decode()
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"


def beginning(data: bytes, *, cut: bool) -> str:
    """What a text says; empty for what is no text. `cut`: it may end within a character, which then is left
    out."""
    for missing in range(_LONGEST_CHARACTER if cut else 1):
        whole = data[: len(data) - missing]
        written_in = charset(whole)
        if written_in not in (None, "windows-1252"):
            return whole.decode(written_in).removeprefix("\ufeff")
    return data.decode("windows-1252", "replace") if charset(data) else ""


def _utf_16(data: bytes) -> str | None:
    try:
        text = data.decode("utf-16")
    except UnicodeDecodeError:
        return None
    return "utf-16" if text and not _has_controls(text.encode()) else None


def _has_controls(data: bytes) -> bool:
    pieces = (data[start : start + _AT_ONCE] for start in range(0, len(data), _AT_ONCE))
    return any(len(piece.translate(None, _CONTROLS)) < len(piece) for piece in pieces)
