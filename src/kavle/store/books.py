"""The ledger's closings: how far it was added up, month by month, and whether it is as it should be.
Pure, and the same on every engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Protocol

import msgspec

from kavle.store.rows import from_ms

BATCH: Final = 1_000
"""Entries that are added up in one transaction."""
PAGE: Final = 500
"""Accounts of one look at which are not closed."""


class Closing(NamedTuple):
    """A row of `closing`: of this account's entries up to `last_id` these many belong to the month, and all
    of them come to `balance`."""

    account_id: int
    month: int  # 202611
    entries: int
    last_id: int
    balance: int


class Entered(NamedTuple):
    """A row of `ledger`."""

    id: int
    at: int
    amount: int
    balance: int


class Book(NamedTuple):
    """An account's ledger. `closed`: nothing has been entered since its last closing, and that agrees with
    the balance."""

    account_id: int
    account: str
    closed: bool


class Closed(msgspec.Struct, frozen=True):
    more: bool  # there is more to add up
    wrong: str = ""  # what does not add up; then nothing was closed


class Books(Protocol):
    """Part of a store, and as that one."""

    async def books(self, after: int) -> list[Book]:
        """A page of accounts, by id from behind that one on; none is left when it is empty."""

    async def close(self, account_id: int) -> Closed:
        """Add a bounded number of the account's entries to its closings; those that are the last are held
        against its balance."""


def add_up(
    account_id: int, before: Closing | None, entries: Sequence[Entered], balance: int
) -> tuple[list[Closing], Closed]:
    """`entries`: those behind `before`, in order, at most `BATCH`. `balance`: as it was when they were read.
    An account's ids rise in the order in which its entries counted; their times may not, as clocks differ, so
    a month never goes back to the one before."""
    now = before or Closing(account_id, 0, 0, 0, 0)
    months: dict[int, Closing] = {}
    for one in entries:
        if now.balance + one.amount != one.balance:
            return [], Closed(
                False, f"entry {one.id} leads to {one.balance}, those before it to {now.balance}"
            )
        month = max(now.month, _month(one.at))
        count = now.entries + 1 if month == now.month else 1
        now = months[month] = Closing(account_id, month, count, one.id, one.balance)
    more = len(entries) == BATCH
    if not more and now.balance != balance:
        return [], Closed(False, f"the balance is {balance}, and its ledger comes to {now.balance}")
    return list(months.values()), Closed(more)


def book(row: Iterable[object]) -> Book:
    account_id, account, closed = row
    return Book(account_id, account, bool(closed))  # type: ignore[arg-type]


def _month(at: int) -> int:
    when = from_ms(at)
    return when.year * 100 + when.month
