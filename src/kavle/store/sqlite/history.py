"""What pages show of the past, on SQLite: read on a thread of its own, in short reads."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import apsw
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
from kavle.store.rows import from_ms, to_ms
from kavle.store.sqlite import recipients
from kavle.store.sqlite.files import lines
from kavle.store.sqlite.reads import PART
from kavle.store.sqlite.rows import array
from kavle.store.story import MOST, message_story, pending_story

_DIALECT: Final = Dialect("?", "LIKE", "m.id IN (SELECT value FROM json_each(?1))")
_MESSAGE: Final = one_statement("?")
_KEPT: Final = kept_statement("message_id IN (SELECT value FROM json_each(?1))")
_ATTEMPTS: Final = (
    "SELECT at, number, status, attempt, outcome, network_id, error FROM segment WHERE message_id = ?1"
    " ORDER BY at DESC, attempt DESC, number DESC LIMIT ?2"
)
_RECEIPTS: Final = (
    "SELECT r.at, iif(r.whole, 0, r.number), r.status, s.network_id, r.raw FROM receipt AS r"
    " LEFT JOIN segment AS s ON s.message_id = r.message_id AND s.number = r.number AND s.attempt = r.attempt"
    " WHERE r.message_id = ?1 ORDER BY r.at DESC, r.id DESC LIMIT ?2"
)
_RECIPIENT: Final = f"""
SELECT ?1, (SELECT name FROM account WHERE id = b.account_id),
       p.recipients ->> ('$[' || (?1 - p.first_id) || '][0]'), b.sender,
       (SELECT text FROM body WHERE message_id = b.id), b.encoding, 0, b.priority, b.segments,
       p.recipients ->> ('$[' || (?1 - p.first_id) || '][2]'), b.accepted_at, b.due_at, b.id,
       p.recipients ->> ('$[' || (?1 - p.first_id) || '][1]'), b.cancelled_at
{PART} AND p.recipients IS NOT NULL AND b.account_id = coalesce(?2, b.account_id)
"""  # noqa: S608 -- ours
_BUNDLE: Final = (
    "SELECT coalesce(min(first_id), 0), coalesce(max(last_id), -1) FROM bundle_part WHERE bundle_id = ?"
)
_DISORDER: Final = timedelta(minutes=2)
"""By so much an id may be older than its neighbours: times are taken before ids are."""


class SqliteHistory:
    def __init__(self, look: Look) -> None:
        self._look = look

    async def messages(self, account_id: int | None, wanted: Wanted) -> HistoryPage:
        page: HistoryPage = await self._look(messages, account_id, wanted)
        return page

    async def message(self, account_id: int | None, message_id: int) -> MessageStory | None:
        story: MessageStory | None = await self._look(message, account_id, message_id)
        return story


def message(db: apsw.Connection, account_id: int | None, message_id: int) -> MessageStory | None:
    row = db.execute(_MESSAGE, (message_id, account_id)).get
    if row is None:
        recipient = db.execute(_RECIPIENT, (message_id, account_id)).get
        return pending_story(recipient) if recipient else None
    attempts = list(db.execute(_ATTEMPTS, (message_id, MOST)))
    story = message_story(row, attempts, list(db.execute(_RECEIPTS, (message_id, MOST))))
    return replace(story, files=tuple(lines(db, message_id))) if story.line.service is Service.MMS else story


def messages(db: apsw.Connection, account_id: int | None, wanted: Wanted) -> HistoryPage:
    until = recipients.runs(db).until if wanted.recipient else 0
    search = Search(wanted, spans(wanted, _bounds(db, wanted), until))
    while search.goes_on:
        missing = search.missing
        where = wanted.after is not None, search.bounds, search.keys
        if search.by_number:
            keys = recipients.found(db, account_id, wanted.recipient, *where)
        else:
            keys = _keys(db, account_id, *where)
        rows = db.execute(*lines_statement(wanted, _DIALECT, array(keys), missing))
        search.found(keys, [line(row) for row in rows])
    page = search.page(_accepted_at(db, search.last))
    ids = refundable(page)
    return refunded(page, dict(db.execute(_KEPT, (array(ids),)))) if ids else page


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
    since = id_at(db, wanted.since - _DISORDER) if wanted.since else None
    until = id_at(db, wanted.until + _DISORDER) if wanted.until else None
    bundle = db.execute(_BUNDLE, (wanted.bundle_id,)).get if wanted.bundle_id else None
    return between(wanted, since, until, bundle)


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
