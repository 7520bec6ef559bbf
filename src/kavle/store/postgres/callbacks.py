"""The calls that bring incoming messages to their customers: leases, what came of them, and replays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from kavle.model.callback import CallbackTry, Verdict
from kavle.model.incoming import IncomingState
from kavle.model.why import kept
from kavle.store.calling import LANES, LOST, Choice, Lane, ReadyCall, Round
from kavle.store.inbox import CallbackLeases, CallbackRequest
from kavle.store.postgres.rows import Db, Row, columns, read
from kavle.store.rows import JobState, to_ms

BATCH: Final = 500

_LANES: Final = """
WITH RECURSIVE lane (number) AS (   -- one seek a number, however many messages it has
  SELECT min(number) FROM callback WHERE state = 0 AND number > $1
  UNION ALL
  SELECT (SELECT min(c.number) FROM callback AS c WHERE c.state = 0 AND c.number > lane.number)
  FROM lane WHERE lane.number IS NOT NULL
), free AS MATERIALIZED (   -- a number of which some calls are under way waits for these
  SELECT number FROM lane WHERE number IS NOT NULL
    AND (SELECT l.state FROM callback AS l WHERE l.state = 1 AND l.number = lane.number LIMIT 1) IS NULL
  LIMIT $2
)
SELECT free.number, coalesce(n.account_id, 0), coalesce(n.host, ''),
  -- Only for a number whose MMS have an address of their own is it looked whether the first one is an MMS.
  coalesce(CASE WHEN n.mms_callback <> '' THEN (
    SELECT n.mms_callback FROM incoming AS m WHERE m.mms IS NOT NULL AND m.id = (
      SELECT min(f.incoming_id) FROM callback AS f WHERE f.state = 0 AND f.number = free.number)) END, '')
FROM free
LEFT JOIN LATERAL (
  SELECT account_id, host, settings::json ->> 'mms_callback' AS mms_callback
  FROM number WHERE msisdn = free.number LIMIT 1) AS n ON true
ORDER BY free.number
"""
_HOLD: Final = (
    # Two nodes may have chosen the same number; who comes second would skip the rows of the first and lease
    # those behind them. It leaves the number alone instead.
    "SELECT number FROM unnest($1::text[]) AS lane(number)"
    " WHERE pg_try_advisory_xact_lock(6, hashtext(number))"
)
_READY: Final = """
SELECT c.incoming_id, c.tries, c.round, c.number, coalesce(n.account_id, 0), coalesce(n.host, ''),
       coalesce(n.settings, ''), m.sender, b.text, m.received_at, m.mms,
       CASE WHEN m.mms IS NOT NULL THEN (
         SELECT json_agg(json_build_array(f.name, f.content_type, f.content_id, f.size) ORDER BY f.number)
         FROM file AS f WHERE f.message_id = m.id)::text END
