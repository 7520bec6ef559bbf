"""Commit 3: what the network said of the segments that it was handed, and the end of their jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kavle.model.message import Accepted, Outcome
from kavle.store.job import ENOUGH, LEASE_ENDED, Job, JobRow
from kavle.store.matching import Waiting
from kavle.store.postgres import receipts, traffic
from kavle.store.postgres.accounts import Change, refund
from kavle.store.postgres.expire import hold_messages
from kavle.store.postgres.rows import NOTHING_TO_PROVE, Db, Proof, columns, read
from kavle.store.rows import Entry, SegmentOutcome
from kavle.store.work import Work

_DOUBTS: Final = (
    # Of hardly any job, and then by key.
    f"CASE WHEN j.unsure <> 0 AND j.attempt >= {ENOUGH} THEN ARRAY(SELECT s.number FROM segment AS s"  # noqa: S608 -- ours
    f" WHERE s.message_id = j.message_id AND s.outcome = {int(SegmentOutcome.UNSURE)}"
    f" AND s.error <> '{LEASE_ENDED}') ELSE '{{}}' END"
)
_JOBS: Final = (
    # By key, however old the statistics are: "+ 0" keeps the planner from job_due, good for state 1,
    # and which holds all that was ever leased while an old snapshot lives.
    "SELECT j.message_id, j.token, j.unsent, j.handed, j.unsure, j.attempt, m.account_id, j.carrier_id,"  # noqa: S608 -- ours
    " m.segments, m.segment_price, m.recipient, m.status, coalesce(m.bundle_id, m.id), c.hold, c.whole,"
    f" {_DOUBTS}"
    " FROM job AS j JOIN message AS m ON m.id = j.message_id JOIN carrier AS c ON c.id = j.carrier_id"
    " WHERE j.message_id = ANY($1::bigint[]) AND j.state + 0 = 1 ORDER BY j.message_id FOR UPDATE OF j"
)
_WRITE: Final = f"""
WITH tried AS (
  INSERT INTO segment (message_id, number, attempt, outcome, status, at, network_id, error)
  SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::int[], $4::smallint[], $5::smallint[], $6::bigint[],
                       $7::text[], $8::text[])
), open AS (
  INSERT INTO awaiting (domain, network_id, message_id, number, attempt, recipient, at)
  SELECT * FROM unnest($9::bigint[], $10::text[], $11::bigint[], $12::smallint[], $13::int[], $14::text[],
                       $15::bigint[])
), told AS (
  UPDATE message AS m SET status = one.status, status_at = one.at
  FROM unnest($16::bigint[], $17::smallint[], $18::bigint[]) AS one(id, status, at) WHERE m.id = one.id
  RETURNING m.account_id, m.carrier_id, m.status, m.status_at
), counted AS (
  {traffic.CHANGED}
), done AS (
  DELETE FROM job WHERE message_id = ANY($19::bigint[])
)
SELECT w.domain, w.network_id, w.recipient, w.status, w.at, w.raw, w.whole, w.id
FROM unnest($9::bigint[], $10::text[]) AS one(domain, network_id) JOIN waiting AS w USING (domain, network_id)
"""  # noqa: S608 -- ours
_NEXT: Final = (
    # A lease that goes on keeps its end.
    "UPDATE job AS j SET state = one.state, unsent = one.unsent, handed = one.handed, unsure = one.unsure,"
    " due = CASE one.state WHEN 1 THEN j.due ELSE one.due END, attempt = one.attempt,"
    " since = CASE one.state WHEN 0 THEN pg_current_xact_id() ELSE j.since END"
    " FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],"
    " $7::int[]) AS one(id, state, unsent, handed, unsure, due, attempt) WHERE j.message_id = one.id"
)
_NOTED: Final = (
    # With what it says: the end of the lease, on another node, leaves a row of the same attempt.
    "SELECT EXISTS (SELECT FROM segment WHERE message_id = $1 AND number = $2 AND attempt = $3"
    " AND outcome = $4 AND status = $5 AND at = $6)"
)


async def record(db: Db, batches: Sequence[Sequence[Outcome]]) -> tuple[list[int], Proof]:
    """For each batch, how many of its outcomes counted: those whose lease has ended meanwhile do not."""
    outcomes = [outcome for batch in batches for outcome in batch]
    named = {one.result.network_id for one in outcomes if isinstance(one.result, Accepted)}
    await receipts.hold_network_ids(db, named)
    work = Work(await _held_jobs(db, {outcome.lease.message_id for outcome in outcomes}))
    counted = [sum([work.note(outcome) for outcome in batch]) for batch in batches]
    await refund(db, await _write(db, work))
    if not work.segments:  # fenced off, or returned unsent: to be told so again does no harm
        return counted, NOTHING_TO_PROVE
    return counted, Proof(_NOTED, work.segments[0][:6])


async def end_leases(db: Db, ids: Sequence[int], now: int) -> tuple[int, list[Change]]:
    """Leases that ended without outcomes: their handed segments are Unsure, and held or sent again. How
    many, and the refunds that are to be posted."""
    work = Work([])
    for row in await _held_jobs(db, ids):
        work.lose(Job(row), now)
    refunds = await _write(db, work)
    return len(work.done) + len(work.left), refunds


async def _held_jobs(db: Db, ids: Sequence[int] | set[int]) -> list[JobRow]:
    """The leased ones of `ids`, locked. A message of several segments is locked too: a receipt for one may
    come while another is being sent."""
    rows = await read(db, JobRow, _JOBS, list(ids))
    long = [row for row in rows if row.total > 1]
    if long:
        statuses = await hold_messages(db, [row.id for row in long])
        for row in long:
            row.status = statuses[row.id]
    return rows


async def _write(db: Db, work: Work) -> list[Change]:
    """Everything but the refunds, which are handed back."""
    work.settle()
    found = await db.fetch(
        _WRITE,
        *columns(work.segments, 8),
        *columns(work.awaiting, 7),
        *columns(work.statuses, 3),
        work.done,
    )
    if work.left:
        await db.execute(_NEXT, *columns(work.left, 7))
    refunds = [
        Change(account_id, work.refunded_at, Entry.REFUND, amount, origin)
        for account_id, origin, amount in work.refunds
    ]
    if found:
        refunds += await receipts.match_waiting(db, [Waiting(*row) for row in found])
    if work.whole:
        refunds += await receipts.roll_up_taken(db, work.whole)
    return refunds
