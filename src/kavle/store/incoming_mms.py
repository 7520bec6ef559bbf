"""MMS that phones send: how one is known again, and what is kept of it beside its files. Pure, and the same
on every engine."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec

from kavle.model.mms import FileLine, IncomingMms, IncomingMmsLine
from kavle.store.files import FileRow
from kavle.store.inbox import MmsSaid

DOUBLES_MS: Final = 7 * 24 * 3_600_000
"""So long after it came, the same MMS again is the network's second try, whose first answer was lost."""

_said: Final = msgspec.json.Decoder(MmsSaid).decode
_lines: Final = msgspec.json.Decoder(list[tuple[str, str, str, int]]).decode
_encode: Final = msgspec.json.Encoder().encode


def digest(message: IncomingMms) -> bytes | None:
    """The same for the same MMS alone: a network that counts its transactions anew has others under the same
    ones. None for one that bears no transaction: whatever comes twice then is kept twice."""
    if not message.transaction:
        return None
    said = message.carrier_id, message.transaction, message.sender, message.recipient, message.subject
    whole = sha256(_encode([*said, len(message.files)]))
    for file in message.files:
        whole.update(sha256(file.data).digest())
    return whole.digest()


def said(message: IncomingMms) -> str:
    """As it is kept."""
    kept = MmsSaid(message.message_class, message.priority, message.version, message.transaction)
    return _encode(kept).decode()


def said_of(text: str | None) -> MmsSaid | None:
    return None if text is None else _said(text)


def file_rows(id: int, message: IncomingMms) -> list[FileRow]:
    return [
        (id, number, file.name, file.content_type, file.content_id, file.size, file.data)
        for number, file in enumerate(message.files, start=1)
    ]


def told(subject: str, mms: str | None, files: str | None) -> IncomingMmsLine | None:
    """For its customer's callback; `files` as JSON."""
    if mms is None:
        return None
    kept = _said(mms)
    found = tuple(FileLine(*row) for row in _lines(files or "[]"))
    return IncomingMmsLine(subject, kept.message_class, kept.priority, kept.version, found)
