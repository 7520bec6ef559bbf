"""A text from a phone as the PDUs that a network would make of it, or that one makes which errs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from kavle.sms import segment, udh
from kavle.sms.segment import Encoding, encoding_for
from kavle.wire.smpp.constants import ESM_UDHI, DataCoding, Npi, Tag, Ton
from kavle.wire.smpp.fields import NO_TLVS
from kavle.wire.smpp.pdus import DataSm, DeliverSm

Charset = Literal["auto", "gsm", "latin-1", "ucs-2"]
Concatenation = Literal["8 bit", "16 bit", "sar", "payload"]
PduName = Literal["deliver_sm", "data_sm"]

_Address = Annotated[str, Meta(pattern="^[ -~]{1,20}$")]  # SMPP 3.4 §5.2.8
LONGEST_TEXT: Final = 8_000
"""Characters: that are 255 parts at most, and one message_payload, whatever they are."""

_ENCODINGS: Final = {"gsm": Encoding.GSM7, "ucs-2": Encoding.UCS2}
_LATIN_1_ALONE: Final = 140  # octets, 3GPP TS 23.040 §9.2.3.24.3
_LATIN_1_AMONG: Final = 133  # with a header of 7


class MoText(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename={"sender": "from", "recipient": "to"},
):
    """An order. Where it is `None` the network chooses."""

    sender: _Address
    recipient: _Address
    text: Annotated[str, Meta(max_length=LONGEST_TEXT)]
    charset: Charset = "auto"  # GSM 03.38 where that has every character, else UCS-2
    data_coding: Annotated[int, Meta(ge=0, le=255)] | None = None  # as it is said to be
    concatenation: Concatenation = "8 bit"  # how the parts of a long text are tied together, if it has any
    reference: Annotated[int, Meta(ge=0, le=0xFFFF)] | None = None  # that they share
    order: Annotated[tuple[int, ...], Meta(min_length=1, max_length=1000)] | None = None  # parts, from 1
    pdu: PduName = "deliver_sm"
    pause: Annotated[float, Meta(ge=0, le=3600)] = 0.0  # seconds between two parts


class _Piece(msgspec.Struct, frozen=True):
    """What of a text goes in one PDU."""

    user_data: bytes
    esm_class: int = 0
    tlvs: Mapping[int, bytes] = NO_TLVS


def pdus_of(mo: MoText, reference: int) -> list[DeliverSm | DataSm]:
    """In the order in which they are to be sent. `reference` counts where the order has none.

    Raises ValueError where the charset can't say the text, and for parts that it has not."""
    data_coding, bodies = _bodies(mo)
    if mo.reference is not None:
        reference = mo.reference
    total = len(bodies)
    tie = _TIES[mo.concatenation] if total > 1 else _alone
    pieces = [tie(body, reference, total, number) for number, body in enumerate(bodies, start=1)]
    if mo.data_coding is not None:
        data_coding = mo.data_coding
    return [_pdu(mo, pieces[number - 1], data_coding) for number in _order(mo, total)]


def _order(mo: MoText, total: int) -> tuple[int, ...]:
    order = tuple(range(1, total + 1)) if mo.order is None else mo.order
    for number in order:
        if not 1 <= number <= total:
            raise ValueError(f"order: there is no part {number}, the text has {total}")
    return order


def _bodies(mo: MoText) -> tuple[int, list[bytes]]:
    """The data_coding, and the text in as many pieces as it needs."""
    if mo.charset == "latin-1":
        return DataCoding.LATIN1, _latin_1(mo)
    encoding = _ENCODINGS[mo.charset] if mo.charset in _ENCODINGS else encoding_for(mo.text)
    bodies = [part.body for part in segment.split(mo.text, encoding, 0)]
    return encoding.data_coding, [b"".join(bodies)] if mo.concatenation == "payload" else bodies


def _latin_1(mo: MoText) -> list[bytes]:
    try:
        octets = mo.text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise ValueError("the text does not fit Latin-1") from error
    if len(octets) <= _LATIN_1_ALONE or mo.concatenation == "payload":
        return [octets]
    return [octets[at : at + _LATIN_1_AMONG] for at in range(0, len(octets), _LATIN_1_AMONG)]


def _alone(body: bytes, reference: int, total: int, number: int) -> _Piece:
    return _Piece(body)


def _by_8_bits(body: bytes, reference: int, total: int, number: int) -> _Piece:
    return _Piece(udh.build_8_bit(reference, total, number) + body, ESM_UDHI)


def _by_16_bits(body: bytes, reference: int, total: int, number: int) -> _Piece:
    return _Piece(udh.build(reference, total, number) + body, ESM_UDHI)


def _by_sar(body: bytes, reference: int, total: int, number: int) -> _Piece:
    """SMPP 3.4 §5.3.2.22 to §5.3.2.24"""
    tlvs: dict[int, bytes] = {
        Tag.SAR_MSG_REF_NUM: reference.to_bytes(2, "big"),
        Tag.SAR_TOTAL_SEGMENTS: bytes((total,)),
        Tag.SAR_SEGMENT_SEQNUM: bytes((number,)),
    }
    return _Piece(body, 0, tlvs)


_TIES: Final[Mapping[Concatenation, Callable[[bytes, int, int, int], _Piece]]] = {
    "8 bit": _by_8_bits,
    "16 bit": _by_16_bits,
    "sar": _by_sar,
    "payload": _alone,
}


def _pdu(mo: MoText, piece: _Piece, data_coding: int) -> DeliverSm | DataSm:
    in_payload = mo.pdu == "data_sm" or mo.concatenation == "payload"
    source_ton, source_npi = _numbering(mo.sender)
    destination_ton, destination_npi = _numbering(mo.recipient)
    fields: dict[str, Any] = {
        "source_addr_ton": source_ton,
        "source_addr_npi": source_npi,
        "source_addr": mo.sender,
        "dest_addr_ton": destination_ton,
        "dest_addr_npi": destination_npi,
        "destination_addr": mo.recipient,
        "esm_class": piece.esm_class,
        "data_coding": data_coding,
    }
    if not in_payload:
        return DeliverSm(**fields, short_message=piece.user_data, tlvs=piece.tlvs)
    kind = DataSm if mo.pdu == "data_sm" else DeliverSm
    return kind(**fields, tlvs={**piece.tlvs, Tag.MESSAGE_PAYLOAD: piece.user_data})


def _numbering(address: str) -> tuple[Ton, Npi]:
    """SMPP 3.4 §5.2.5 and §5.2.6"""
    if address.isascii() and address.isdecimal():
        return Ton.INTERNATIONAL, Npi.ISDN
    return Ton.ALPHANUMERIC, Npi.UNKNOWN