FROM (
  SELECT call.* FROM unnest($1::text[]) AS lane(number)
  CROSS JOIN LATERAL (
    -- A number of which some calls are under way waits for these: so its messages keep their order.
    SELECT * FROM callback AS f WHERE f.state = 0 AND f.number = lane.number
      AND NOT EXISTS (SELECT FROM callback AS l WHERE l.state = 1 AND l.number = lane.number)
    ORDER BY f.incoming_id LIMIT $2 FOR UPDATE SKIP LOCKED
  ) AS call LIMIT $3
) AS c
JOIN incoming AS m ON m.id = c.incoming_id JOIN body AS b ON b.message_id = c.incoming_id
LEFT JOIN number AS n ON n.msisdn = c.number
"""
_TAKE: Final = (
    "UPDATE callback SET state = 1, due = $1, token = $2, tries = tries + 1, round = round + 1"
    " WHERE incoming_id = ANY($3::bigint[])"
)
_LEASED: Final = (
    # By key ("+ 0": never by an index of state).
    "SELECT incoming_id, token FROM callback WHERE incoming_id = ANY($1::bigint[]) AND state + 0 = 1"
    " ORDER BY incoming_id FOR UPDATE"
)
_TRY: Final = """
INSERT INTO callback_try (incoming_id, number, at, milliseconds, status, head, error)
SELECT * FROM unnest($1::bigint[], $2::int[], $3::bigint[], $4::int[], $5::smallint[], $6::text[], $7::text[])
"""
_AGAIN: Final = (
    "UPDATE callback AS c SET state = 2, due = one.due"
    " FROM unnest($1::bigint[], $2::bigint[]) AS one(id, due) WHERE c.incoming_id = one.id"
)
_UNTRIED: Final = (
    "UPDATE callback SET state = 0, tries = tries - 1, round = round - 1"
    " WHERE incoming_id = ANY($1::bigint[])"
)
_LOST: Final = "UPDATE callback SET state = 0, round = round - 1 WHERE incoming_id = ANY($1::bigint[])"
_READY_AGAIN: Final = "UPDATE callback SET state = 0 WHERE incoming_id = ANY($1::bigint[])"
_END: Final = "DELETE FROM callback WHERE incoming_id = ANY($1::bigint[])"
_STATE: Final = (
    "UPDATE incoming AS m SET state = $3, state_at = one.at"
    " FROM unnest($1::bigint[], $2::bigint[]) AS one(id, at) WHERE m.id = one.id"
)
_SOME_DUE: Final = (
    # The least is read off the index, whatever the planner thinks of how many are due.
    "SELECT min(due) FROM callback WHERE state = $1 AND state <> 0"
)
_DUE: Final = (
    # "state <> 0" is what makes the planner see that the partial index callback_due serves.
    "SELECT incoming_id, tries FROM callback WHERE state = $1 AND state <> 0 AND due <= $2"
    " ORDER BY due LIMIT $3 FOR UPDATE SKIP LOCKED"
)
_REPLAYABLE: Final = """
SELECT m.id, n.msisdn, n.account_id,
  (SELECT coalesce(max(t.number), 0) FROM callback_try AS t WHERE t.incoming_id = m.id)
FROM incoming AS m JOIN number AS n ON n.msisdn = m.recipient
WHERE m.id = ANY($1::bigint[]) AND (m.account_id IS NULL OR m.account_id = n.account_id)
  AND EXISTS (SELECT FROM body WHERE message_id = m.id)  -- else there is nothing left to be told
