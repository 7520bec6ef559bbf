"""What is only read: statuses, stories, and the queue's state."""

from __future__ import annotations

from datetime import datetime

import apsw

from kavle.model.life import story as told
from kavle.model.status import Status
from kavle.store.rows import from_ms
from kavle.store.types import Queue, Story

Event = tuple[datetime, int, Status]

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
    segments, accepted_at, status, status_at = row
    past = told(segments, from_ms(accepted_at), _events(db, message_id))
    if past[-1][0] != status:  # ended by us, which leaves no segment behind
        past.append((Status(status), from_ms(status_at)))
    return Story(message_id, Status(status), past)


def _events(db: apsw.Connection, message_id: int) -> list[Event]:
    rows = [*db.execute(_OUTCOMES, (message_id,)), *db.execute(_RECEIPTS, (message_id,))]
    events = [(from_ms(at), number, Status(status)) for at, number, status in rows]
    return sorted(events, key=lambda event: event[0])


def queues(db: apsw.Connection) -> list[Queue]:
    return [Queue(priority, count, from_ms(oldest)) for priority, count, oldest in db.execute(_QUEUES)]
