"""Messages by their recipient, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from kavle.store.history import Bounds
from kavle.store.postgres.ids import STALE
from kavle.store.postgres.rows import Db
from kavle.store.recipients import RUN, Runs
from kavle.store.rows import PartWork, to_ms

SETTLED: Final = int(1000 * (STALE + 60))
"""Milliseconds. A node gives the ids of a block for STALE seconds, and commits them soon after."""

_RUNS: Final = "SELECT first, next FROM recipient_runs"
_HOLD: Final = f"{_RUNS} FOR UPDATE SKIP LOCKED"
_BEHIND: Final = "SELECT accepted_at FROM message WHERE id >= $1 ORDER BY id LIMIT 1"
_UNMADE: Final = (
    f"SELECT EXISTS (SELECT FROM bundle_part WHERE work = {int(PartWork.EXPAND)} AND work <> 0"  # noqa: S608
    " AND first_id < $1)"
)
_MAKE: Final = (
    "INSERT INTO recipient_run (run, recipient, account_id, message_id)"
    " SELECT $1, recipient, account_id, id FROM message WHERE id >= $2 AND id < $3 ORDER BY 2, 3, 4"
)
_MADE: Final = "UPDATE recipient_runs SET next = next + 1"
_DROP: Final = "DELETE FROM recipient_run WHERE run = $1"
_DROPPED: Final = "UPDATE recipient_runs SET first = first + 1"
_OLDEST: Final = "SELECT id FROM message ORDER BY id LIMIT 1"
_FORGET: Final = (
    "DELETE FROM recipient_run AS r USING message AS m WHERE m.id = ANY($1::bigint[]) AND r.run = m.id / $2"
    " AND r.recipient = m.recipient AND r.account_id = m.account_id AND r.message_id = m.id"
)
_FOUND: Final = """
SELECT r.message_id FROM generate_series($3::bigint, $4::bigint, $5::bigint) AS k(run)
CROSS JOIN LATERAL (
  SELECT message_id FROM recipient_run WHERE run = k.run AND recipient = $6 AND {whose}
    AND message_id > $1 AND message_id < $2 ORDER BY message_id {order} LIMIT $7
) AS r ORDER BY k.run {order}, r.message_id {order} LIMIT $7
"""


async def runs(db: Db) -> Runs:
    return Runs(*await db.fetchrow(_RUNS))


async def some_to_do(db: Db, now: int) -> bool:
    there = await runs(db)
    return await _settled(db, there, now) or await _outlived(db, there)


async def keep_runs(db: Db, times: Sequence[datetime]) -> tuple[list[bool], None]:
    """For each call make one run that is settled, or drop one whose messages are gone; whether there was one
    that no other node was just at."""
    return [await _keep(db, to_ms(now)) for now in times], None


async def _keep(db: Db, now: int) -> bool:
    held = await db.fetchrow(_HOLD)
    if held is None:
        return False
    there = Runs(*held)
    if await _outlived(db, there):
        await db.execute(_DROP, there.first)
        await db.execute(_DROPPED)
        return True
    if not await _settled(db, there, now):
        return False
    await db.execute(_MAKE, there.next, there.until, there.until + RUN)
    await db.execute(_MADE)
    return True


async def forget(db: Db, ids: Sequence[int]) -> None:
    """These messages are to be found no more; they are still there."""
    await db.execute(_FORGET, ids, RUN)


async def _settled(db: Db, there: Runs, now: int) -> bool:
    """A message behind it is so old that no node has ids of its blocks left, and those of bundles are
    messages."""
    end = there.until + RUN
    behind: int | None = await db.fetchval(_BEHIND, end)
    if behind is None or behind > now - SETTLED:
        return False
    return not await db.fetchval(_UNMADE, end)


async def _outlived(db: Db, there: Runs) -> bool:
    if there.first >= there.next:
        return False
    oldest: int | None = await db.fetchval(_OLDEST)
    return oldest is None or oldest >= (there.first + 1) * RUN


async def found(
    db: Db, account_id: int | None, recipient: str, forward: bool, bounds: Bounds, count: int
) -> list[int]:
    """The first `count` ids of messages to that recipient, in that direction."""
    there = (await runs(db)).between(bounds)
    if not there:
        return []
    first, last, step = (there[0], there[-1], 1) if forward else (there[-1], there[0], -1)
    whose = "$8::bigint IS NULL" if account_id is None else "account_id = $8"
    sql = _FOUND.format(whose=whose, order="ASC" if forward else "DESC")
    return [row[0] for row in await db.fetch(sql, *bounds, first, last, step, recipient, count, account_id)]
