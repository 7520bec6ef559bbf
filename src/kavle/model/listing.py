"""What an account's portal lists beside its messages: bundles, what is to be sent later, the ledger."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

from kavle.model.history import HistoryLine
from kavle.model.status import Status
from kavle.sms.segment import Encoding

T = TypeVar("T")


class Keys(msgspec.Struct, frozen=True):
    """Where a list, the newest first, is to go on; ids are public where a page asks core."""

    limit: int
    before: int | None = None  # older than this id
    after: int | None = None  # newer; not with `before`


class Slice(msgspec.Struct, Generic[T], frozen=True):
    """Some lines of a list. `older` and `newer`: the keys by which to go on, None at the end."""

    lines: list[T]
    older: int | None = None
    newer: int | None = None


class BundleLine(msgspec.Struct, frozen=True):
    """A bundle as it stands in a list. `text` is None once it is erased."""

    id: int
    account: str
    sender: str
    text: str | None
    encoding: Encoding
    segments: int  # of each message
    priority: int
    count: int  # recipients
    accepted_at: datetime
    due_at: datetime | None
    cancelled_at: datetime | None


class BundleProgress(msgspec.Struct, frozen=True):
    """How far a bundle has come: how many of its messages have each status, and what they cost."""

    line: BundleLine
    statuses: dict[Status, int]
    price: int  # ten-thousandths of a credit


class Place(msgspec.Struct, frozen=True):
    """Of what is to be sent later, in the order of time: where it stands."""

    due_at: datetime
    id: int


class Scheduled(msgspec.Struct, frozen=True):
    """Single messages that wait for their time, the next first; `later` is where it goes on."""

    lines: list[HistoryLine]
    later: Place | None


class Booked(StrEnum):
    TOP_UP = "top-up"
    DEBIT = "debit"
    REFUND = "refund"
    CORRECTION = "correction"  # downwards, by an operator


class LedgerLine(msgspec.Struct, frozen=True):
    """An entry of the ledger. `origin`: the message, or the bundle, that was paid for or refunded."""

    id: int
    at: datetime
    kind: Booked
    amount: int  # signed, ten-thousandths of a credit
    balance: int  # after it
    origin: int | None
    of_bundle: bool
