"""What a portal lists beside the messages, on PostgreSQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

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
from kavle.store.postgres.accounts import page_of
from kavle.store.postgres.bundles import firsts, unexpanded
from kavle.store.postgres.rows import Db
from kavle.store.rows import to_ms
from kavle.store.types import AccountLine, AccountPage

_BUNDLE: Final = f"{BUNDLES} WHERE b.id = $1 AND b.account_id = coalesce($2, b.account_id)"
_TALLY: Final = (
    "SELECT m.status::int, count(*), sum(m.segments * m.segment_price)::bigint FROM bundle_part AS p"
    " JOIN message AS m ON m.id BETWEEN p.first_id AND p.last_id WHERE p.first_id = $1 GROUP BY m.status"
)
_GROUPS: Final = (
    "SELECT (one ->> 1)::bigint, count(*), sum((one ->> 2)::bigint)::bigint FROM bundle_part AS p"
    " CROSS JOIN LATERAL jsonb_array_elements(p.recipients) AS one WHERE p.first_id = $1 GROUP BY 1"
)
_SCHEDULED: Final = (
    "SELECT due_at, id FROM message WHERE account_id = $1 AND bundle_id IS NULL AND due_at IS NOT NULL"
    " AND (due_at, id) > ($2, $3) ORDER BY due_at, id LIMIT $4"
)
_WAITING: Final = (
    f"SELECT {COLUMNS} {TABLES} WHERE m.id = ANY($1::bigint[])"
    f" AND m.status = {int(Status.DELAYED)} ORDER BY m.due_at, m.id LIMIT $2"
)
# Compared as pairs, only the index on both serves: by the key alone, it might go through everybody's.
_OF_ACCOUNT: Final = "WHERE ({0}.account_id, {0}.id) > ($4, $1) AND ({0}.account_id, {0}.id) < ($4, $2)"


class PostgresListing:
    def __init__(self, look: Look) -> None:
        self._look = look

    async def bundles(self, account_id: int | None, keys: Keys) -> Slice[BundleLine]:
        found: Slice[BundleLine] = await self._look(_bundles, account_id, keys)
        return found

    async def bundle(self, account_id: int | None, bundle_id: int) -> BundleProgress | None:
        row = await self._look(_bundle, account_id, bundle_id)
        if row is None:
            return None
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


async def _bundles(db: Db, account_id: int | None, keys: Keys) -> Slice[BundleLine]:
    if account_id is None:
        sql = f"{BUNDLES} WHERE b.id > $1 AND b.id < $2 ORDER BY b.id {order(keys)} LIMIT $3"
        rows = await db.fetch(sql, *bounds(keys))
    else:
        sql = f"{BUNDLES} {_in_order('b', keys)}"
        rows = await db.fetch(sql, *bounds(keys), account_id)
    return slice_of([bundle_line(tuple(row)) for row in rows], keys)


def _in_order(table: str, keys: Keys) -> str:
    way = order(keys)
    return f"{_OF_ACCOUNT.format(table)} ORDER BY {table}.account_id {way}, {table}.id {way} LIMIT $3"


async def _bundle(db: Db, account_id: int | None, bundle_id: int) -> tuple[Any, ...] | None:
    row = await db.fetchrow(_BUNDLE, bundle_id, account_id)
    return tuple(row) if row else None


async def _tally(db: Db, first_id: int) -> list[Tally]:
    part = await unexpanded(db, first_id)
    groups = [tuple(row) for row in await db.fetch(_GROUPS, first_id)] if part else []
    if part and groups:
        return pending_tally(part, groups)
    return [tuple(row) for row in await db.fetch(_TALLY, first_id)]


async def _scheduled(db: Db, account_id: int, now: datetime, after: Place | None, limit: int) -> Scheduled:
    began = (to_ms(after.due_at), after.id) if after else (to_ms(now) + 1, 0)
    looked = [tuple(row) for row in await db.fetch(_SCHEDULED, account_id, *began, MOST)]
    found = await db.fetch(_WAITING, [id for _, id in looked], limit + 1)
    return scheduled(looked, [line(row) for row in found], limit)


async def _ledger(db: Db, account_id: int, keys: Keys) -> Slice[LedgerLine]:
    rows = await db.fetch(f"{ENTRIES} {_in_order('l', keys)}", *bounds(keys), account_id)
    return slice_of([ledger_line(tuple(row)) for row in rows], keys)


async def _newest_entry(db: Db) -> int:
    newest: int = await db.fetchval("SELECT coalesce(max(id), 0) FROM ledger")
    return newest
