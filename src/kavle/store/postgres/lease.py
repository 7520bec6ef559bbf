"""Commit 2: leases. A leased job's unsent segments are handed to the link in this very commit, so that a
lease that ends without their outcomes leaves them *Unsure*, never free."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kavle.model.message import LeasedMessage, Priority
from kavle.store.leasing import Candidate, leased, within
from kavle.store.postgres.accounts import Change, refund
from kavle.store.postgres.expire import expire
from kavle.store.postgres.front import Front
from kavle.store.postgres.ranges import Range
from kavle.store.postgres.rows import NOTHING_TO_PROVE, Db, Proof, columns, read
from kavle.store.rows import to_ms
from kavle.store.types import LeaseRequest

_READY: Final = """
WITH ready AS MATERIALIZED (   -- job_ready alone, in its order; what another node leases is passed over
  SELECT job.*
  FROM unnest($2::smallint[], $3::bigint[], $4::bigint[], $5::bigint[]) AS range(priority, low, high, most)
  CROSS JOIN LATERAL (
    SELECT message_id, unsent, attempt, expires_at, priority, tag FROM job
    WHERE carrier_id = $1 AND state = 0 AND priority = range.priority AND tag BETWEEN range.low AND range.high
    ORDER BY tag, message_id LIMIT range.most FOR UPDATE SKIP LOCKED
  ) AS job LIMIT $6
)
SELECT j.message_id, j.unsent, j.attempt, j.expires_at, m.recipient, m.sender, b.text, m.encoding, m.flash,
       m.priority, m.service
FROM ready AS j JOIN message AS m ON m.id = j.message_id
JOIN body AS b ON b.message_id = coalesce(m.bundle_id, m.id)
ORDER BY j.priority DESC, j.tag, j.message_id
"""
Look = tuple[int, int, int, int]
"""A range, and how many messages to look for in it."""
_TAKE: Final = (
    "UPDATE job SET state = 1, due = $1, token = $2, handed = unsent, attempt = attempt + 1"
    " WHERE message_id = ANY($3::bigint[])"
)
_TAKEN: Final = "SELECT EXISTS (SELECT FROM job WHERE message_id = $1 AND token = $2)"


class Leases:
    """For each request the next messages of that carrier, as `leasing.within` takes them. Those past their
    validity end here instead, as 43."""

    def __init__(self) -> None:
        self._front = Front()

    async def __call__(
        self, db: Db, wanted: Sequence[LeaseRequest]
    ) -> tuple[list[list[LeasedMessage]], Proof]:
        refunds: list[Change] = []
        # Before anything is changed: see there.
        ranges = [await self._front.look(db, request.carrier_id) for request in wanted]
        results = [
            await _lease(db, request, there, refunds) for request, there in zip(wanted, ranges, strict=True)
        ]
        await refund(db, refunds)
        one = next((message.lease for result in results for message in result), None)
        return results, Proof(_TAKEN, (one.message_id, one.token)) if one else NOTHING_TO_PROVE


async def _lease(
    db: Db, request: LeaseRequest, ranges: Sequence[Range], refunds: list[Change]
) -> list[LeasedMessage]:
    owed, whole = _owed(request, ranges), _whole(request, ranges)
    if not whole:
        return []
    most = request.room + sum(one[-1] for one in owed)
    found = await read(db, Candidate, _READY, request.carrier_id, *columns([*owed, *whole], 4), most)
    now = to_ms(request.now)
    late = [row.id for row in found if row.expires_at <= now]
    if late:
        refunds += (await expire(db, late, now))[1]
        found = [row for row in found if row.expires_at > now]
    taken = within(found, request)
    if taken:
        await db.execute(_TAKE, to_ms(request.until), request.token, [row.id for row in taken])
    return [leased(row, request.token) for row in taken]


def _owed(request: LeaseRequest, ranges: Sequence[Range]) -> list[Look]:
    """The beginnings of the queues of which something is owed; each may lie in any of its ranges."""
    return [(*one, request.owed[one.priority]) for one in ranges if one.priority in request.owed]


def _whole(request: LeaseRequest, ranges: Sequence[Range]) -> list[Look]:
    """As much as there is room for, in the queue's order."""
    most = dict.fromkeys(Priority, request.lower) | {int(Priority.URGENT): request.room}
    return [(*one, most[one.priority]) for one in ranges if most[one.priority]]
