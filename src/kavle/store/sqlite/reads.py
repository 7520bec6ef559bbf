"""What is only read: statuses, stories, and the queue's state."""

from __future__ import annotations

import apsw

from kavle.model.status import Status
from kavle.store.rows import from_ms
from kavle.store.story import assembled
from kavle.store.types import Queue, Story

_STATUS = "SELECT status FROM message WHERE id = ?"
_MESSAGE = "SELECT segments, accepted_at, status, status_at FROM message WHERE id = ?"
_OUTCOMES = "SELECT at, number, status FROM segment WHERE message_id = ? ORDER BY at, attempt"
_RECEIPTS = (
    "SELECT at, number, status FROM receipt WHERE message_id = ? AND status IS NOT NULL ORDER BY at, id"
)
_QUEUES = (
    # Ids rise with time, so the least id of a priority is its oldest message.
    "SELECT q.priority, q.messages, m.accepted_at FROM"
    " (SELECT priority, count(*) AS messages, min(message_id) AS oldest FROM job GROUP BY priority) AS q"
    " JOIN message AS m ON m.id = q.oldest"
)


def last_id(db: apsw.Connection) -> int:
    newest: int = db.execute("SELECT last_id FROM gateway").get
    return newest


def status(db: apsw.Connection, message_id: int) -> Status | None:
    found: int | None = db.execute(_STATUS, (message_id,)).get
    return None if found is None else Status(found)


def story(db: apsw.Connection, message_id: int) -> Story | None:
    row = db.execute(_MESSAGE, (message_id,)).get
    if row is None:
        return None
    rows = [*db.execute(_OUTCOMES, (message_id,)), *db.execute(_RECEIPTS, (message_id,))]
    return assembled(message_id, row, rows)


def queues(db: apsw.Connection) -> list[Queue]:
    return [Queue(priority, count, from_ms(oldest)) for priority, count, oldest in db.execute(_QUEUES)]
