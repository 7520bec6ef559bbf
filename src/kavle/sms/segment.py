"""How a text becomes short messages: which alphabet, how many segments, and what is in each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Final

import msgspec

from kavle.sms import gsm0338, udh


class Encoding(IntEnum):
    """The alphabet of a text: its data coding scheme (3GPP TS 23.038 §4) in the low octet, and above it the
    language whose single shift table its header names."""

    GSM7 = 0
    UCS2 = 8
    GSM7_TURKISH = gsm0338.TURKISH << 8
    GSM7_SPANISH = gsm0338.SPANISH << 8
    GSM7_PORTUGUESE = gsm0338.PORTUGUESE << 8

    @property
    def data_coding(self) -> int:
        return self & 0xFF

    @property
    def language(self) -> int:
        return self >> 8


class Segment(msgspec.Struct, frozen=True, gc=False):
    """One short message's user data: `udh` and `body` go out one after the other."""

    number: int  # from 1
    total: int
    udh: bytes  # with its length octet; b"" when the segment is alone
    body: bytes  # septets, one an octet, or UTF-16BE


# Octets of a body that is alone, and of one of several: of 140 octets of user data (TS 23.040 §9.2.3.24) the
# header takes 7 where it ties several together, 4 where it names a language, 10 where it does both.
_SHIFTED: Final = (155, 148)
_ROOM: Final = dict.fromkeys(Encoding, _SHIFTED) | {
    Encoding.GSM7: (160, 152),
    Encoding.UCS2: (2 * 70, 2 * 66),
}

_ONE_GSM7: Final = (Encoding.GSM7, 1)


def measure(text: str, shifts: Iterable[Encoding] = (), *, plain: bool = True) -> tuple[Encoding, int]:
    """The encoding that `text` needs and the number of its segments, in one pass. An empty text is one
    empty segment. `shifts` are tried where the text would be UCS-2, and taken where that makes it shorter.
    Not `plain`: it can't go as GSM 03.38 without them. Raises ValueError for a lone surrogate."""
    septets = gsm0338.encode(text) if plain else None
    if septets is None:
        ways = [(Encoding.UCS2, _number_of_parts(text.encode("utf-16-be"), Encoding.UCS2))]
        for shift in shifts:
            if (septets := gsm0338.encode(text, shift.language)) is not None:
                ways.append((shift, _number_of_parts(septets, shift)))
        return min(ways, key=lambda way: way[1])
    if len(septets) <= _ROOM[Encoding.GSM7][0]:
        return _ONE_GSM7
    return Encoding.GSM7, _number_of_parts(septets, Encoding.GSM7)


def encoding_for(text: str) -> Encoding:
    """GSM 03.38 wherever it can say the text, else UCS-2."""
    return Encoding.UCS2 if gsm0338.encode(text) is None else Encoding.GSM7


def count(text: str, encoding: Encoding) -> int:
    """The number of segments that `split` would make. Raises as `split` does, but for their number."""
    return _number_of_parts(_encoded(text, encoding), encoding)


def split(text: str, encoding: Encoding, reference: int) -> tuple[Segment, ...]:
    """The segments of `text`, at least one; `reference` (0…65535) ties several together.

    Raises ValueError for a text that `encoding` can't say, and for more than 255 segments."""
    encoded = _encoded(text, encoding)
    language = encoding.language
    if len(encoded) <= _ROOM[encoding][0]:
        return (Segment(1, 1, udh.single_shift(language) if language else b"", encoded),)
    parts = list(_parts(encoded, encoding))
    total = len(parts)
    return tuple(
        Segment(number, total, udh.build(reference, total, number, language), body)
        for number, body in enumerate(parts, start=1)
    )


def text_of(body: bytes, encoding: Encoding) -> str:
    """The text of one segment's body, or of several joined in order. Never fails: what can't be read
    shows as U+FFFD."""
    if encoding is Encoding.UCS2:
        return body.decode("utf-16-be", "replace")
    return gsm0338.decode(body, encoding.language)


def _encoded(text: str, encoding: Encoding) -> bytes:
    if encoding is Encoding.UCS2:
        return text.encode("utf-16-be")
    septets = gsm0338.encode(text, encoding.language)
    if septets is None:
        raise ValueError("the text does not fit the GSM 03.38 alphabet")
    return septets


def _number_of_parts(encoded: bytes, encoding: Encoding) -> int:
    return sum(1 for _ in _parts(encoded, encoding))


def _parts(encoded: bytes, encoding: Encoding) -> Iterator[bytes]:
    alone, among = _ROOM[encoding]
    if len(encoded) <= alone:
        yield encoded
        return
    start = 0
    while start < len(encoded):
        end = start + among
        if end < len(encoded):
            end -= _opened_pair(encoded, end, encoding)
        yield encoded[start:end]
        start = end


def _opened_pair(encoded: bytes, end: int, encoding: Encoding) -> int:
    """Octets before `end` that begin a pair whose other half stands behind it."""
    if encoding is Encoding.UCS2:
        return 2 if encoded[end - 2] & 0xFC == 0xD8 else 0  # a high surrogate, D800…DBFF
    return 1 if encoded[end - 1] == gsm0338.ESCAPE else 0
