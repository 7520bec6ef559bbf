"""Transfer encodings (RFC 2045 §6)."""

from __future__ import annotations

import binascii
from typing import Final

from kavle.wire.mime.errors import BadCoding
from kavle.wire.mime.header import ContentType
from kavle.wire.mime.part import Coding

_AS_IT_IS: Final = {"", "7bit", "8bit", "binary"}
_LINE: Final = 57  # octets, which are 76 characters. §6.8


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


def encode(coding: Coding, octets: bytes) -> bytes:
    if coding is Coding.BASE64:
        pieces = (octets[at : at + _LINE] for at in range(0, len(octets), _LINE))
        return b"\r\n".join(binascii.b2a_base64(piece, newline=False) for piece in pieces)
    if coding is Coding.QUOTED_PRINTABLE:
        # Line feeds are written as what they are, so that none is taken for a line's end.
        lines = binascii.b2a_qp(octets, quotetabs=True, istext=False).splitlines()
        return b"\r\n".join(lines)
    return octets
