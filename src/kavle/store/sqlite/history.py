"""What pages show of the past, on SQLite: read on a thread of its own, in short reads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

import apsw

from kavle.model.history import HistoryPage, Wanted
from kavle.store.history import (
    Bounds,
    Dialect,
    Search,
    line,
    lines_statement,
)
from kavle.store.rows import from_ms, to_ms
from kavle.store.sqlite.rows import array

_DIALECT: Final = Dialect("?", "LIKE", "m.id IN (SELECT value FROM json_each(?1))")
_LAST: Final = 2**63 - 1
_DISORDER: Final = timedelta(minutes=2)
"""By so much an id may be older than its neighbours: times are taken before ids are."""


Look = Callable[..., Awaitable[Any]]
"""`await look(read, …)`: what `read(connection, …)` gives, of a connection that only reads."""


class SqliteHistory:
    def __init__(self, look: Look) -> None:
        self._look = look

    async def messages(self, account_id: int | None, wanted: Wanted) -> HistoryPage:
        page: HistoryPage = await self._look(messages, account_id, wanted)
        return page


def messages(db: apsw.Connection, account_id: int | None, wanted: Wanted) -> HistoryPage:
    search = Search(wanted, _bounds(db, wanted))
    while search.goes_on:
        missing = search.missing
        keys = _keys(db, account_id, wanted.after is not None, search.bounds, search.keys)
        rows = db.execute(*lines_statement(wanted, _DIALECT, array(keys), missing))
        search.found(keys, [line(row) for row in rows])
    return search.page(_accepted_at(db, search.last))


def _keys(
    db: apsw.Connection, account_id: int | None, forward: bool, bounds: Bounds, count: int
) -> list[int]:
    order = "ASC" if forward else "DESC"
    if account_id is None:
        sql = f"SELECT id FROM message WHERE id > ?1 AND id < ?2 ORDER BY id {order} LIMIT ?3"  # noqa: S608
        return [id for (id,) in db.execute(sql, (*bounds, count))]
    sql = (
        "SELECT id FROM message INDEXED BY message_account WHERE account_id = ?4 AND id > ?1 AND id < ?2"  # noqa: S608
        f" ORDER BY id {order} LIMIT ?3"
    )
    return [id for (id,) in db.execute(sql, (*bounds, count, account_id))]


def _bounds(db: apsw.Connection, wanted: Wanted) -> Bounds:
    low, high = -1, _LAST
    if wanted.since:
        low = max(low, id_at(db, wanted.since - _DISORDER) - 1)
    if wanted.until:
        high = min(high, id_at(db, wanted.until + _DISORDER))
    if wanted.bundle_id:
        found = db.execute(
            "SELECT min(first_id), max(last_id) FROM bundle_part WHERE bundle_id = ?", (wanted.bundle_id,)
        ).get
        first, last = found if found and found[0] is not None else (0, -1)
        low, high = max(low, first - 1), min(high, last + 1)
    if wanted.before is not None:
        high = min(high, wanted.before)
    if wanted.after is not None:
        low = max(low, wanted.after)
    return Bounds(low, high)


def id_at(db: apsw.Connection, at: datetime) -> int:
    """The first id of those accepted at `at` or later, by bisection: ids rise with time."""
    wanted, low = to_ms(at), 0
    high: int = db.execute("SELECT last_id + 1 FROM gateway").get
    while low < high:
        middle = (low + high) // 2
        row = db.execute(
            "SELECT id, accepted_at FROM message WHERE id >= ? ORDER BY id LIMIT 1", (middle,)
        ).get
        if row is None or row[1] >= wanted:
            high = middle
        else:
            low = row[0] + 1
    return low


def _accepted_at(db: apsw.Connection, id: int | None) -> datetime | None:
    at: int | None = db.execute("SELECT accepted_at FROM message WHERE id = ?", (id,)).get
    return None if at is None else from_ms(at)
