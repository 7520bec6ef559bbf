"""Messages from phones (MO): what one deliver_sm brings, and what becomes of the whole message."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum

import msgspec

EIGHT_BIT, SIXTEEN_BIT, SAR = 0x0000, 0x1_0000, 0x2_0000
"""Added to the reference of a long message by the way in which it was given: 7 in one octet is another
message's than 7 in two."""


class Piece(msgspec.Struct, frozen=True, gc=False):
    """A whole message, or one of the `total` parts of a long one."""

    carrier_id: int
    sender: str  # digits without a plus, or a name
    recipient: str  # digits
    text: str  # a part's may begin or end with half a surrogate pair; no NUL
    at: datetime
    reference: int = 0
    number: int = 1  # 1 … total
    total: int = 1  # 255 at most


class IncomingState(IntEnum):
    """Where a message is on its way to its customer."""

    KEPT = 0  # its number was nobody's
    WAITING = 1  # for its customer to say OK
    DONE = 2
    FAILED = 3  # he never did
