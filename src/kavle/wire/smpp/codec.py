"""Bytes to PDUs and back, made from the tables in `pdus`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from struct import Struct
from struct import error as StructError
from typing import Any, Final

import msgspec

from kavle.wire.smpp import hot
from kavle.wire.smpp.body import Body, Pdu, fields_of
from kavle.wire.smpp.constants import HEADER_OCTETS, RESPONSE_BIT, CommandId, CommandStatus
from kavle.wire.smpp.errors import FieldError
from kavle.wire.smpp.fields import BodyError
from kavle.wire.smpp.pdus import (
    BODIES,
    BindReceiverResp,
    BindTransceiverResp,
    BindTransmitterResp,
    DeliverSm,
    DeliverSmResp,
    SubmitSm,
    SubmitSmResp,
)

MAX_COMMAND_LENGTH: Final = 64 * 1024

_header: Final = Struct(">IIII")

_HOT_ENCODERS: Final[Mapping[type[Body], Callable[[Any, int], bytes | None]]] = {
    SubmitSm: hot.sm_encoder(CommandId.SUBMIT_SM),
    DeliverSm: hot.sm_encoder(CommandId.DELIVER_SM),
    SubmitSmResp: hot.resp_encoder(CommandId.SUBMIT_SM_RESP),
    DeliverSmResp: hot.resp_encoder(CommandId.DELIVER_SM_RESP),
}
_HOT_DECODERS: Final[Mapping[int, Callable[[bytes, int, int], Body | None]]] = {
    CommandId.SUBMIT_SM: hot.sm_decoder(SubmitSm),
    CommandId.DELIVER_SM: hot.sm_decoder(DeliverSm),
    CommandId.SUBMIT_SM_RESP: hot.resp_decoder(SubmitSmResp),
    CommandId.DELIVER_SM_RESP: hot.resp_decoder(DeliverSmResp),
}

# Their bodies are not returned with an error, SMPP 3.4 §4.1.2, §4.1.4, §4.1.6, §4.4.2.
_BODILESS_ON_ERROR: Final = frozenset(
    {BindTransmitterResp, BindReceiverResp, BindTransceiverResp, SubmitSmResp}
)


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """A PDU that was delimited but can't be read: unknown (ESME_RINVCMDID), or with a malformed body. The
    stream is sound behind it. `status` is what its sender should be told."""

    command_id: int
    sequence: int
    status: CommandStatus
    reason: str


class Unframeable(msgspec.Struct, frozen=True, gc=False):
    """A command_length that can't be true: where the next PDU starts is lost for good."""

    reason: str


def encode(body: Body, sequence: int, status: int = 0) -> bytes:
    """One whole PDU. Raises `FieldError` for a value that does not fit its field."""
    if not status:
        fast = _HOT_ENCODERS.get(type(body))
        if fast is not None:
            octets = fast(body, sequence)
            if octets is not None:
                return octets
    return encode_by_table(body, sequence, status)


def encode_by_table(body: Body, sequence: int, status: int = 0) -> bytes:
    """As `encode`, without its short cuts."""
    kind = type(body)
    octets = b""
    if not status or kind not in _BODILESS_ON_ERROR:
        octets = b"".join([field.write(name, getattr(body, name)) for name, field in fields_of(kind)])
    try:
        header = _header.pack(HEADER_OCTETS + len(octets), kind.command_id, status, sequence)
    except StructError as error:
        raise FieldError(f"status or sequence_number is not one of 32 bits: {error}") from error
    return header + octets


def decode_by_table(kind: type[Body], data: bytes, at: int, end: int) -> Body:
    """The body of one PDU, `data[at:end]`. Raises `BodyError`."""
    values = []
    for name, field in fields_of(kind):
        value, at = field.read(name, data, at, end)
        values.append(value)
    if at != end:
        raise BodyError(CommandStatus.ESME_RINVCMDLEN, f"{end - at} octets more than the PDU has")
    return kind(*values)


def _decode(command_id: int, status: int, sequence: int, data: bytes, at: int, end: int) -> Pdu | Rejected:
    kind = BODIES.get(command_id)
    if kind is None:
        reason = f"command_id 0x{command_id:08X} is not known"
        return Rejected(command_id, sequence, CommandStatus.ESME_RINVCMDID, reason)
    try:
        return Pdu(sequence, status, decode_by_table(kind, data, at, end))
    except BodyError as error:
        # A response may come without its body where the specification has one, or with the remains of one
        # beside an error: what counts is its header.
        if command_id & RESPONSE_BIT and (status or at == end):
            return Pdu(sequence, status, kind())
        if command_id & RESPONSE_BIT:
            return Pdu(sequence, status, _salvaged(kind, data, at, end))
        return Rejected(command_id, sequence, error.status, error.reason)


def _salvaged(kind: type[Body], data: bytes, at: int, end: int) -> Body:
    """A yes is a yes, whatever is wrong behind its header: to take it for none would have the message sent
    again, and again. What can be read of its first field (message_id, system_id) is kept, however long."""
    names = [name for name, _ in fields_of(kind)]
    if not names or names[0] == "tlvs":
        return kind()
    return kind(**{names[0]: data[at:end].partition(b"\0")[0].decode("latin-1")})


class Decoder:
    """Cuts a stream of octets into PDUs, wherever it was split. Holds one incomplete PDU at most, so never
    more than `limit` octets and one read. Nothing that is fed raises."""

    def __init__(self, limit: int = MAX_COMMAND_LENGTH) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._held = 0
        self._wanted = HEADER_OCTETS
        self._lost = False

    def feed(self, data: bytes) -> list[Pdu | Rejected | Unframeable]:
        """The PDUs that are complete now. An `Unframeable` is the last thing that is ever returned."""
        if self._lost:
            return []
        self._parts.append(data)
        self._held += len(data)
        # Joined only when a PDU is complete: octets that drip in singly cost no copying of those before them.
        if self._held < self._wanted:
            return []
        data = b"".join(self._parts)
        items, at = self._cut(data)
        self._parts = [data[at:]]
        self._held = len(data) - at
        return items

    def _cut(self, data: bytes) -> tuple[list[Pdu | Rejected | Unframeable], int]:
        items: list[Pdu | Rejected | Unframeable] = []
        at, size, unpack = 0, len(data), _header.unpack_from
        self._wanted = HEADER_OCTETS
        while size - at >= HEADER_OCTETS:
            length, command_id, status, sequence = unpack(data, at)
            if not HEADER_OCTETS <= length <= self._limit:
                self._lost = True
                items.append(Unframeable(f"command_length {length} is not {HEADER_OCTETS} to {self._limit}"))
                return items, size
            end = at + length
            if end > size:
                self._wanted = length
                break
            fast = _HOT_DECODERS.get(command_id)
            body = fast(data, at + HEADER_OCTETS, end) if fast is not None else None
            items.append(
                _decode(command_id, status, sequence, data, at + HEADER_OCTETS, end)
                if body is None
                else Pdu(sequence, status, body)
            )
            at = end
        return items, at
