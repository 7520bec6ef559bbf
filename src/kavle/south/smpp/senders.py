"""Whom a network lets a message be from, and as what it wants to be told so. Pure."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from kavle.wire.smpp.constants import Npi, Ton

LONGEST_SHORT_NUMBER: Final = 8  # digits; an E.164 number that can be answered has more

Octet = Annotated[int, Meta(ge=0, le=255)]
Numbering = tuple[Octet, Octet]
"""TON and NPI, SMPP 3.4 §5.2.5 and §5.2.6."""

TEXT: Final = int(Ton.ALPHANUMERIC), int(Npi.UNKNOWN)
SHORT: Final = int(Ton.NETWORK_SPECIFIC), int(Npi.UNKNOWN)
INTERNATIONAL: Final = int(Ton.INTERNATIONAL), int(Npi.ISDN)


class Senders(msgspec.Struct, frozen=True):
    """The network's rules. Recipients are international numbers: they have their country code."""

    number: str = ""  # digits, which stand for every sender of text; empty: text goes as it is
    text: Numbering = TEXT
    short: Numbering = SHORT  # a number of the network's own
    international: Numbering = INTERNATIONAL

    def said(self, sender: str) -> tuple[str, Numbering]:
        """A sender as the network is told it."""
        if not is_number(sender):
            if not self.number:
                return sender, self.text
            sender = self.number
        return sender, self.short if len(sender) <= LONGEST_SHORT_NUMBER else self.international


def is_number(sender: str) -> bool:
    return sender.isascii() and sender.isdigit()
