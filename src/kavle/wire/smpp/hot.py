"""The PDUs that a busy link is made of, by hand. Each of these does what the tables do in a third of the
time, and only for the plain case: where anything is odd it answers None, and the tables, which can tell
what is wrong, do it again. A property test holds the two together."""

from __future__ import annotations

import re
from collections.abc import Callable
from struct import Struct
from typing import Final, TypeVar

from kavle.wire.smpp.fields import NO_TLVS, BodyError, Tlvs
from kavle.wire.smpp.pdus import DeliverSmResp, MessageSm, SubmitSmResp

_SmKind = TypeVar("_SmKind", bound=MessageSm)
_RespKind = TypeVar("_RespKind", SubmitSmResp, DeliverSmResp)

_header = Struct(">IIII").pack
_tlvs = Tlvs()

# One look-up in place of chr() and of a range check: what is no octet raises KeyError.
_OCTET: Final = {value: chr(value) for value in range(256)}

# The mandatory part of submit_sm and deliver_sm up to sm_length, §4.4.1 and §4.6.1.
_mandatory: Final = re.compile(
    rb"([^\0]{0,5})\0"  # service_type
    rb"..([^\0]{0,20})\0"  # source
    rb"..([^\0]{0,20})\0"  # destination
    rb"..."  # esm_class, protocol_id, priority_flag
    rb"([^\0]{0,16})\0"  # schedule_delivery_time
    rb"([^\0]{0,16})\0"  # validity_period
    rb".....",  # registered_delivery, replace_if_present, data_coding, sm_default_msg_id, sm_length
    re.DOTALL,
).match


def sm_encoder(command_id: int) -> Callable[[MessageSm, int], bytes | None]:
    """`encode(sm, sequence)` of a submit_sm or deliver_sm."""

    def encode(sm: MessageSm, sequence: int) -> bytes | None:
        service, source, destination = sm.service_type, sm.source_addr, sm.destination_addr
        schedule, validity, text = sm.schedule_delivery_time, sm.validity_period, sm.short_message
        if (
            len(service) > 5
            or len(source) > 20
            or len(destination) > 20
            or len(schedule) > 16
            or len(validity) > 16
            or len(text) > 254
        ):
            return None
        octet = _OCTET
        try:
            # A NUL inside a string would shift all that follows. One look at them joined is the quickest.
            if "\0" in f"{service}{source}{destination}{schedule}{validity}":
                return None
            head = (
                f"{service}\0"
                f"{octet[sm.source_addr_ton]}{octet[sm.source_addr_npi]}{source}\0"
                f"{octet[sm.dest_addr_ton]}{octet[sm.dest_addr_npi]}{destination}\0"
                f"{octet[sm.esm_class]}{octet[sm.protocol_id]}{octet[sm.priority_flag]}"
                f"{schedule}\0{validity}\0"
                f"{octet[sm.registered_delivery]}{octet[sm.replace_if_present_flag]}"
                f"{octet[sm.data_coding]}{octet[sm.sm_default_msg_id]}{octet[len(text)]}"
            ).encode("latin-1")
        except (KeyError, UnicodeEncodeError):
            return None
        rest = text + _tlvs.write("tlvs", sm.tlvs) if sm.tlvs else text
        return _header(16 + len(head) + len(rest), command_id, 0, sequence) + head + rest

    return encode


def sm_decoder(kind: type[_SmKind]) -> Callable[[bytes, int, int], _SmKind | None]:
    """`decode(data, at, end)` of a submit_sm's or deliver_sm's body."""

    def decode(data: bytes, at: int, end: int) -> _SmKind | None:
        found = _mandatory(data, at, end)
        if found is None:
            return None
        text = found.end()
        stop = text + data[text - 1]
        if stop > end or stop > text + 254:
            return None
        try:
            tlvs = NO_TLVS if stop == end else _tlvs.read("tlvs", data, stop, end)[0]
        except BodyError:
            return None
        service, source, destination, schedule, validity = found.groups()
        a, b, c = found.end(1), found.end(2), found.end(3)
        return kind(
            service.decode("latin-1") if service else "",
            data[a + 1],
            data[a + 2],
            source.decode("latin-1"),
            data[b + 1],
            data[b + 2],
            destination.decode("latin-1"),
            data[c + 1],
            data[c + 2],
            data[c + 3],
            schedule.decode("latin-1") if schedule else "",
            validity.decode("latin-1") if validity else "",
            data[text - 5],
            data[text - 4],
            data[text - 3],
            data[text - 2],
            data[text:stop],
            tlvs,
        )

    return decode


def resp_encoder(command_id: int) -> Callable[[SubmitSmResp | DeliverSmResp, int], bytes | None]:
    """`encode(resp, sequence)` of a submit_sm_resp or deliver_sm_resp with status 0 and without TLVs."""

    def encode(resp: SubmitSmResp | DeliverSmResp, sequence: int) -> bytes | None:
        message_id = resp.message_id
        if resp.tlvs or len(message_id) > 64 or "\0" in message_id or not message_id.isascii():
            return None
        return _header(17 + len(message_id), command_id, 0, sequence) + message_id.encode() + b"\0"

    return encode


def resp_decoder(kind: type[_RespKind]) -> Callable[[bytes, int, int], _RespKind | None]:
    """`decode(data, at, end)` of a submit_sm_resp's or deliver_sm_resp's body without TLVs."""

    def decode(data: bytes, at: int, end: int) -> _RespKind | None:
        stop = end - 1
        if stop > at + 64 or data.find(b"\0", at, end) != stop:
            return None
        return kind(data[at:stop].decode("latin-1"))

    return decode
