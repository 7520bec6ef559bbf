"""What is only read: statuses, stories, times, owners, and the queue's state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import apsw

from kavle.model.account import Account
from kavle.model.status import Status
from kavle.store.bundling import Pending
from kavle.store.rows import from_ms
from kavle.store.sqlite import accounts
from kavle.store.sqlite.rows import Reader, array
from kavle.store.statuses import Asked, Known, told
from kavle.store.story import assembled
from kavle.store.types import Backlog, Counted, Queue, Story

STRETCH: Final = 10_000
"""Jobs of one stretch of a walk through the queue: 3 ms."""
MOST_LATE: Final = 500
"""Of these that may end in one transaction."""

_MESSAGE = "SELECT segments, accepted_at, status, status_at, due_at, carrier_id FROM message WHERE id = ?"
PART = (
    # Of the parts that begin there or before, the last one is the only one that can hold it.
    "FROM bundle_part AS p JOIN bundle AS b ON b.id = p.bundle_id"
    " WHERE p.first_id = (SELECT max(first_id) FROM bundle_part WHERE first_id <= ?1) AND p.last_id >= ?1"
)
_PENDING = (
    "SELECT p.recipients ->> ('$[' || (?1 - p.first_id) || '][1]'), b.accepted_at, b.due_at, b.cancelled_at"
    f" {PART} AND p.recipients IS NOT NULL"
)
_KNOWN = Reader(
    # One snapshot: what is made into a message meanwhile is one thing or the other.
    "SELECT json_group_array(json_array(one.value, m.status, m.service,"
    " p.recipients ->> ('$[' || (one.value - p.first_id) || '][1]'),"
    " b.accepted_at, b.due_at, b.cancelled_at))"
    " FROM json_each(?) AS one LEFT JOIN message AS m ON m.id = one.value"
    " LEFT JOIN bundle_part AS p ON p.recipients IS NOT NULL AND p.last_id >= one.value AND p.first_id ="
    "  iif(m.id IS NULL, (SELECT max(first_id) FROM bundle_part WHERE first_id <= one.value), NULL)"
    " LEFT JOIN bundle AS b ON b.id = p.bundle_id",
    Known,
)
_DUE = (
    "SELECT coalesce((SELECT due_at FROM message WHERE id = ?1), (SELECT due_at FROM bundle WHERE id = ?1),"  # noqa: S608
    f" (SELECT b.due_at {PART}))"
)
_OWNER = (
    "SELECT coalesce((SELECT account_id FROM message WHERE id = ?1),"  # noqa: S608 -- ours
    f" (SELECT account_id FROM bundle WHERE id = ?1), (SELECT b.account_id {PART}))"
)
_OUTCOMES = "SELECT at, number, status FROM segment WHERE message_id = ? ORDER BY at, attempt"
_RECEIPTS = (
    "SELECT at, iif(whole, 0, number), status FROM receipt"
    " WHERE message_id = ? AND status IS NOT NULL ORDER BY at, id"
)
_END = (
    "SELECT count(*), max(message_id) FROM"
    " (SELECT message_id FROM job WHERE message_id > ? ORDER BY message_id LIMIT ?)"
)
_LATE = (
    # What is held waits for its operator.
    "SELECT message_id FROM job WHERE message_id > ? AND message_id <= ? AND state NOT IN (1, 3)"
    " AND expires_at <= ? ORDER BY message_id LIMIT ?"
)
_QUEUES = (
    # Ids rise with time, so the least id of a priority is its oldest message. What is not due yet (waiting,
    # and never tried) is in no queue, nor is what is held.
    "SELECT q.priority, q.messages, coalesce(m.due_at, m.accepted_at) FROM"
    " (SELECT priority, count(*) AS messages, min(message_id) AS oldest FROM job"
    "  WHERE message_id > ? AND message_id <= ? AND state <> 3 AND (state <> 2 OR attempt > 0)"
    "  GROUP BY priority) AS q JOIN message AS m ON m.id = q.oldest"
)
_BACKLOG = (
    # As in the queues above.
    "SELECT c.name, q.priority, q.messages FROM"
    " (SELECT carrier_id, priority, count(*) AS messages FROM job"
    "  WHERE message_id > ? AND message_id <= ? AND state <> 3 AND (state <> 2 OR attempt > 0)"
    "  GROUP BY carrier_id, priority) AS q"
    " JOIN carrier AS c ON c.id = q.carrier_id"
)


def last_id(db: apsw.Connection) -> int:
    newest: int = db.execute("SELECT last_id FROM gateway").get
    return newest


def last_ids(db: apsw.Connection, askers: Sequence[None]) -> list[int]:
    """For each who asks at once."""
    return [last_id(db)] * len(askers)


def statuses(db: apsw.Connection, asked: Sequence[Asked]) -> list[Status | None]:
    return told(asked, _KNOWN(db, array({id for id, _ in asked})))


def story(db: apsw.Connection, message_id: int) -> Story | None:
    row = db.execute(_MESSAGE, (message_id,)).get
    if row is None:
        pending = _pending(db, message_id)
        return pending.story(message_id) if pending else None
    rows = [*db.execute(_OUTCOMES, (message_id,)), *db.execute(_RECEIPTS, (message_id,))]
    return assembled(message_id, row, rows)


def walk(db: apsw.Connection, now: int, after: int) -> tuple[list[Queue], list[int], int | None]:
    """Of a stretch of the queue: what there is by priority, the ids of those past their validity, and
    where to go on."""
    count, end = db.execute(_END, (after, STRETCH)).get
    if not count:
        return [], [], None
    late = [row[0] for row in db.execute(_LATE, (after, end, now, MOST_LATE))]
    more = count == STRETCH
    if len(late) == MOST_LATE:
        end, more = late[-1], True
    rows = db.execute(_QUEUES, (after, end))
    return [Queue(one, messages, from_ms(at)) for one, messages, at in rows], late, end if more else None


def backlog(db: apsw.Connection, after: int) -> Counted:
    count, end = db.execute(_END, (after, STRETCH)).get
    lines = [Backlog(*row) for row in db.execute(_BACKLOG, (after, end))] if count else []
    return Counted(lines, end if count == STRETCH else None)


def due(db: apsw.Connection, id: int) -> datetime | None:
    """Of a message or a bundle."""
    at: int | None = db.execute(_DUE, (id,)).get
    return None if at is None else from_ms(at)


def owner(db: apsw.Connection, id: int) -> Account | None:
    """Of a message or a bundle."""
    account_id: int | None = db.execute(_OWNER, (id,)).get
    return None if account_id is None else accounts.of(db, account_id)


def _pending(db: apsw.Connection, message_id: int) -> Pending | None:
    row = db.execute(_PENDING, (message_id,)).get
    return Pending(*row) if row else None
