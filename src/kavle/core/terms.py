"""By what messages are checked, priced and routed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

import msgspec

from kavle.model.account import Account
from kavle.model.prefix import ByPrefix
from kavle.model.text import in_latin1
from kavle.sms.segment import Encoding

Limit = Callable[[str, str], bool]
"""Whether a carrier takes a message from this sender, of this text."""


class MmsTerms(msgspec.Struct, frozen=True):
    """By which an MMS is priced and routed; by none of this, it is not offered."""

    routes: ByPrefix[tuple[int, ...]] = ByPrefix({})
    prices: ByPrefix[int] = ByPrefix({})  # ten-thousandths of a credit


class Terms(msgspec.Struct, frozen=True):
    """By which a message is checked, priced and routed."""

    routes: ByPrefix[tuple[int, ...]]  # carriers in order of preference
    prices: ByPrefix[int]  # ten-thousandths of a credit, per segment
    region: str  # of numbers in national form
    most_segments: int
    validity: timedelta
    shifts: Mapping[int, tuple[Encoding, ...]] = {}  # languages' tables that a carrier takes
    latin1: frozenset[int] = frozenset()  # carriers that take Latin-1 in the place of GSM 03.38
    limits: Mapping[int, Limit] = {}  # of carriers that have any
    mms: MmsTerms = MmsTerms()

    def takes(self, carrier: int, sender: str, text: str, encoding: Encoding) -> bool:
        """Whether that carrier can send this as it is encoded."""
        if encoding is Encoding.GSM7:
            said = carrier not in self.latin1 or in_latin1(text)
        else:
            said = encoding is Encoding.UCS2 or encoding in self.shifts.get(carrier, ())
        limit = self.limits.get(carrier)
        return said and (limit is None or limit(sender, text))

    def any_shifts(self) -> tuple[Encoding, ...]:
        return tuple({shift: None for shifts in self.shifts.values() for shift in shifts})

    def common_shifts(self, carriers: Iterable[int]) -> tuple[Encoding, ...]:
        """Those that each of the carriers takes."""
        each = [self.shifts.get(carrier, ()) for carrier in carriers]
        return tuple(shift for shift in each[0] if all(shift in shifts for shifts in each)) if each else ()


def region_of(account: Account, terms: Terms) -> str:
    return account.settings.region or terms.region


def price_of(recipient: str, account: Account, terms: Terms) -> int | None:
    """Of a segment of an SMS: the account's own where it has one, else everybody's."""
    for prefix, price in account.settings.prices:
        if recipient.startswith(prefix):
            return price
    return terms.prices.find(recipient)
