"""Ready jobs on their way to a lease: pure, and the same on every engine."""

from __future__ import annotations

from itertools import takewhile

import msgspec

from kavle.model.message import Lease, LeasedMessage
from kavle.sms.segment import Encoding
from kavle.store.rows import from_ms, numbers


class Candidate(msgspec.Struct, array_like=True):
    """A ready job with what its carrier must know."""

    id: int
    unsent: int
    attempt: int
    expires_at: int
    recipient: str
    sender: str
    text: str
    encoding: Encoding
    flash: bool
    priority: int


def within(found: list[Candidate], room: int) -> list[Candidate]:
    """The longest beginning whose segments fit; one message at least, or a long one would wait for ever."""
    left = room

    def fits(row: Candidate) -> bool:
        nonlocal left
        left -= row.unsent.bit_count()
        return left >= 0

    return list(takewhile(fits, found)) or found[:1]


def leased(row: Candidate, token: int) -> LeasedMessage:
    return LeasedMessage(
        lease=Lease(row.id, token, row.attempt + 1),
        recipient=row.recipient,
        sender=row.sender,
        text=row.text,
        encoding=row.encoding,
        flash=row.flash,
        priority=row.priority,
        expires_at=from_ms(row.expires_at),
        unsent=tuple(numbers(row.unsent)),
    )
