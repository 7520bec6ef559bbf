"""The ledger's closings on SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import apsw

from kavle.store.books import BATCH, PAGE, Book, Closed, Closing, Entered, add_up, book
from kavle.store.sqlite.reader import Reader
from kavle.store.sqlite.writer import Writes

_BOOKS: Final = (
    "SELECT page.id, page.name, coalesce(c.balance, 0) = b.amount"
    " AND NOT EXISTS"
    " (SELECT 1 FROM ledger AS l WHERE l.account_id = page.id AND l.id > coalesce(c.last_id, 0))"
    " FROM (SELECT id, name FROM account WHERE id > ? ORDER BY id LIMIT ?) AS page"
    " CROSS JOIN balance AS b ON b.account_id = page.id"
    " LEFT JOIN closing AS c ON c.account_id = page.id"
    "  AND c.month = (SELECT max(month) FROM closing WHERE account_id = page.id) ORDER BY page.id"
)
_LAST: Final = (
    "SELECT account_id, month, entries, last_id, balance FROM closing WHERE account_id = ?"
    " ORDER BY month DESC LIMIT 1"
)
_ENTERED: Final = (
    "SELECT id, at, amount, balance FROM ledger INDEXED BY ledger_account"
    " WHERE account_id = ? AND id > ? ORDER BY id LIMIT ?"
)
_CLOSE: Final = (
    "INSERT INTO closing (account_id, month, entries, last_id, balance) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (account_id, month) DO UPDATE"
    " SET entries = excluded.entries, last_id = excluded.last_id, balance = excluded.balance"
)


class SqliteBooks:
    """Part of a `SqliteStore`, with its threads."""

    def __init__(self, writer: Writes, look: Reader) -> None:
        self._writer = writer
        self._look = look

    async def books(self, after: int) -> list[Book]:
        return await self._look(_books, after)

    async def close(self, account_id: int) -> Closed:
        return await self._writer.call(_close, account_id)


def _books(db: apsw.Connection, after: int) -> list[Book]:
    return [book(row) for row in db.execute(_BOOKS, (after, PAGE))]


def _close(db: apsw.Connection, wanted: Sequence[int]) -> list[Closed]:
    return [_close_one(db, account_id) for account_id in wanted]


def _close_one(db: apsw.Connection, account_id: int) -> Closed:
    row = db.execute(_LAST, (account_id,)).get
    before = None if row is None else Closing(*row)
    since = 0 if before is None else before.last_id
    entries = [Entered(*one) for one in db.execute(_ENTERED, (account_id, since, BATCH))]
    balance: int = db.execute("SELECT amount FROM balance WHERE account_id = ?", (account_id,)).get
    closings, closed = add_up(account_id, before, entries, balance)
    db.executemany(_CLOSE, closings)
    return closed
