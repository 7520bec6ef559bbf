"""Ready jobs on their way from one carrier's queue into another's."""

from __future__ import annotations

from collections.abc import Sequence

import apsw

from kavle.store.rows import all_bits
from kavle.store.sqlite.rows import Reader, array
from kavle.store.types import Move, Queued, QueuePage

_PAGE = Reader(
    # The inner query reads the index job_ready alone, in its order, and stops at its limit.
    "SELECT json_group_array(json_array(j.message_id, j.tag, m.recipient, m.sender, b.text, m.encoding,"
    " m.segments, iif(j.unsent = (1 << m.segments) - 1, json('true'), json('false')), m.service))"
    " FROM (SELECT message_id, tag, unsent FROM job WHERE carrier_id = ? AND state = 0"
    "       AND priority = ? AND (tag, message_id) > (?, ?) ORDER BY tag, message_id LIMIT ?) AS j"
    " CROSS JOIN message AS m ON m.id = j.message_id"
    " CROSS JOIN body AS b ON b.message_id = coalesce(m.bundle_id, m.id)",
    Queued,
)
_MOVE = (
    # By key: "+" keeps SQLite from reading all that is ready.
    "UPDATE job SET carrier_id = ? FROM json_each(?) AS one WHERE message_id = one.value ->> 0"
    " AND +carrier_id = ? AND +state = 0 AND unsent = one.value ->> 1"
)


def queued(db: apsw.Connection, page: QueuePage) -> list[Queued]:
    return _PAGE(db, page.carrier_id, page.priority, *page.after, page.limit)


def move(db: apsw.Connection, moves: Sequence[Move]) -> list[int]:
    """For each, how many: those that are still ready, and to be sent whole."""
    return [_move(db, one) for one in moves]


def _move(db: apsw.Connection, one: Move) -> int:
    jobs = array((id, all_bits(segments)) for id, segments in one.jobs)
    db.execute(_MOVE, (one.target, jobs, one.source))
    return db.changes()
