"""What the MMSC notes of what it saw."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

import msgspec

from kavle.wire.mime import Part


class FileSeen(msgspec.Struct, frozen=True, gc=False):
    name: str
    content_type: str
    size: int  # octets
    sha256: str  # hexadecimal


class MmSubmission(msgspec.Struct, frozen=True, gc=False, tag="SubmitReq", tag_field="kind"):
    """A SubmitReq, and what it was answered."""

    at: datetime
    transaction: str
    recipient: str
    sender: str
    subject: str
    files: tuple[FileSeen, ...]  # in their order, the SMIL too
    id: str  # empty where it was refused
    status: int  # StatusCode, or that of HTTP where nothing else was answered


class MmSent(msgspec.Struct, frozen=True, gc=False, tag="mm7_sent", tag_field="kind"):
    """A request to the gateway: `what` by its element's name. `id` is the MM's, `attempt` counts from 1."""

    at: datetime
    what: str
    transaction: str
    id: str
    said: str  # MMStatus of a report; the sender's number of an MM
    attempt: int


class MmAnswered(msgspec.Struct, frozen=True, gc=False, tag="mm7_answered", tag_field="kind"):
    """Its response: from 1000 to 1999 the gateway has it."""

    at: datetime
    transaction: str
    id: str
    status: int  # StatusCode; 0: none came


MmEntry = MmSubmission | MmSent | MmAnswered


def seen(content: Part | None) -> tuple[FileSeen, ...]:
    if content is None:
        return ()
    return tuple(
        FileSeen(part.name, part.content_type.type, len(part.body), sha256(part.body).hexdigest())
        for part in content.walk()
        if not part.content_type.multipart
    )
