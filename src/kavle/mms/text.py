"""Whether octets are a text, and in which charset."""

from __future__ import annotations

import codecs
from typing import Final

_CONTROLS: Final = bytes(octet for octet in [*range(0x20), 0x7F] if octet not in b"\t\n\f\r")
_WIDE_CONTROLS: Final = {chr(octet) for octet in _CONTROLS}
_BOMS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def charset(data: bytes) -> str | None:
    """us-ascii, utf-8, utf-16 (with a byte order mark) or windows-1252, by which `data` can be read; None if
    it is no text: empty, or with control characters, as files of other kinds have."""
    if data.startswith(_BOMS):
        return _utf_16(data)
    if not data or len(data.translate(None, _CONTROLS)) < len(data):
        return None
    if data.isascii():
        return "us-ascii"
    try:
        data.decode()
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"


def _utf_16(data: bytes) -> str | None:
    try:
        text = data.decode("utf-16")
    except UnicodeDecodeError:
        return None
    return "utf-16" if text and _WIDE_CONTROLS.isdisjoint(text) else None
