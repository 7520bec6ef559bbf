"""A deliver_sm or data_sm that is no receipt, as the core keeps it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from kavle.model.incoming import EIGHT_BIT, SAR, SIXTEEN_BIT, Piece
from kavle.sms import gsm0338, udh
from kavle.wire.smpp.constants import ESM_UDHI, DataCoding, Tag
from kavle.wire.smpp.data_coding import ALPHABETS, Alphabet
from kavle.wire.smpp.pdus import DataSm, DeliverSm

MOST_OCTETS_OF_A_PART: Final = 1_000
"""Far over what a phone sends in one (140): what waits for other parts is not to fill a disk."""

_LONGEST_ADDRESS: Final = 65  # SMPP 3.4 §5.2.8: of a data_sm, its NUL counted

# SMPP 3.4 §5.2.19, alphabets that Python knows. Those that it does not, and octets that are no text, are read
# as Latin-1: so nothing of them is lost.
_CODECS: Final = {
    DataCoding.CYRILLIC: "iso8859-5",
    DataCoding.LATIN_HEBREW: "iso8859-8",
    DataCoding.ISO_2022_JP: "iso2022-jp",
    DataCoding.KS_C_5601: "euc-kr",
}
_LATIN1: Final = int(DataCoding.LATIN1)
_BYTE_ORDER_MARK: Final = "\ufeff"


class _Part(msgspec.Struct, frozen=True):
    reference: int = 0
    number: int = 1
    total: int = 1


_WHOLE: Final = _Part()


def piece_of(carrier_id: int, message: DeliverSm | DataSm, at: datetime, *, latin1: bool = False) -> Piece:
    """Addresses are as the network wrote them, but for control characters. `latin1`: so is its default
    alphabet. Raises ValueError for what can't be read, however often it is sent."""
    header, body = udh.Header(), message.user_data
    if message.esm_class & ESM_UDHI:
        header, body = udh.parse(body)
    part = _part(message, header)
    if part.total > 1 and len(body) > MOST_OCTETS_OF_A_PART:
        raise ValueError(f"a part of a long message has {len(body)} octets")
    return Piece(
        carrier_id,
        _address(message.source_addr),
        _address(message.destination_addr),
        _text(body, _LATIN1 if latin1 and not message.data_coding else message.data_coding, header, part),
        at,
        part.reference,
        part.number,
        part.total,
    )


def _part(message: DeliverSm | DataSm, header: udh.Header) -> _Part:
    """By the header or, where it says nothing, by the sar_ parameters; they exclude each other."""
    one = header.concatenation
    if one is not None:
        kind = SIXTEEN_BIT if one.wide else EIGHT_BIT
        return _Part(kind + one.reference, one.number, one.total) if one.total > 1 else _WHOLE
    tlvs = message.tlvs
    if not tlvs:
        return _WHOLE
    # SMPP 3.4 §5.3.2.22 to §5.3.2.24
    reference = tlvs.get(Tag.SAR_MSG_REF_NUM, b"")
    total = int.from_bytes(tlvs.get(Tag.SAR_TOTAL_SEGMENTS, b"")[:1], "big")
    number = int.from_bytes(tlvs.get(Tag.SAR_SEGMENT_SEQNUM, b"")[:1], "big")
    if len(reference) != 2 or total <= 1 or not 1 <= number <= total:
        return _WHOLE
    return _Part(SAR + int.from_bytes(reference, "big"), number, total)


def _text(body: bytes, octet: int, header: udh.Header, part: _Part) -> str:
    alphabet = ALPHABETS[octet]
    if alphabet is Alphabet.GSM7:
        text = gsm0338.decode(body, header.single_shift, header.locking_shift)
    elif alphabet is Alphabet.UCS2:
        text = _utf_16(body, part)
    else:
        text = body.decode(_CODECS.get(octet, "latin-1"), "replace")  # type: ignore[call-overload]
    return text.replace("\0", " ")  # which neither database takes


def _utf_16(body: bytes, part: _Part) -> str:
    """UCS-2 of the standard, UTF-16 of all phones. An octet too many is nothing. A part may begin or end in
    the middle of a character, which stays half."""
    text = body[: len(body) & ~1].decode("utf-16-be", "surrogatepass" if part.total > 1 else "replace")
    return text.removeprefix(_BYTE_ORDER_MARK)


def _address(written: str) -> str:
    shown = written[:_LONGEST_ADDRESS]
    if shown.isprintable():
        return shown.strip()
    return "".join(one for one in shown if one.isprintable()).strip()
