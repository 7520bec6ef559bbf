"""The nouns that travel: an MT message as accepted (`Draft`), as leased to a carrier (`Parcel`), and what
the network said of its segments (`Outcome`, `Receipt`). Times are aware UTC datetimes."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import ClassVar

import msgspec

from kavle.model.mms import MmsFile
from kavle.model.service import Service
from kavle.model.status import Status
from kavle.sms.segment import Encoding, Segment


class Priority(IntEnum):
    """The manual's scale: 1 for group messages, 2 for normal use, 3 for alarms."""

    BULK = 1
    NORMAL = 2
    URGENT = 3


class Draft(msgspec.Struct, frozen=True, gc=False):
    """A checked and priced message, ready for commit 1. An MMS is one segment, whatever is in it."""

    account_id: int
    recipient: str  # digits, country code first, no plus
    sender: str  # digits, or up to 11 characters of text
    text: str
    encoding: Encoding
    segments: int
    flash: bool
    priority: int
    segment_price: int  # ten-thousandths of a credit
    carrier_id: int
    accepted_at: datetime
    expires_at: datetime
    due: datetime | None = None  # of a time-controlled message: not to be sent before
    service: Service = Service.SMS
    files: tuple[MmsFile, ...] = ()

    count: ClassVar[int] = 1

    @property
    def price(self) -> int:
        return self.segments * self.segment_price

    @property
    def octets(self) -> int:
        """Of its files: the others are small."""
        return sum([file.size for file in self.files]) if self.files else 0


class Lease(msgspec.Struct, frozen=True, gc=False):
    """The right to send one message's unsent segments. `token` fences it: an outcome that carries an old
    token changes nothing."""

    message_id: int
    token: int
    attempt: int  # 1 for the first; a lease of which nothing was written to a link is none


class LeasedMessage(msgspec.Struct, frozen=True):
    """A leased message as the store has it; `unsent` holds segment numbers from 1."""

    lease: Lease
    recipient: str
    sender: str
    text: str
    encoding: Encoding
    flash: bool
    priority: int
    expires_at: datetime
    unsent: tuple[int, ...]
    service: Service = Service.SMS


class Parcel(msgspec.Struct, frozen=True):
    """What a carrier is handed: where to, and the segments that it is to submit; or the whole text, for one
    that cuts it itself. An MMS is segment 1, which is empty: its text is whole, and its files are had by
    `CarrierEvents.files`."""

    lease: Lease
    recipient: str
    sender: str
    text: str
    encoding: Encoding
    flash: bool
    priority: int
    expires_at: datetime
    segments: tuple[Segment, ...]
    service: Service = Service.SMS


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """The network took the segment, and will name it `network_id` in its receipts."""

    network_id: str


class Refused(msgspec.Struct, frozen=True, gc=False):
    """The network did not take the segment. `status` is what the customer sees if it is for good."""

    status: Status
    retryable: bool
    error: str  # as the network said it, such as "ESME_RTHROTTLED"
    after: float | None = None  # seconds until it is tried again; None: by the number of attempts


class Unsure(msgspec.Struct, frozen=True, gc=False):
    """The link died with the segment in flight: the network may have it or not."""

    error: str


class Unsent(msgspec.Struct, frozen=True, gc=False):
    """The segment was never written to a link: it is as if it had not been handed over."""


Result = Accepted | Refused | Unsure | Unsent


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What became of handing one segment to the network."""

    lease: Lease
    segment: int
    result: Result
    at: datetime


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """A delivery receipt as it came. `status` is None when it tells nothing that is known; `whole` when it
    is about the whole message, whichever of its segments it names."""

    carrier_id: int
    network_id: str
    recipient: str  # digits, as the network wrote them; empty if it did not
    status: Status | None
    raw: str
    at: datetime
    whole: bool = False
