"""What pages show of the past, on PostgreSQL."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from kavle.model.history import HistoryPage, MessageStory, Wanted
from kavle.model.service import Service
from kavle.store.history import (
    Bounds,
    Dialect,
    Look,
    Search,
    between,
    kept_statement,
    line,
    lines_statement,
    one_statement,
    refundable,
    refunded,
    spans,
)
from kavle.store.postgres import recipients
from kavle.store.postgres.files import lines
from kavle.store.postgres.ids import STALE, newest
from kavle.store.postgres.reads import PART
from kavle.store.postgres.rows import Db
from kavle.store.rows import from_ms, to_ms
from kavle.store.story import MOST, message_story, pending_story

_DIALECT: Final = Dialect("$", "ILIKE", "m.id = ANY($1::bigint[])")
_MESSAGE: Final = one_statement("$")
_KEPT: Final = kept_statement("message_id = ANY($1::bigint[])")
_ATTEMPTS: Final = (
    "SELECT at, number, status, attempt, outcome, network_id, error FROM segment WHERE message_id = $1"
    " ORDER BY at DESC, attempt DESC, number DESC LIMIT $2"
)
_RECEIPTS: Final = (
    "SELECT r.at, CASE WHEN r.whole THEN 0 ELSE r.number END, r.status, s.network_id, r.raw FROM receipt AS r"
    " LEFT JOIN segment AS s ON s.message_id = r.message_id AND s.number = r.number AND s.attempt = r.attempt"
    " WHERE r.message_id = $1 ORDER BY r.at DESC, r.id DESC LIMIT $2"
)
_RECIPIENT: Final = f"""
SELECT $1::bigint, (SELECT name FROM account WHERE id = b.account_id),
       p.recipients -> ($1 - p.first_id)::int ->> 0, b.sender,
       (SELECT text FROM body WHERE message_id = b.id), b.encoding, false, b.priority, b.segments,
       (p.recipients -> ($1 - p.first_id)::int ->> 2)::bigint, b.accepted_at, b.due_at, b.id,
       (p.recipients -> ($1 - p.first_id)::int ->> 1)::bigint, b.cancelled_at
{PART} AND p.recipients IS NOT NULL AND b.account_id = coalesce($2, b.account_id)
"""  # noqa: S608 -- ours
_BUNDLE: Final = (
    "SELECT coalesce(min(first_id), 0), coalesce(max(last_id), -1) FROM bundle_part WHERE bundle_id = $1"
)
_DISORDER: Final = timedelta(seconds=STALE, minutes=1)
"""By so much an id may be older than its neighbours: a node gives those of its block for so long."""


class PostgresHistory:
    def __init__(self, look: Look) -> None:
        self._look = look

    async def messages(self, account_id: int | None, wanted: Wanted) -> HistoryPage:
        page: HistoryPage = await self._look(messages, account_id, wanted)
        return page

    async def message(self, account_id: int | None, message_id: int) -> MessageStory | None:
        story: MessageStory | None = await self._look(message, account_id, message_id)
        return story


async def message(db: Db, account_id: int | None, message_id: int) -> MessageStory | None:
    row = await db.fetchrow(_MESSAGE, message_id, account_id)
    if row is None:
        recipient = await db.fetchrow(_RECIPIENT, message_id, account_id)
        return pending_story(tuple(recipient)) if recipient else None
    attempts = await db.fetch(_ATTEMPTS, message_id, MOST)
    receipts = await db.fetch(_RECEIPTS, message_id, MOST)
    story = message_story(tuple(row), [tuple(one) for one in attempts], [tuple(one) for one in receipts])
    if story.line.service is not Service.MMS:
        return story
    return replace(story, files=tuple(await lines(db, message_id)))


async def messages(db: Db, account_id: int | None, wanted: Wanted) -> HistoryPage:
    until = (await recipients.runs(db)).until if wanted.recipient else 0
    search = Search(wanted, spans(wanted, await _bounds(db, wanted), until))
    while search.goes_on:
        missing = search.missing
        where = wanted.after is not None, search.bounds, search.keys
        if search.by_number:
            keys = await recipients.found(db, account_id, wanted.recipient, *where)
        else:
            keys = await _keys(db, account_id, *where)
        sql, values = lines_statement(wanted, _DIALECT, keys, missing)
        search.found(keys, [line(row) for row in await db.fetch(sql, *values)])
    page = search.page(await _accepted_at(db, search.last))
    ids = refundable(page)
    return refunded(page, dict(map(tuple, await db.fetch(_KEPT, ids)))) if ids else page


async def _keys(db: Db, account_id: int | None, forward: bool, bounds: Bounds, count: int) -> list[int]:
    order = "ASC" if forward else "DESC"
    if account_id is None:
        sql = f"SELECT id FROM message WHERE id > $1 AND id < $2 ORDER BY id {order} LIMIT $3"  # noqa: S608
        return [row[0] for row in await db.fetch(sql, *bounds, count)]
    # Compared as pairs, only the index on both serves it: by the key alone, the planner might go through
    # everybody's messages for one small account's.
    sql = (
        "SELECT id FROM message WHERE (account_id, id) > ($4, $1) AND (account_id, id) < ($4, $2)"  # noqa: S608
        f" ORDER BY account_id {order}, id {order} LIMIT $3"
    )
    return [row[0] for row in await db.fetch(sql, *bounds, count, account_id)]


async def _bounds(db: Db, wanted: Wanted) -> Bounds:
    since = await id_at(db, wanted.since - _DISORDER) if wanted.since else None
    until = await id_at(db, wanted.until + _DISORDER) if wanted.until else None
    bundle = await db.fetchrow(_BUNDLE, wanted.bundle_id) if wanted.bundle_id else None
    return between(wanted, since, until, bundle)


async def id_at(db: Db, at: datetime) -> int:
    """The first id of those accepted at `at` or later, by bisection: ids rise with time."""
    wanted, low, high = to_ms(at), 0, await newest(db) + 1
    while low < high:
        middle = (low + high) // 2
        row = await db.fetchrow(
            "SELECT id, accepted_at FROM message WHERE id >= $1 ORDER BY id LIMIT 1", middle
        )
        if row is None or row[1] >= wanted:
            high = middle
        else:
            low = row[0] + 1
    return low


async def _accepted_at(db: Db, id: int | None) -> datetime | None:
    at: int | None = await db.fetchval("SELECT accepted_at FROM message WHERE id = $1", id)
    return None if at is None else from_ms(at)
