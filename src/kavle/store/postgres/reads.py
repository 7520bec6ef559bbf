"""What is only read: statuses, stories, and the queue's state."""

from __future__ import annotations

from typing import Final

from kavle.model.status import Status
from kavle.store.postgres.rows import Db
from kavle.store.rows import from_ms
from kavle.store.story import assembled
from kavle.store.types import Queue, Story

_STATUS: Final = "SELECT status FROM message WHERE id = $1"
_MESSAGE: Final = "SELECT segments, accepted_at, status, status_at FROM message WHERE id = $1"
_OUTCOMES: Final = "SELECT at, number, status FROM segment WHERE message_id = $1 ORDER BY at, attempt"
_RECEIPTS: Final = (
    "SELECT at, number, status FROM receipt WHERE message_id = $1 AND status IS NOT NULL ORDER BY at, id"
)
_QUEUES: Final = (
    # Ids rise with time, but for a block of them on each node: the least one is old enough to be shown.
    "SELECT q.priority, q.messages, m.accepted_at FROM"
    " (SELECT priority, count(*) AS messages, min(message_id) AS oldest FROM job GROUP BY priority) AS q"
    " JOIN message AS m ON m.id = q.oldest"
)


async def status(db: Db, message_id: int) -> Status | None:
    found: int | None = await db.fetchval(_STATUS, message_id)
    return None if found is None else Status(found)


async def story(db: Db, message_id: int) -> Story | None:
    row = await db.fetchrow(_MESSAGE, message_id)
    if row is None:
        return None
    outcomes = await db.fetch(_OUTCOMES, message_id)
    return assembled(message_id, tuple(row), [*outcomes, *await db.fetch(_RECEIPTS, message_id)])


async def queues(db: Db) -> list[Queue]:
    return [Queue(priority, count, from_ms(oldest)) for priority, count, oldest in await db.fetch(_QUEUES)]
