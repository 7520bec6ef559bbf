"""What the small integers in the tables mean, on every engine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import IntEnum

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class JobState(IntEnum):
    READY = 0  # the index that leases read holds these and no others
    LEASED = 1
    WAITING = 2  # scheduled or deferred: ready once due
    HELD = 3


class PartWork(IntEnum):
    """What is still to be done with a part of a bundle; the highest goes first."""

    NOTHING = 0
    EXPAND = 1  # its recipients are to become messages, or cancelled ones
    CANCEL = 2  # its messages that still wait are to be ended


class SegmentOutcome(IntEnum):
    ACCEPTED = 1
    REFUSED = 2
    RETRY = 3
    UNSURE = 4


class Entry(IntEnum):
    """Kinds of ledger entry."""

    TOP_UP = 1
    DEBIT = 2
    REFUND = 3
    CORRECTION = 4  # downwards, by an operator


_last: tuple[datetime, int] = (_EPOCH, 0)


def to_ms(at: datetime) -> int:
    """What one read of a link brought bears one and the same time, so the last one is remembered."""
    global _last  # noqa: PLW0603 -- one tuple, replaced whole: any thread may
    known, ms = _last
    if known is not at:
        ms = (at - _EPOCH) // _MILLISECOND
        _last = at, ms
    return ms


def from_ms(ms: int) -> datetime:
    return _EPOCH + ms * _MILLISECOND


def all_bits(count: int) -> int:
    """The bit mask of segments 1 … count."""
    return (1 << count) - 1


def numbers(bits: int) -> Iterator[int]:
    """The segment numbers, from 1, of a bit mask."""
    number = 1
    while bits:
        if bits & 1:
            yield number
        bits >>= 1
        number += 1
