"""The kinds of field that PDUs are made of (SMPP 3.4 §3.1), as values: each knows how to write itself,
to read itself from hostile octets, and to show itself without telling a secret."""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct
from types import MappingProxyType
from typing import Any, Final, Protocol

from kavle.wire.smpp.constants import CommandStatus
from kavle.wire.smpp.errors import FieldError

NO_TLVS: Final[Mapping[int, bytes]] = MappingProxyType({})

_tlv_head = Struct(">HH")


class BodyError(Exception):
    """A body that can't be read. `status` is what its sender should be told; never leaves the codec."""

    def __init__(self, status: CommandStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Field(Protocol):
    def write(self, name: str, value: Any) -> bytes:
        """The field's octets. Raises `FieldError`."""

    def read(self, name: str, data: bytes, at: int, end: int) -> tuple[Any, int]:
        """The value of the field at `at`, and where the next one starts (`end` at most). `BodyError`."""

    def show(self, value: Any) -> str:
        """For logs."""


class CString:
    """C-Octet String of at most `limit` octets with its NUL, as Latin-1: whatever octets come, they go
    back the same. `invalid` is the status of one that is too long."""

    def __init__(
        self, limit: int, invalid: CommandStatus = CommandStatus.ESME_RINVCMDLEN, secret: bool = False
    ) -> None:
        self.limit = limit
        self._invalid = invalid
        self._secret = secret

    def write(self, name: str, value: Any) -> bytes:
        try:
            octets: bytes = value.encode("latin-1")
        except UnicodeEncodeError:
            # Without its cause, which would carry the value into a traceback.
            raise FieldError(f"{name} has characters that are not Latin-1") from None
        if len(octets) >= self.limit:
            raise FieldError(f"{name} is longer than {self.limit - 1} octets")
        if b"\0" in octets:
            raise FieldError(f"{name} has a NUL in it")
        return octets + b"\0"

    def read(self, name: str, data: bytes, at: int, end: int) -> tuple[str, int]:
        stop = data.find(b"\0", at, min(at + self.limit, end))
        if stop >= 0:
            return data[at:stop].decode("latin-1"), stop + 1
        if at + self.limit <= end:
            raise BodyError(self._invalid, f"{name} is longer than {self.limit - 1} octets")
        raise BodyError(CommandStatus.ESME_RINVCMDLEN, f"{name} has no end")

    def show(self, value: Any) -> str:
        return "<secret>" if self._secret else repr(value)


class Octet:
    """Integer of one octet."""

    def write(self, name: str, value: Any) -> bytes:
        if not 0 <= value <= 255:
            raise FieldError(f"{name} is not 0 to 255")
        return bytes((value,))

    def read(self, name: str, data: bytes, at: int, end: int) -> tuple[int, int]:
        if at >= end:
            raise BodyError(CommandStatus.ESME_RINVCMDLEN, f"{name} is missing")
        return data[at], at + 1

    def show(self, value: Any) -> str:
        return repr(value)


class Status:
    """Integer of four octets: a command_status inside a body (§4.5.2)."""

    def write(self, name: str, value: Any) -> bytes:
        if not 0 <= value <= 0xFFFFFFFF:
            raise FieldError(f"{name} is not one of 32 bits")
        octets: bytes = value.to_bytes(4, "big")
        return octets

    def read(self, name: str, data: bytes, at: int, end: int) -> tuple[int, int]:
        if at + 4 > end:
            raise BodyError(CommandStatus.ESME_RINVCMDLEN, f"{name} is missing")
        return int.from_bytes(data[at : at + 4], "big"), at + 4

    def show(self, value: Any) -> str:
        return repr(value)


class ShortMessage:
    """sm_length and short_message, 0 to 254 octets (§5.2.21, §5.2.22)."""

    limit: Final = 254

    def write(self, name: str, value: Any) -> bytes:
        if len(value) > self.limit:
            raise FieldError(f"{name} is longer than {self.limit} octets; use message_payload")
        return bytes((len(value),)) + bytes(value)

    def read(self, name: str, data: bytes, at: int, end: int) -> tuple[bytes, int]:
        if at >= end:
            raise BodyError(CommandStatus.ESME_RINVCMDLEN, "sm_length is missing")
        start, stop = at + 1, at + 1 + data[at]
        if stop > end or stop - start > self.limit:
            raise BodyError(CommandStatus.ESME_RINVMSGLEN, f"sm_length {data[at]} does not fit")
        return data[start:stop], stop

    def show(self, value: Any) -> str:
        return f"<{len(value)} octets>"


class Tlvs:
    """The optional parameters, which are all the rest of a body (§3.2.4). Of one that comes twice the last
    counts; unknown ones are kept."""

    def write(self, name: str, value: Any) -> bytes:
        parts = []
        for tag, octets in value.items():
            if not 0 <= tag <= 0xFFFF or len(octets) > 0xFFFF:
                raise FieldError(f"{name}: 0x{tag:04X} does not fit a TLV")
            parts.append(_tlv_head.pack(tag, len(octets)) + octets)
        return b"".join(parts)

    def read(self, name: str, data: bytes, at: int, end: int) -> tuple[Mapping[int, bytes], int]:
        if at == end:
            return NO_TLVS, end
        found: dict[int, bytes] = {}
        while at < end:
            start = at + _tlv_head.size
            if start > end:
                raise BodyError(CommandStatus.ESME_RINVOPTPARSTREAM, "octets after the last parameter")
            tag, length = _tlv_head.unpack_from(data, at)
            at = start + length
            if at > end:
                raise BodyError(CommandStatus.ESME_RINVPARLEN, f"TLV 0x{tag:04X} is longer than its PDU")
            found[tag] = data[start:at]
        return found, end

    def show(self, value: Any) -> str:
        # A message_payload is a text, and others may hold numbers: sizes only.
        return "{" + ", ".join(f"0x{tag:04X}: <{len(octets)} octets>" for tag, octets in value.items()) + "}"
