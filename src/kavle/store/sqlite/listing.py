"""What a portal lists beside the messages, on SQLite."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import apsw

from kavle.model.history import HistoryLine
from kavle.model.listing import BundleLine, BundleProgress, Keys, LedgerLine, Place, Scheduled, Slice
from kavle.model.status import Status
from kavle.store.history import COLUMNS, TABLES, Look, line
from kavle.store.listing import (
    BUNDLES,
    ENTRIES,
    MOST,
    Tally,
    added,
    bounds,
    bundle_line,
    ledger_line,
    order,
    pending_tally,
    scheduled,
    slice_of,
)
from kavle.store.rows import to_ms
from kavle.store.sqlite.accounts import page_of
from kavle.store.sqlite.bundles import firsts, unexpanded
from kavle.store.sqlite.rows import array
from kavle.store.types import AccountLine, AccountPage

_BUNDLE: Final = f"{BUNDLES} WHERE b.id = ?1 AND b.account_id = coalesce(?2, b.account_id)"
_TALLY: Final = (
    "SELECT m.status, count(*), sum(m.segments * m.segment_price) FROM bundle_part AS p"
    " CROSS JOIN message AS m ON m.id BETWEEN p.first_id AND p.last_id WHERE p.first_id = ? GROUP BY m.status"
)
_GROUPS: Final = (
    "SELECT one.value ->> 1, count(*), sum(one.value ->> 2) FROM bundle_part AS p"
    " CROSS JOIN json_each(p.recipients) AS one WHERE p.first_id = ? GROUP BY 1"
)
_SCHEDULED: Final = (
    "SELECT due_at, id FROM message INDEXED BY message_due WHERE account_id = ?1 AND bundle_id IS NULL"
    " AND due_at IS NOT NULL AND due_at >= ?2 AND (due_at > ?2 OR id > ?3) ORDER BY due_at, id LIMIT ?4"
)
_WAITING: Final = (
    f"SELECT {COLUMNS} {TABLES} WHERE m.id IN (SELECT value FROM json_each(?))"  # noqa: S608 -- ours
    f" AND m.status = {int(Status.DELAYED)} ORDER BY m.due_at, m.id LIMIT ?"
)


class SqliteListing:
    def __init__(self, look: Look) -> None:
        self._look = look

    async def bundles(self, account_id: int | None, keys: Keys) -> Slice[BundleLine]:
        found: Slice[BundleLine] = await self._look(_bundles, account_id, keys)
        return found

    async def bundle(self, account_id: int | None, bundle_id: int) -> BundleProgress | None:
        row = await self._look(_bundle, account_id, bundle_id)
        if row is None:
            return None
        # Others look between the parts.
        parts = [await self._look(_tally, first) for first in await self._look(firsts, bundle_id)]
        return BundleProgress(bundle_line(row), *added(one for part in parts for one in part))

    async def scheduled(self, account_id: int, now: datetime, after: Place | None, limit: int) -> Scheduled:
        found: Scheduled = await self._look(_scheduled, account_id, now, after, limit)
        return found

    async def ledger(self, account_id: int, keys: Keys) -> Slice[LedgerLine]:
        found: Slice[LedgerLine] = await self._look(_ledger, account_id, keys)
        return found

    async def accounts(self, page: AccountPage) -> list[AccountLine]:
        found: list[AccountLine] = await self._look(page_of, page)
        return found

    async def newest_entry(self) -> int:
        newest: int = await self._look(_newest_entry)
        return newest


def _bundles(db: apsw.Connection, account_id: int | None, keys: Keys) -> Slice[BundleLine]:
    whose = "" if account_id is None else "b.account_id = ?4 AND "
    sql = f"{BUNDLES} WHERE {whose}b.id > ?1 AND b.id < ?2 ORDER BY b.id {order(keys)} LIMIT ?3"
    values = (*bounds(keys), account_id) if whose else bounds(keys)
    return slice_of([bundle_line(row) for row in db.execute(sql, values)], keys)


def _bundle(db: apsw.Connection, account_id: int | None, bundle_id: int) -> tuple[Any, ...] | None:
    row: tuple[Any, ...] | None = db.execute(_BUNDLE, (bundle_id, account_id)).get
    return row


def _tally(db: apsw.Connection, first_id: int) -> list[Tally]:
    part = unexpanded(db, first_id)
    groups = list(db.execute(_GROUPS, (first_id,))) if part else []
    return pending_tally(part, groups) if part and groups else list(db.execute(_TALLY, (first_id,)))


def _scheduled(
    db: apsw.Connection, account_id: int, now: datetime, after: Place | None, limit: int
) -> Scheduled:
    began = (to_ms(after.due_at), after.id) if after else (to_ms(now) + 1, 0)
    looked = list(db.execute(_SCHEDULED, (account_id, *began, MOST)))
    ids = array(id for _, id in looked)
    found: list[HistoryLine] = [line(row) for row in db.execute(_WAITING, (ids, limit + 1))]
    return scheduled(looked, found, limit)


def _ledger(db: apsw.Connection, account_id: int, keys: Keys) -> Slice[LedgerLine]:
    sql = (
        f"{ENTRIES} INDEXED BY ledger_account WHERE l.account_id = ?4 AND l.id > ?1 AND l.id < ?2"
        f" ORDER BY l.id {order(keys)} LIMIT ?3"
    )
    rows = db.execute(sql, (*bounds(keys), account_id))
    return slice_of([ledger_line(row) for row in rows], keys)


def _newest_entry(db: apsw.Connection) -> int:
    newest: int | None = db.execute("SELECT max(id) FROM ledger").get
    return newest or 0