ORDER BY m.id
"""
_REPLAY: Final = """
INSERT INTO callback (incoming_id, number, state, tries, round, due, token)
SELECT id, number, 0, tries, 0, 0, 0
FROM unnest($1::bigint[], $2::text[], $3::int[]) AS one(id, number, tries)
-- What is being called just now stays as it is; what waits for its next try has it now.
ON CONFLICT (incoming_id) DO UPDATE SET state = 0, round = 0 WHERE callback.state = 2
"""
_OWN: Final = (
    "UPDATE incoming AS m SET account_id = one.account_id, state = 1, state_at = $3"
    " FROM unnest($1::bigint[], $2::bigint[]) AS one(id, account_id) WHERE m.id = one.id"
)


async def lanes(db: Db, after: str) -> list[Lane]:
    """The next `LANES` numbers that may be leased."""
    return await read(db, Lane, _LANES, after, LANES)


async def lease(
    db: Db, wanted: Sequence[tuple[CallbackRequest, Choice]]
) -> tuple[list[CallbackLeases], None]:
    return [await _lease(db, request, choice) for request, choice in wanted], None


async def _lease(db: Db, request: CallbackRequest, choice: Choice) -> CallbackLeases:
    held = [row[0] for row in await db.fetch(_HOLD, choice.numbers)]
    # A statement of its own: it sees what was committed before the locks were taken.
    round = Round(
        request, choice, await read(db, ReadyCall, _READY, sorted(held), request.each, request.room)
    )
    if round.orphans:
        await _end(db, [(id, to_ms(request.now)) for id in round.orphans], IncomingState.FAILED)
    if round.taken:
        ids = [row.incoming_id for row in round.taken]
        await db.execute(_TAKE, to_ms(request.until), request.token, ids)
    return round.leases


async def record(db: Db, batches: Sequence[Sequence[CallbackTry]]) -> tuple[list[int], None]:
    """For each batch how many counted: the others' leases have ended. Again it does no harm: then they
    have."""
    ids = [one.lease.incoming_id for batch in batches for one in batch]
    tokens = {row[0]: row[1] for row in await db.fetch(_LEASED, ids)}
    counted = [
        # Taken out: the same try again finds no lease.
        [one for one in batch if tokens.pop(one.lease.incoming_id, None) == one.lease.token]
        for batch in batches
    ]
    await _record(db, [one for batch in counted for one in batch])
    return [len(batch) for batch in counted], None


async def _record(db: Db, tries: Sequence[CallbackTry]) -> None:
    by: dict[Verdict, list[CallbackTry]] = {verdict: [] for verdict in Verdict}
    for one in tries:
        by[one.verdict].append(one)
    await _keep(db, [_row(one) for one in tries if one.verdict is not Verdict.UNTRIED])
    if again := by[Verdict.AGAIN]:
        rows = [(one.lease.incoming_id, to_ms(one.again_at or one.at)) for one in again]
        await db.execute(_AGAIN, *columns(rows, 2))
    if untried := by[Verdict.UNTRIED]:
        await db.execute(_UNTRIED, [one.lease.incoming_id for one in untried])
    for verdict, state in ((Verdict.DONE, IncomingState.DONE), (Verdict.FAILED, IncomingState.FAILED)):
        await _end(db, [(one.lease.incoming_id, to_ms(one.at)) for one in by[verdict]], state)


async def some_due(db: Db, state: JobState, now: int) -> bool:
    first: int | None = await db.fetchval(_SOME_DUE, int(state))
    return first is not None and first <= now


async def promote(db: Db, times: Sequence[datetime]) -> tuple[list[int], None]:
    """What is due is ready."""
    return [await _promote(db, to_ms(now)) for now in times], None


async def end_leases(db: Db, times: Sequence[datetime]) -> tuple[list[int], None]:
    """Calls that nobody told of in time are made again."""
    return [await _end_leases(db, to_ms(now)) for now in times], None


async def replay(db: Db, wanted: Sequence[tuple[Sequence[int], datetime]]) -> tuple[list[list[int]], None]:
    """Those that are being brought to their customers now. One that was nobody's is his whose number it has
    become."""
    return [await _replay(db, ids, to_ms(now)) for ids, now in wanted], None


async def _promote(db: Db, now: int) -> int:
    ids = [row[0] for row in await db.fetch(_DUE, int(JobState.WAITING), now, BATCH)]
    await db.execute(_READY_AGAIN, ids)
    return len(ids)


async def _end_leases(db: Db, now: int) -> int:
    ended = [tuple(row) for row in await db.fetch(_DUE, int(JobState.LEASED), now, BATCH)]
    await _keep(db, [(id, tries, now, 0, None, "", LOST) for id, tries in ended])
    await db.execute(_LOST, [id for id, _ in ended])
    return len(ended)


async def _replay(db: Db, ids: Sequence[int], now: int) -> list[int]:
    found = [tuple(row) for row in await db.fetch(_REPLAYABLE, list(ids))]
    await db.execute(_REPLAY, *columns([(id, number, tries) for id, number, _, tries in found], 3))
    await db.execute(_OWN, *columns([(id, account_id) for id, _, account_id, _ in found], 2), now)
    return [row[0] for row in found]


async def _keep(db: Db, rows: Sequence[Row]) -> None:
    if rows:
        await db.execute(_TRY, *columns(rows, 7))


async def _end(db: Db, ended: Iterable[tuple[int, int]], state: IncomingState) -> None:
    """(message, when) each: there are no more calls to make."""
    if rows := list(ended):
        await db.execute(_END, [id for id, _ in rows])
        await db.execute(_STATE, *columns(rows, 2), int(state))


def _row(one: CallbackTry) -> Row:
    lease = one.lease
    return (
        lease.incoming_id,
        lease.number,
        to_ms(one.at),
        one.milliseconds,
        one.status,
        one.head,
        kept(one.error),
    )
