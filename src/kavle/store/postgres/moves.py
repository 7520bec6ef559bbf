"""Ready jobs on their way from one carrier's queue into another's. Several nodes may be at it: what one has
just locked, to move or to lease it, the others pass over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kavle.store.postgres.rows import Db, columns, read
from kavle.store.rows import all_bits
from kavle.store.types import Move, Queued, QueuePage

_PAGE: Final = """
WITH page AS MATERIALIZED (   -- job_ready alone, in its order
  SELECT message_id, tag, unsent FROM job
  WHERE carrier_id = $1 AND state = 0 AND priority = $2 AND (tag, message_id) > ($3, $4)
  ORDER BY tag, message_id LIMIT $5
)
SELECT j.message_id, j.tag, m.recipient, m.sender, b.text, m.encoding, m.segments,
       j.unsent = (1::bigint << m.segments) - 1, m.service
FROM page AS j JOIN message AS m ON m.id = j.message_id
JOIN body AS b ON b.message_id = coalesce(m.bundle_id, m.id) ORDER BY j.tag, j.message_id
"""
_HOLD: Final = (
    # By key, however old the statistics are ("+ 0": not by job_ready). Still ready, and all of it.
    "SELECT j.message_id FROM unnest($2::bigint[], $3::bigint[]) AS one(id, unsent)"
    " JOIN job AS j ON j.message_id = one.id WHERE j.carrier_id = $1 AND j.state + 0 = 0"
    " AND j.unsent = one.unsent ORDER BY j.message_id FOR UPDATE OF j SKIP LOCKED"
)
_MOVE: Final = (
    # Stamped, since it becomes ready in that queue: docs/adr/0012.
    "UPDATE job SET carrier_id = $1, since = pg_current_xact_id() WHERE message_id = ANY($2::bigint[])"
)


async def queued(db: Db, page: QueuePage) -> list[Queued]:
    return await read(db, Queued, _PAGE, page.carrier_id, page.priority, *page.after, page.limit)


async def move(db: Db, moves: Sequence[Move]) -> tuple[list[int], None]:
    """For each, how many: those that are still ready, and to be sent whole."""
    return [await _move(db, one) for one in moves], None


async def _move(db: Db, one: Move) -> int:
    jobs = [(id, all_bits(segments)) for id, segments in one.jobs]
    held = [row[0] for row in await db.fetch(_HOLD, one.source, *columns(jobs, 2))]
    if held:
        await db.execute(_MOVE, one.target, held)
    return len(held)
