"""Commit 4: delivery receipts, kept as they came, matched to their segment or left waiting for it, and
rolled up into the message's status."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final
from zlib import crc32

import msgspec

from kavle.model.life import rolled_up, rolled_up_whole
from kavle.model.message import Receipt
from kavle.model.status import FAILED, FINAL, Status
from kavle.store.matching import Incoming, Match, Place, Waiting, incoming, kept
from kavle.store.postgres.accounts import Change, refund
from kavle.store.postgres.expire import hold_messages, hold_unsent, set_status, withdraw
from kavle.store.postgres.rows import NOTHING_TO_PROVE, Db, Proof, columns, read

_LOCKS: Final = 2048
"""Locks on network ids are so many at most, on all nodes together: the server's table of locks has 6,400
places by default, and a batch may bring a thousand ids."""

_HOLD: Final = (
    # The inner query's order is the order of the calls: a sorted subquery is not merged into the outer one.
    "SELECT pg_advisory_xact_lock(4, place)"
    " FROM (SELECT place FROM unnest($1::int[]) AS place ORDER BY place) AS sorted"
)
_PLACES: Final = """
SELECT a.domain, a.network_id, a.message_id, a.number, a.attempt, a.recipient, a.at, m.segments, m.status
FROM unnest($1::bigint[], $2::text[]) AS one(domain, network_id)
JOIN awaiting AS a USING (domain, network_id) JOIN message AS m ON m.id = a.message_id
"""
_KEEP: Final = """
WITH kept AS (
  INSERT INTO receipt (message_id, number, attempt, status, at, raw, whole)
  SELECT message_id, number, attempt, status, at, raw, whole
  FROM unnest($1::bigint[], $2::smallint[], $3::int[], $4::smallint[], $5::bigint[], $6::text[], $7::bool[])
       WITH ORDINALITY AS one(message_id, number, attempt, status, at, raw, whole, place) ORDER BY place
), settled AS (
  DELETE FROM awaiting AS a
  USING unnest($8::bigint[], $9::text[], $10::bigint[], $11::smallint[], $12::int[])
        AS one(domain, network_id, message_id, number, attempt)
  WHERE a.domain = one.domain AND a.network_id = one.network_id AND a.message_id = one.message_id
    AND a.number = one.number AND a.attempt = one.attempt
)
INSERT INTO waiting (domain, network_id, recipient, status, at, raw, whole)
SELECT * FROM unnest($13::bigint[], $14::text[], $15::text[], $16::smallint[], $17::bigint[], $18::text[],
                     $19::bool[])
"""
_SETTLE_WHOLE: Final = """
DELETE FROM awaiting AS a USING (
  SELECT w.domain, w.network_id, w.message_id, w.number, w.attempt
  FROM unnest($1::bigint[], $2::bigint[]) AS one(domain, message_id)
  JOIN segment AS s ON s.message_id = one.message_id AND s.outcome = 1
  JOIN awaiting AS w ON w.domain = one.domain AND w.network_id = s.network_id
    AND w.message_id = s.message_id AND w.number = s.number AND w.attempt = s.attempt
  FOR UPDATE OF w SKIP LOCKED   -- whom another receipt is about goes with that
) AS gone
WHERE a.domain = gone.domain AND a.network_id = gone.network_id AND a.message_id = gone.message_id
  AND a.number = gone.number AND a.attempt = gone.attempt
