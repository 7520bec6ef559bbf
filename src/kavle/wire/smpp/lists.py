"""The fields of submit_multi and its response that are lists (SMPP 3.4 §4.5): an octet that counts, and so
many entries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from kavle.wire.smpp.constants import CommandStatus
from kavle.wire.smpp.errors import FieldError
from kavle.wire.smpp.fields import BodyError, CString, Field, Octet, Status

_SME_ADDRESS: Final = 1  # dest_flag, §5.2.25
_DISTRIBUTION_LIST: Final = 2

_ton_npi: Final = Octet()
_address: Final = CString(21, CommandStatus.ESME_RINVDSTADR)


class SmeAddress(msgspec.Struct, frozen=True, gc=False):
    """A destination, §4.5.1."""

    dest_addr_ton: int
    dest_addr_npi: int
    destination_addr: str


class DistributionList(msgspec.Struct, frozen=True, gc=False):
    """A destination that the network knows as a list of them, §4.5.1."""

    dl_name: str


class Unsuccess(msgspec.Struct, frozen=True, gc=False):
    """Who is not sent the message, and why, §4.5.2."""

    dest_addr_ton: int
    dest_addr_npi: int
    destination_addr: str
    error_status_code: int


Entry = SmeAddress | DistributionList | Unsuccess

_FIELDS: Final[Mapping[type[Entry], tuple[tuple[str, Field], ...]]] = {
    SmeAddress: (
        ("dest_addr_ton", _ton_npi),
        ("dest_addr_npi", _ton_npi),
        ("destination_addr", _address),
    ),
    DistributionList: (("dl_name", CString(21, CommandStatus.ESME_RINVDLNAME)),),
    Unsuccess: (
        ("dest_addr_ton", _ton_npi),
        ("dest_addr_npi", _ton_npi),
        ("destination_addr", _address),
        ("error_status_code", Status()),
    ),
}
_FLAGS: Final[Mapping[type[Entry], bytes]] = {
    SmeAddress: bytes((_SME_ADDRESS,)),
    DistributionList: bytes((_DISTRIBUTION_LIST,)),
    Unsuccess: b"",
}


class Entries:
    """At most `limit` of them, in a tuple: `unflagged` ones, or what their dest_flags say."""

    def __init__(self, limit: int, unflagged: type[Entry] | None = None) -> None:
        self.limit = limit
        self.unflagged = unflagged

    def write(self, name: str, value: Any) -> bytes:
        if len(value) > self.limit:
            raise FieldError(f"{name} has more than {self.limit} entries")
        return bytes((len(value),)) + b"".join([_FLAGS[type(one)] + _write(one) for one in value])

    def read(self, name: str, data: bytes, at: int, end: int) -> tuple[tuple[Entry, ...], int]:
        count, at = _ton_npi.read(name, data, at, end)
        entries = []
        for _ in range(count):
            kind = self.unflagged
            if kind is None:
                kind, at = _flagged(name, data, at, end)
            values = []
            for part, field in _FIELDS[kind]:
                value, at = field.read(part, data, at, end)
                values.append(value)
            entries.append(kind(*values))
        return tuple(entries), at

    def show(self, value: Any) -> str:
        return f"<{len(value)} entries>"


def _write(entry: Entry) -> bytes:
    return b"".join([field.write(part, getattr(entry, part)) for part, field in _FIELDS[type(entry)]])


def _flagged(name: str, data: bytes, at: int, end: int) -> tuple[type[Entry], int]:
    flag, at = _ton_npi.read(name, data, at, end)
    if flag == _SME_ADDRESS:
        return SmeAddress, at
    if flag == _DISTRIBUTION_LIST:
        return DistributionList, at
    raise BodyError(CommandStatus.ESME_RINVDESTFLAG, f"dest_flag {flag} is neither 1 nor 2")
