"""The ledger's closings on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kavle.store.books import BATCH, PAGE, Book, Closed, Closing, Entered, add_up, book
from kavle.store.postgres.connection import Link
from kavle.store.postgres.handed import MakeLane, Read
from kavle.store.postgres.rows import Db, columns

_BOOKS: Final = (
    "SELECT a.id, a.name, coalesce(c.balance, 0) = b.amount"
    " AND NOT EXISTS (SELECT FROM ledger AS l WHERE l.account_id = a.id AND l.id > coalesce(c.last_id, 0))"
    " FROM (SELECT id, name FROM account WHERE id > $1 ORDER BY id LIMIT $2) AS a"
    " JOIN balance AS b ON b.account_id = a.id"
    " LEFT JOIN LATERAL (SELECT last_id, balance FROM closing WHERE account_id = a.id"
    "  ORDER BY month DESC LIMIT 1) AS c ON true ORDER BY a.id"
)
_LAST: Final = (
    "SELECT account_id, month, entries, last_id, balance FROM closing WHERE account_id = $1"
    " ORDER BY month DESC LIMIT 1"
)
_ENTERED: Final = (
    # With the balance in one statement, and so in one snapshot: others debit meanwhile.
    "SELECT b.amount, l.id, l.at, l.amount, l.balance FROM balance AS b"
    " LEFT JOIN LATERAL (SELECT id, at, amount, balance FROM ledger"
    "  WHERE (account_id, id) > ($1, $2) AND account_id = $1 ORDER BY account_id, id LIMIT $3) AS l ON true"
    " WHERE b.account_id = $1 ORDER BY l.id"
)
_CLOSE: Final = (
    # Two nodes may close at once: each by what it has read, and who has read more has the last word.
    "INSERT INTO closing AS c (account_id, month, entries, last_id, balance)"
    " SELECT * FROM unnest($1::bigint[], $2::int[], $3::bigint[], $4::bigint[], $5::bigint[])"
    " ON CONFLICT (account_id, month) DO UPDATE"
    " SET entries = excluded.entries, last_id = excluded.last_id, balance = excluded.balance"
    " WHERE c.last_id < excluded.last_id"
)


class PostgresBooks:
    """Part of a `PostgresStore`, on its connections."""

    def __init__(self, lane: MakeLane, rare: Link, read: Read) -> None:
        self._read = read
        self._close = lane(rare, _close)

    async def books(self, after: int) -> list[Book]:
        return await self._read(_books, after)

    async def close(self, account_id: int) -> Closed:
        return await self._close.call(account_id)


async def _books(db: Db, after: int) -> list[Book]:
    return [book(row) for row in await db.fetch(_BOOKS, after, PAGE)]


async def _close(db: Db, wanted: Sequence[int]) -> tuple[list[Closed], None]:
    done = {account_id: await _close_one(db, account_id) for account_id in sorted(set(wanted))}
    return [done[account_id] for account_id in wanted], None


async def _close_one(db: Db, account_id: int) -> Closed:
    row = await db.fetchrow(_LAST, account_id)
    before = None if row is None else Closing(*row)
    found = await db.fetch(_ENTERED, account_id, 0 if before is None else before.last_id, BATCH)
    entries = [Entered(*row[1:]) for row in map(tuple, found) if row[1] is not None]
    closings, closed = add_up(account_id, before, entries, found[0][0])
    if closings:
        await db.execute(_CLOSE, *columns(closings, 5))
    return closed
