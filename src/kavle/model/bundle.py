"""One text to many: a bundle as it is accepted. Its messages get their ids with it, and live on their own."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from kavle.sms.segment import Encoding

NOWHERE: Final = 0
"""The carrier of a recipient that is no number, or that no route leads to: status 3, and not debited."""


class Destination(NamedTuple):
    """One recipient, in the order of the caller's list; the same number twice is sent and paid twice."""

    recipient: str  # digits; as the caller wrote it, cut to 32 characters, where it leads nowhere
    carrier_id: int
    segment_price: int  # ten-thousandths of a credit


class BundleDraft(msgspec.Struct, frozen=True):
    """A checked and priced bundle, ready for its commit."""

    account_id: int
    sender: str
    text: str
    encoding: Encoding
    segments: int  # of each message
    priority: int
    accepted_at: datetime
    expires_at: datetime
    due: datetime | None
    destinations: tuple[Destination, ...]

    @property
    def count(self) -> int:
        return len(self.destinations)

    @property
    def price(self) -> int:
        return self.segments * sum(one.segment_price for one in self.destinations if one.carrier_id)
