"""What an MMS has beside what every message has: its files, how its status is told, and what comes with one
from a phone."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from kavle.model.status import Status

MOST_OCTETS: Final = 307_200
"""Of an MMS's files in all, decoded: the manual's 300 kB. Names and the text are not counted."""


class MmsFile(msgspec.Struct, frozen=True, gc=False):
    """A file that goes out."""

    name: str  # one of ours: letters, digits and `._-`
    content_type: str  # "image/jpeg"
    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        return f"MmsFile({self.name!r}, {self.content_type!r}, {self.size} octets)"


class IncomingFile(msgspec.Struct, frozen=True, gc=False):
    """A file from a phone. `content_id`: as the network named it, without brackets; maybe empty."""

    name: str
    content_type: str
    content_id: str
    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        return f"IncomingFile({self.name!r}, {self.content_type!r}, {self.size} octets)"


class FileLine(msgspec.Struct, frozen=True, gc=False):
    """What is told of a file without reading it."""

    name: str
    content_type: str
    content_id: str  # empty for one that goes out
    size: int  # octets


class StoredFile(msgspec.Struct, frozen=True, gc=False):
    """A file that is not read yet, and where it lies."""

    message_id: int
    number: int  # among its message's, from 1
    name: str
    content_type: str
    size: int  # octets


class IncomingMms(msgspec.Struct, frozen=True):
    """An MMS from a phone, as a network brings it; its texts are files. Message class, priority and version
    are in the words of 3GPP TS 23.140: "Personal", "Normal", "6.8.0"; empty where none was given."""

    carrier_id: int
    transaction: str  # by which the network tells again that it is this one; empty: by nothing
    sender: str  # digits without a plus, a name, or an address
    recipient: str  # digits
    subject: str
    message_class: str
    priority: str
    version: str
    at: datetime
    files: tuple[IncomingFile, ...]

    @property
    def octets(self) -> int:
        return sum(file.size for file in self.files)


class IncomingMmsLine(msgspec.Struct, frozen=True):
    """What its customer's callback tells of it, and an operator is shown. The words as in `IncomingMms`."""

    subject: str
    message_class: str
    priority: str
    version: str
    files: tuple[FileLine, ...]


_CODES: Final = {
    Status.RECEIVED: Status.AT_GATEWAY,
    Status.EXPIRED: Status.DELIVERY_FAILED_MMS,
    Status.PHONE_FAILED: Status.INVALID_NUMBER_MMS,
    Status.NETWORK_FAILED: Status.DELIVERY_FAILED,
}


def mms_code(status: Status) -> Status:
    """An MMS's status as its customer is told it, in Appendix B's codes. Kept is Appendix A's: messages of
    both services live one life."""
    return _CODES.get(status, status)