"""
_TAKEN_WHOLE: Final = (
    "SELECT m.id FROM message AS m WHERE m.id = ANY($1::bigint[]) AND m.status = 21 AND EXISTS"
    " (SELECT FROM receipt AS r WHERE r.message_id = m.id AND r.whole AND r.status = 22)"
)
_SEGMENTS: Final = """
SELECT id, number, status FROM (   -- that the network took them, and then what their receipts said for good
  SELECT message_id AS id, number, status, 0 AS later FROM segment
  WHERE message_id = ANY($1::bigint[]) AND outcome = 1
  UNION ALL
  SELECT message_id, number, status, 1 FROM receipt
  WHERE message_id = ANY($1::bigint[]) AND status NOT IN (10, 11, 21)
) AS told ORDER BY later
"""
_KEPT: Final = (
    "SELECT EXISTS (SELECT FROM receipt WHERE message_id = $1 AND number = $2 AND attempt = $3 AND at = $4"
    " AND raw = $5)"
)
_WAITS: Final = (
    "SELECT EXISTS (SELECT FROM waiting WHERE domain = $1 AND network_id = $2 AND at = $3 AND raw = $4)"
)


class _Open(Place, frozen=True):
    """An open segment, and of its message what tells whether a receipt is the last word."""

    total: int
    status: int


async def receive(db: Db, batches: Sequence[Sequence[Receipt]]) -> tuple[list[int], Proof]:
    """For each batch, how many of its receipts matched a segment; the others are kept waiting."""
    rows = [[incoming(receipt) for receipt in batch] for batch in batches]
    await hold_network_ids(db, {row.network_id for batch in rows for row in batch})
    match = Match(await _places(db, (row for batch in rows for row in batch)))
    missed = [[row for row in batch if not match.take(row)] for batch in rows]
    left = [row for batch in missed for row in batch]
    await refund(db, await _apply(db, match, left))
    counted = [len(batch) - len(missed) for batch, missed in zip(rows, missed, strict=True)]
    return counted, _proof(match, left)


async def match_waiting(db: Db, rows: Sequence[Waiting]) -> list[Change]:
    """Match receipts that came before the response to their submit; the refunds that are to be posted."""
    match = Match(await _places(db, rows))
    ids = [row.id for row in rows if match.take(row)]
    await db.execute("DELETE FROM waiting WHERE id = ANY($1::bigint[])", ids)
    return await _apply(db, match, [])


async def hold_network_ids(db: Db, network_ids: Collection[str]) -> None:
    """Outcome and receipt may be committed by two nodes at once, and neither would see the other: so both
    take this lock before they look. By the id alone, since an outcome does not yet know its domain."""
    if network_ids:
        places = {crc32(network_id.encode()) % _LOCKS for network_id in network_ids}
        await db.execute(_HOLD, list(places))


def _proof(match: Match, left: Sequence[Incoming]) -> Proof:
    if match.matched:
        place, row = match.matched[0]
        return Proof(_KEPT, (place.message_id, place.number, place.attempt, row.at, kept(place, row)))
    if left:
        return Proof(_WAITS, (left[0].domain, left[0].network_id, left[0].at, left[0].raw))
    return NOTHING_TO_PROVE


async def _places(db: Db, rows: Iterable[Incoming]) -> list[_Open]:
    keys = {(row.domain, row.network_id) for row in rows}
    return await read(db, _Open, _PLACES, *columns(keys, 2))


async def _apply(db: Db, match: Match, left: Sequence[Incoming]) -> list[Change]:
    """Keep what matched with its segment and what is left waiting; the refunds that are to be posted."""
    matched = [
        (at.message_id, at.number, at.attempt, row.status, row.at, kept(at, row), row.whole)
        for at, row in match.matched
    ]
    final = [(place, row) for place, row in match.matched if row.status in FINAL]
    settled = [(at.domain, at.network_id, at.message_id, at.number, at.attempt) for at, _ in final]
    waiting = [msgspec.structs.astuple(row) for row in left]
    await db.execute(_KEEP, *columns(matched, 7), *columns(settled, 5), *columns(waiting, 7))
    whole = [(at.domain, at.message_id) for at, row in final if row.whole]
    if whole:
        await db.execute(_SETTLE_WHOLE, *columns(whole, 2))
    return await _roll_up(db, final) if final else []


async def _roll_up(db: Db, final: Sequence[tuple[Place, Incoming]]) -> list[Change]:
    """`final`: segments and their last receipt."""
    changes: list[tuple[int, int, int]] = []
    long: dict[int, tuple[int, Incoming]] = {}
    for place, row in final:
        if not isinstance(place, _Open) or row.status is None:
            continue
        if place.total > 1:
            long[place.message_id] = place.total, row
        elif place.status not in FINAL:
            # A message of one segment is what its receipt says: no need to read that back.
            changes.append((place.message_id, row.status, row.at))
    refunds = await _roll_up_long(db, long, changes) if long else []
    await set_status(db, changes)
    return refunds


async def _roll_up_long(
    db: Db, latest: dict[int, tuple[int, Incoming]], changes: list[tuple[int, int, int]]
) -> list[Change]:
    queued = await hold_unsent(db, latest)
    before = await hold_messages(db, latest)
    segments = await _segments(db, latest)
    ended = set()
    for id, (total, row) in latest.items():
        if row.whole and row.status is not None:
            after = rolled_up_whole(before[id], Status(row.status))
        else:
            after = rolled_up(total, segments[id].values(), before[id])
        if after is not before[id]:
            changes.append((id, after, row.at))
            if after in FAILED or row.whole:
                ended.add(id)
    # Segments that still wait to be sent, or for an operator, would be of no use.
    useless = [job for job in queued if job[0] in ended]
    return await withdraw(db, useless, max(row.at for _, row in latest.values())) if useless else []


async def roll_up_taken(db: Db, since: Mapping[int, int]) -> list[Change]:
    """Messages that are held and that the network has all of, and since when: those that it said before to be
    delivered as a whole are. The refunds that are to be posted."""
    ids = [row[0] for row in await db.fetch(_TAKEN_WHOLE, list(since))]
    if not ids:
        return []
    await set_status(db, [(id, Status.DELIVERED, since[id]) for id in ids])
    return await withdraw(db, await hold_unsent(db, ids), max(since[id] for id in ids))


async def _segments(db: Db, ids: Collection[int]) -> dict[int, dict[int, Status]]:
    """The status of each segment that has one."""
    found: dict[int, dict[int, Status]] = {id: {} for id in ids}
    for id, number, status in await db.fetch(_SEGMENTS, list(ids)):
        found[id][number] = Status(status)
    return found
