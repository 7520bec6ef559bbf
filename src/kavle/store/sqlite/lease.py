"""Commit 2: leases. A leased job's unsent segments are handed to the link in this very commit, so that a
lease that ends without their outcomes leaves them *Unsure*, never free."""

from __future__ import annotations

from collections.abc import Sequence

import apsw

from kavle.model.message import LeasedMessage, Priority
from kavle.store.leasing import Candidate, leased, within
from kavle.store.rows import to_ms
from kavle.store.sqlite.expire import expire
from kavle.store.sqlite.rows import Reader, array
from kavle.store.types import LeaseRequest

_QUEUED = "SELECT message_id, unsent, attempt, expires_at FROM job WHERE carrier_id = ?1 AND state = 0"
_READY = Reader(
    # Each inner query reads the index job_ready alone, in its order, and stops at its limit: the whole queue,
    # and of each lower priority what it is owed.
    "SELECT json_group_array(json_array(j.message_id, j.unsent, j.attempt, j.expires_at, m.recipient,"  # noqa: S608
    " m.sender, b.text, m.encoding, iif(m.flash, json('true'), json('false')), m.priority, m.service))"
    f" FROM (SELECT * FROM ({_QUEUED} AND priority >= ?2"
    "                       ORDER BY priority DESC, tag, message_id LIMIT ?3)"
    f" UNION ALL SELECT * FROM ({_QUEUED} AND priority = 2 ORDER BY tag, message_id LIMIT ?4)"
    f" UNION ALL SELECT * FROM ({_QUEUED} AND priority = 1 ORDER BY tag, message_id LIMIT ?5)) AS j"
    " CROSS JOIN message AS m ON m.id = j.message_id"
    " CROSS JOIN body AS b ON b.message_id = coalesce(m.bundle_id, m.id)",
    Candidate,
)
_TAKE = (
    "UPDATE job SET state = 1, due = ?, token = ?, handed = unsent, attempt = attempt + 1"
    " WHERE message_id IN (SELECT value FROM json_each(?))"
)


def lease(db: apsw.Connection, wanted: Sequence[LeaseRequest]) -> list[list[LeasedMessage]]:
    """For each request the next messages of that carrier, as `leasing.within` takes them. Those past their
    validity end here instead, as 43."""
    return [_lease(db, request) for request in wanted]


def _lease(db: apsw.Connection, request: LeaseRequest) -> list[LeasedMessage]:
    least = min(Priority) if request.lower else Priority.URGENT
    owed = [request.owed.get(priority, 0) for priority in (Priority.NORMAL, Priority.BULK)]
    found = _READY(db, request.carrier_id, int(least), request.room, *owed)
    now = to_ms(request.now)
    late = [row.id for row in found if row.expires_at <= now]
    if late:
        expire(db, late, now)
        found = [row for row in found if row.expires_at > now]
    taken = within(found, request)
    if taken:
        ids = array(row.id for row in taken)
        db.execute(_TAKE, (to_ms(request.until), request.token, ids))
    return [leased(row, request.token) for row in taken]
