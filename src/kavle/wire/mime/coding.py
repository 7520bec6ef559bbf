"""Transfer encodings (RFC 2045 §6)."""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from typing import Final

from kavle.wire.mime.errors import BadCoding
from kavle.wire.mime.header import ContentType
from kavle.wire.mime.part import Coding

_AS_IT_IS: Final = {"", "7bit", "8bit", "binary"}
_LINE: Final = 57  # octets, which are 76 characters. §6.8
_WRITTEN: Final = 76
_LINES: Final = 256  # that are written at once


def decode(name: str, octets: memoryview, kind: ContentType) -> tuple[Coding, bytes | memoryview]:
    """`octets` themselves where they are not coded. Raises BadCoding. What is no base64 character is skipped,
    as §6.8 says."""
    name = name.lower()
    if name in _AS_IT_IS:
        return Coding.BINARY, octets
    if kind.multipart:
        raise BadCoding("a multipart as a whole has no transfer encoding")  # §6.4
    if name == Coding.BASE64:
        try:
            return Coding.BASE64, binascii.a2b_base64(octets)
        except binascii.Error:
            raise BadCoding("a part said to be base64 is none") from None
    if name == Coding.QUOTED_PRINTABLE:
        return Coding.QUOTED_PRINTABLE, binascii.a2b_qp(octets)
    raise BadCoding("a part's transfer encoding is not known")


def encode(coding: Coding, octets: bytes) -> Iterator[bytes]:
    """In pieces, the octets themselves where they are not coded."""
    if coding is Coding.BASE64:
        yield from _base64(octets)
    elif coding is Coding.QUOTED_PRINTABLE:
        # Line feeds are written as what they are, so that none is taken for a line's end.
        lines = binascii.b2a_qp(octets, quotetabs=True, istext=False).splitlines()
        yield b"\r\n".join(lines)
    else:
        yield octets


def _base64(octets: bytes) -> Iterator[bytes]:
    view = memoryview(octets)
    for at in range(0, len(view), _LINE * _LINES):
        written = binascii.b2a_base64(view[at : at + _LINE * _LINES], newline=False)
        lines = [written[start : start + _WRITTEN] for start in range(0, len(written), _WRITTEN)]
        yield (b"\r\n" if at else b"") + b"\r\n".join(lines)
