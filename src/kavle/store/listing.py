"""What a portal lists beside the messages: the parts that are the same on every engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

from kavle.model.bundle import NOWHERE
from kavle.model.history import HistoryLine
from kavle.model.listing import (
    Booked,
    BundleLine,
    BundleProgress,
    Keys,
    LedgerLine,
    Place,
    Scheduled,
    Slice,
)
from kavle.model.status import Status
from kavle.sms.segment import Encoding
from kavle.store.bundling import Part
from kavle.store.rows import Entry, from_ms
from kavle.store.types import AccountLine, AccountPage

BUNDLES: Final = (
    "SELECT b.id, a.name, b.sender, t.text, b.encoding, b.segments, b.priority, b.count, b.accepted_at,"
    " b.due_at, b.cancelled_at FROM bundle AS b JOIN account AS a ON a.id = b.account_id"
    " LEFT JOIN body AS t ON t.message_id = b.id"
)
ENTRIES: Final = (
    "SELECT l.id, l.at, l.kind, l.amount, l.balance, l.message_id,"
    " EXISTS (SELECT 1 FROM bundle AS b WHERE b.id = l.message_id) FROM ledger AS l"
)
LAST: Final = 2**63 - 1
MOST: Final = 2_000
"""Keys of scheduled messages that are looked at in one call: those that were cancelled are among them."""

_BOOKED: Final = {
    Entry.TOP_UP: Booked.TOP_UP,
    Entry.DEBIT: Booked.DEBIT,
    Entry.REFUND: Booked.REFUND,
    Entry.CORRECTION: Booked.CORRECTION,
}


class Listing(Protocol):
    """Reads only, each bounded. `account_id` None: everybody's."""

    async def bundles(self, account_id: int | None, keys: Keys) -> Slice[BundleLine]: ...

    async def bundle(self, account_id: int | None, bundle_id: int) -> BundleProgress | None:
        """None for what is unknown, or another account's."""

    async def scheduled(self, account_id: int, now: datetime, after: Place | None, limit: int) -> Scheduled:
        """Single messages that wait for their time, in its order; a bundle's are told with the bundle."""

    async def ledger(self, account_id: int, keys: Keys) -> Slice[LedgerLine]: ...

    async def accounts(self, page: AccountPage) -> list[AccountLine]:
        """By name; with their balances."""

    async def newest_entry(self) -> int:
        """The id of the ledger's newest entry, whoever's; 0 where there is none."""


Tally = tuple[int, int, int]
"""status, messages, what they cost"""


class Line(Protocol):
    @property
    def id(self) -> int: ...


L = TypeVar("L", bound=Line)


def bounds(keys: Keys) -> tuple[int, int, int]:
    """Between which ids to look, both excluded, and for how many: one more than is shown."""
    low = -1 if keys.after is None else keys.after
    return low, LAST if keys.before is None else keys.before, keys.limit + 1


def order(keys: Keys) -> str:
    return "DESC" if keys.after is None else "ASC"


def slice_of(found: Sequence[L], keys: Keys) -> Slice[L]:
    """`found`: by `bounds` and `order`."""
    lines = list(found[: keys.limit])
    further = lines[-1].id if len(found) > keys.limit else None
    began = keys.before is not None or keys.after is not None
    back = lines[0].id if lines and began else None
    if keys.after is None:
        return Slice(lines, further, back)
    return Slice(lines[::-1], back, further)


def bundle_line(row: Sequence[Any]) -> BundleLine:
    *known, encoding, segments, priority, count, accepted_at, due_at, cancelled_at = row
    id, account, sender, text = known
    return BundleLine(
        id=id,
        account=account,
        sender=sender,
        text=text,
        encoding=Encoding(encoding),
        segments=segments,
        priority=priority,
        count=count,
        accepted_at=from_ms(accepted_at),
        due_at=_time(due_at),
        cancelled_at=_time(cancelled_at),
    )


def ledger_line(row: Sequence[Any]) -> LedgerLine:
    id, at, kind, amount, balance, origin, of_bundle = row
    return LedgerLine(id, from_ms(at), _BOOKED[Entry(kind)], amount, balance, origin, bool(of_bundle))


def pending_tally(part: Part, groups: Iterable[tuple[int, int, int]]) -> list[Tally]:
    """Of a part whose messages are not made yet; `groups`: carrier, recipients, the sum of their segment
    prices."""
    return [
        (Status.INVALID_NUMBER if carrier_id == NOWHERE else part.status, count, price * part.segments)
        for carrier_id, count, price in groups
    ]


def added(tallies: Iterable[Tally]) -> tuple[dict[Status, int], int]:
    """By status how many, and what all cost together."""
    found: Counter[Status] = Counter()
    price = 0
    for status, messages, cost in tallies:
        found[Status(status)] += messages
        price += cost
    return dict(sorted(found.items())), price


def scheduled(looked: Sequence[tuple[int, int]], found: Sequence[HistoryLine], limit: int) -> Scheduled:
    """`looked`: the (due, id) keys that were looked at, MOST of them if there may be more; `found`: which
    of these wait, in their order, one more than is shown."""
    lines = list(found[:limit])
    if len(found) > limit:
        return Scheduled(lines, _place(lines[-1]))
    if len(looked) < MOST:
        return Scheduled(lines, None)
    due, id = looked[-1]
    return Scheduled(lines, Place(from_ms(due), id))


def _place(line: HistoryLine) -> Place | None:
    return None if line.due_at is None else Place(line.due_at, line.id)


def _time(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)
