"""Four SMPP libraries by other hands, each made to read and to write what the tables hold. They raise what
they like of what they do not take."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Mapping
from contextlib import redirect_stdout
from typing import Any, Final, NamedTuple, Protocol

import msgspec
import smpp34
from smpp.pdu.operations import PDUS
from smpp.pdu.pdu_encoding import PDUEncoder
from smpp.pdu.pdu_types import CommandId as Pdu3Id
from smpp.pdu.pdu_types import CommandStatus as Pdu3Status
from smpp.pdu.pdu_types import Tag as Pdu3Tag
from smpplib import smpp
from smpplib.client import SimpleSequenceGenerator
from smpplib.command import Command

from kavle.wire.smpp import pdus
from kavle.wire.smpp.body import Body, fields_of
from kavle.wire.smpp.constants import CommandStatus, Tag
from kavle.wire.smpp.pdus import MessageSm
from support.clients import node_codec


class Told(NamedTuple):
    """What a peer has read: values by their names, TLVs among them; numbers, strings and octets as the peer
    has them, None for what it left out."""

    command: str
    sequence: int
    status: int
    values: Mapping[str, Any]


class Peer(Protocol):
    def read(self, octets: bytes) -> Told: ...

    def write(self, body: Body, sequence: int, status: int) -> bytes: ...


def command_of(kind: type[Body]) -> str:
    return kind.command_id.name.lower()


def _tlvs_of(body: Body) -> dict[str, bytes]:
    return {Tag(tag).name.lower(): octets for tag, octets in getattr(body, "tlvs", {}).items()}


def _values_of(body: Body) -> dict[str, Any]:
    return {name: getattr(body, name) for name, _ in fields_of(type(body)) if name != "tlvs"}


def alike(ours: Any, theirs: Any) -> bool:
    """A peer may have a TLV as a number, a string as octets or without its NUL, and leave out the empty."""
    if theirs is None:
        return not ours
    if isinstance(theirs, int) and isinstance(ours, bytes):
        return theirs == int.from_bytes(ours, "big")
    if isinstance(theirs, str | bytes):
        return _octets(ours).rstrip(b"\0") == _octets(theirs).rstrip(b"\0")
    return bool(msgspec.to_builtins(ours) == theirs)


def _octets(value: str | bytes) -> bytes:
    return value.encode("latin-1") if isinstance(value, str) else value


class Smpplib:
    def __init__(self) -> None:
        self._numbers = SimpleSequenceGenerator()

    def read(self, octets: bytes) -> Told:
        theirs = smpp.parse_pdu(octets, client=self._numbers, allow_unknown_opt_params=True)
        values = {name: getattr(theirs, name, None) for name in theirs.params}
        return Told(theirs.command, theirs.sequence, theirs.status, values)

    def write(self, body: Body, sequence: int, status: int) -> bytes:
        theirs = smpp.make_pdu(command_of(type(body)), client=self._numbers)
        theirs.sequence, theirs.status = sequence, status
        for name, value in _values_of(body).items():
            setattr(theirs, name, value)
        for name, value in _tlvs_of(body).items():
            setattr(theirs, name, self._tlv(theirs, name, value))
        theirs.sm_length = len(getattr(body, "short_message", b""))
        theirs.prep = None  # it would choose esm_class and sm_length by itself
        octets: bytes = theirs.generate()
        return octets

    def _tlv(self, theirs: Command, name: str, value: bytes) -> Any:
        kind = theirs.params[name].type
        if kind is int:
            return int.from_bytes(value, "big")
        return value.rstrip(b"\0").decode("latin-1") if kind is str else value


class Pdu3:
    """smpp.pdu3: a typed value for each field, which its own encoders make of octets and the reverse."""

    def __init__(self) -> None:
        self._encoder = PDUEncoder()

    def read(self, octets: bytes) -> Told:
        with redirect_stdout(io.StringIO()):  # it prints of what time stamps are made
            theirs = self._encoder.decode(io.BytesIO(octets))
        encoders = self._encoder.getRequiredParamEncoders(theirs)
        values = {name: self._plain(name, encoders, value) for name, value in theirs.params.items()}
        status = CommandStatus[theirs.status.name]
        return Told(theirs.commandId.name, theirs.seqNum, status, values)

    def _plain(self, name: str, encoders: Mapping[str, Any], value: Any) -> Any:
        tag = getattr(Pdu3Tag, name, None)
        if name not in encoders and tag is not None:
            return self._encoder.optionEncoder.options[tag].encode(value)
        if value is None or isinstance(value, bytes | int):
            return value
        octets = encoders[name].encode(value)
        return octets if name in _TIMES else octets[0]

    def write(self, body: Body, sequence: int, status: int) -> bytes:
        kind = PDUS[Pdu3Id[command_of(type(body))]]
        theirs = kind(seqNum=sequence, status=Pdu3Status[CommandStatus(status).name])
        encoders = self._encoder.getRequiredParamEncoders(theirs)
        fields = dict(fields_of(type(body)))
        for name, value in _values_of(body).items():
            theirs.params[name] = self._typed(encoders[name], fields[name].write(name, value))
        for name, value in _tlvs_of(body).items():
            self._encoder.optionEncoder.length = len(value)
            option = self._encoder.optionEncoder.options[Pdu3Tag[name]]
            theirs.params[name] = self._typed(option, value)
        octets: bytes = self._encoder.encode(theirs)
        return octets

    def _typed(self, encoder: Any, octets: bytes) -> Any:
        with redirect_stdout(io.StringIO()):
            return encoder.decode(io.BytesIO(octets))


_TIMES: Final = {"schedule_delivery_time", "validity_period", "final_date"}


class Smpp34:
    """It shows the fields of two PDUs only; of the others it says what their headers do."""

    _kinds: Final = {pdus.SubmitSm: smpp34.SubmitSm, pdus.DeliverSm: smpp34.DeliverSm}

    def read(self, octets: bytes) -> Told:
        theirs = smpp34.decode(octets)
        if isinstance(theirs, smpp34.RawPdu):
            raise NotImplementedError("its fields are not shown")
        kind = pdus.BODIES[theirs.command_id]
        values = {name: getattr(theirs, name) for name, _ in fields_of(kind) if name != "tlvs"}
        tlvs = {Tag(tlv.tag).name.lower(): tlv.value for tlv in theirs.tlvs}
        return Told(command_of(kind), theirs.sequence_number, 0, values | tlvs)

    def write(self, body: Body, sequence: int, status: int) -> bytes:
        assert isinstance(body, MessageSm)
        tags = {tag: getattr(smpp34, f"TLV_{Tag(tag).name}") for tag in body.tlvs}
        tlvs = [smpp34.Tlv(tags[tag], octets) for tag, octets in body.tlvs.items()]
        made = self._kinds[type(body)](**_values_of(body), tlvs=tlvs, sequence_number=sequence)
        octets: bytes = made.encode()
        return octets


class Node:
    """Node's smpp, in a process of its own."""

    _names: Final = {"destination_port": "dest_port"}

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            node_codec(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def close(self) -> None:
        self._process.communicate()

    def _call(self, operation: str, **parameters: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"operation": operation, "parameters": parameters}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "fault" in answer:
            raise ValueError(answer["fault"])
        return answer["result"]

    def read(self, octets: bytes) -> Told:
        told = self._call("read", octets=octets.hex())
        values = {name: _from_json(value) for name, value in told["values"].items()}
        ours = {theirs: name for name, theirs in self._names.items()}
        return Told(
            told["command"],
            told["sequence"],
            told["status"],
            {ours.get(name, name): value for name, value in values.items()},
        )

    def write(self, body: Body, sequence: int, status: int) -> bytes:
        values = {name: _to_json(value) for name, value in _values_of(body).items()}
        types = self._call("types")
        for name, value in _tlvs_of(body).items():
            theirs = self._names.get(name, name)
            values[theirs] = _tlv_to_json(types[theirs], value)
        command_id = int(type(body).command_id)
        told = self._call("write", command_id=command_id, status=status, sequence=sequence, values=values)
        return bytes.fromhex(told)


def _from_json(value: Any) -> Any:
    if isinstance(value, dict) and "hex" in value:
        return bytes.fromhex(value["hex"])
    return tuple(value) if isinstance(value, list) else value


def _to_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    return msgspec.to_builtins(value)


def _tlv_to_json(kind: str, value: bytes) -> Any:
    if kind == "number":
        return int.from_bytes(value, "big")
    return value.rstrip(b"\0").decode("ascii") if kind == "string" else {"hex": value.hex()}
