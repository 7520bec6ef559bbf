"""What is only read: statuses, stories, times, owners, and the queue's state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from kavle.model.account import Account
from kavle.model.status import Status
from kavle.store.bundling import Pending
from kavle.store.postgres import accounts
from kavle.store.postgres.rows import Db, read
from kavle.store.rows import from_ms
from kavle.store.statuses import Asked, Known, told
from kavle.store.story import assembled
from kavle.store.types import Backlog, Counted, Queue, Story

STRETCH: Final = 10_000
"""Jobs of one stretch of a walk through the queue: 3 ms."""
MOST_LATE: Final = 500
"""Of these that may end in one transaction."""

_MESSAGE: Final = (
    "SELECT segments, accepted_at, status, status_at, due_at, carrier_id FROM message WHERE id = $1"
)
PART: Final = (
    # Of the parts that begin there or before, the last one is the only one that can hold it.
    "FROM bundle_part AS p JOIN bundle AS b ON b.id = p.bundle_id"
    " WHERE p.first_id = (SELECT max(first_id) FROM bundle_part WHERE first_id <= $1) AND p.last_id >= $1"
)
_PENDING: Final = (
    "SELECT (p.recipients -> ($1 - p.first_id)::int ->> 1)::bigint, b.accepted_at, b.due_at, b.cancelled_at"
    f" {PART} AND p.recipients IS NOT NULL"
)
_KNOWN: Final = """
SELECT one.id, m.status, m.service, p.carrier_id, p.accepted_at, p.due_at, p.cancelled_at
FROM unnest($1::bigint[]) AS one(id)
LEFT JOIN LATERAL (SELECT status, service FROM message WHERE id = one.id OFFSET 0) AS m ON true
LEFT JOIN LATERAL (
  SELECT (p.recipients -> (one.id - p.first_id)::int ->> 1)::bigint AS carrier_id, b.accepted_at, b.due_at,
         b.cancelled_at
  FROM bundle_part AS p JOIN bundle AS b ON b.id = p.bundle_id
  WHERE m.status IS NULL AND p.last_id >= one.id AND p.recipients IS NOT NULL
    AND p.first_id = (SELECT max(first_id) FROM bundle_part WHERE first_id <= one.id) OFFSET 0
) AS p ON true
"""  # by key, whatever the planner takes the tables to hold; and in one snapshot
_DUE: Final = (
    "SELECT coalesce((SELECT due_at FROM message WHERE id = $1), (SELECT due_at FROM bundle WHERE id = $1),"  # noqa: S608
    f" (SELECT b.due_at {PART}))"
)
_OWNER: Final = (
    "SELECT coalesce((SELECT account_id FROM message WHERE id = $1),"  # noqa: S608 -- ours
    f" (SELECT account_id FROM bundle WHERE id = $1), (SELECT b.account_id {PART}))"
)
_OUTCOMES: Final = "SELECT at, number, status FROM segment WHERE message_id = $1 ORDER BY at, attempt"
_RECEIPTS: Final = (
    "SELECT at, CASE WHEN whole THEN 0 ELSE number END, status FROM receipt"
    " WHERE message_id = $1 AND status IS NOT NULL ORDER BY at, id"
)
_END: Final = (
    "SELECT count(*), max(message_id) FROM"
    " (SELECT message_id FROM job WHERE message_id > $1 ORDER BY message_id LIMIT $2) AS stretch"
)
_LATE: Final = (
    # What is held waits for its operator.
    "SELECT message_id FROM job WHERE message_id > $1 AND message_id <= $2 AND state NOT IN (1, 3)"
    " AND expires_at <= $3 ORDER BY message_id LIMIT $4"
)
_QUEUES: Final = (
    # Ids rise with time, but for a block of them on each node: the least one is old enough to be shown. What
    # is not due yet (waiting, and never tried) is in no queue, nor is what is held.
    "SELECT q.priority, q.messages, coalesce(m.due_at, m.accepted_at) FROM"
    " (SELECT priority, count(*) AS messages, min(message_id) AS oldest FROM job"
    "  WHERE message_id > $1 AND message_id <= $2 AND state <> 3 AND (state <> 2 OR attempt > 0)"
    "  GROUP BY priority) AS q JOIN message AS m ON m.id = q.oldest"
)
_BACKLOG: Final = (
    # As in the queues above.
    "SELECT c.name, q.priority, q.messages FROM"
    " (SELECT carrier_id, priority, count(*) AS messages FROM job"
    "  WHERE message_id > $1 AND message_id <= $2 AND state <> 3 AND (state <> 2 OR attempt > 0)"
    "  GROUP BY carrier_id, priority) AS q"
    " JOIN carrier AS c ON c.id = q.carrier_id"
)


async def statuses(db: Db, asked: Sequence[Asked]) -> list[Status | None]:
    return told(asked, await read(db, Known, _KNOWN, list({id for id, _ in asked})))


async def story(db: Db, message_id: int) -> Story | None:
    row = await db.fetchrow(_MESSAGE, message_id)
    if row is None:
        pending = await _pending(db, message_id)
        return pending.story(message_id) if pending else None
    outcomes = await db.fetch(_OUTCOMES, message_id)
    return assembled(message_id, tuple(row), [*outcomes, *await db.fetch(_RECEIPTS, message_id)])


async def walk(db: Db, now: int, after: int) -> tuple[list[Queue], list[int], int | None]:
    """Of a stretch of the queue: what there is by priority, the ids of those past their validity, and
    where to go on."""
    count, end = await db.fetchrow(_END, after, STRETCH)
    if not count:
        return [], [], None
    late = [row[0] for row in await db.fetch(_LATE, after, end, now, MOST_LATE)]
    more = count == STRETCH
    if len(late) == MOST_LATE:
        end, more = late[-1], True
    rows = await db.fetch(_QUEUES, after, end)
    return [Queue(one, messages, from_ms(at)) for one, messages, at in rows], late, end if more else None


async def backlog(db: Db, after: int) -> Counted:
    count, end = await db.fetchrow(_END, after, STRETCH)
    lines = [Backlog(*row) for row in await db.fetch(_BACKLOG, after, end)] if count else []
    return Counted(lines, end if count == STRETCH else None)


async def due(db: Db, id: int) -> datetime | None:
    """Of a message or a bundle."""
    at: int | None = await db.fetchval(_DUE, id)
    return None if at is None else from_ms(at)


async def owner(db: Db, id: int) -> Account | None:
    """Of a message or a bundle."""
    account_id: int | None = await db.fetchval(_OWNER, id)
    return None if account_id is None else await accounts.of(db, account_id)


async def _pending(db: Db, message_id: int) -> Pending | None:
    row = await db.fetchrow(_PENDING, message_id)
    return Pending(*row) if row else None
