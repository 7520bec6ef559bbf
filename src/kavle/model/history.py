"""What is told of messages that are past: to their account, or to the operator."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from kavle.model.mms import FileLine
from kavle.model.service import Service
from kavle.model.status import FAILED, Status
from kavle.sms.segment import Encoding


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Messages that fulfil all of it, the newest first. What is empty or None asks for nothing. Ids are
    public where a page asks core, and internal where core asks the store."""

    limit: int
    before: int | None = None  # older than this id
    after: int | None = None  # newer; not with `before`
    since: datetime | None = None  # accepted then or later
    until: datetime | None = None  # accepted before
    statuses: tuple[Status, ...] = ()
    recipient: str = ""
    bundle_id: int | None = None
    text: str = ""  # somewhere in it, letter by letter

    @property
    def is_filtered(self) -> bool:
        """By more than what the keys tell."""
        return bool(
            self.statuses or self.recipient or self.text or self.since or self.until or self.bundle_id
        )


class HistoryLine(msgspec.Struct, frozen=True):
    """A message as it stands in a list. `text` is None once it is erased."""

    id: int  # internal from the store, public from core
    account: str
    recipient: str
    sender: str
    text: str | None
    encoding: Encoding
    flash: bool
    priority: int
    segments: int
    segment_price: int  # ten-thousandths of a credit
    accepted_at: datetime
    due_at: datetime | None
    status: Status
    status_at: datetime
    bundle_id: int | None
    service: Service = Service.SMS
    refunded: int = 0  # of its price; told in a list

    @property
    def price(self) -> int:
        return self.segments * self.segment_price

    @property
    def may_be_refunded(self) -> bool:
        return self.status in FAILED and self.status is not Status.INVALID_NUMBER

    def refund(self, kept: int) -> int:
        """Of its price: what was cancelled, or failed here or by a refusal, before a network may have had it;
        `kept` segments are with one, or may be. Held segments that an operator failed are not seen in this;
        the ledger has them."""
        return max(0, self.segments - kept) * self.segment_price if self.may_be_refunded else 0


class HistoryPage(msgspec.Struct, frozen=True):
    """`older` and `newer`: the keys by which to go on, None at the end. `reached` is given where the search
    ended before the page was full or the history at its end: so far back it has looked."""

    lines: list[HistoryLine]
    older: int | None = None
    newer: int | None = None
    reached: datetime | None = None


class Tried(StrEnum):
    """What came of handing a segment to the network."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # for good
    PUT_OFF = "put off"  # by the network, for now
    UNSURE = "unsure"  # no answer came: the network may have it


class Attempt(msgspec.Struct, frozen=True):
    """One try to hand one segment to the network."""

    at: datetime
    segment: int  # from 1
    number: int  # of the message's attempts, from 1
    result: Tried
    network_id: str | None  # the network's id for what it took
    error: str | None  # as the network said it


class ReceiptLine(msgspec.Struct, frozen=True):
    """A delivery receipt, as it came."""

    at: datetime
    segment: int | None  # None: it is about the whole message
    network_id: str | None
    status: Status | None  # None: it told nothing that is known
    raw: str


class MessageStory(msgspec.Struct, frozen=True):
    """All that is known of one message; each list with the oldest first."""

    line: HistoryLine
    told: list[tuple[Status, datetime]]
    attempts: list[Attempt]
    receipts: list[ReceiptLine]
    files: tuple[FileLine, ...] = ()  # of an MMS

    @property
    def refunded(self) -> int:
        """As `HistoryLine.refund`."""
        if self.attempts and self.attempts[0].number > 1:
            return 0  # there were more than are told
        kept = {one.segment for one in self.attempts if one.result in (Tried.ACCEPTED, Tried.UNSURE)}
        return self.line.refund(len(kept))
