"""What is not to be sent before its time: made ready when that has come, or cancelled until then.

Two nodes' clocks differ, and so what one makes ready another might cancel. A single message is safe by its
job's lock. For a whole bundle both take the lock of `schedule`, and what has once been due by anybody's clock
can't be cancelled by anybody's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from kavle.model.bundle import NOWHERE
from kavle.model.status import Status
from kavle.store.postgres import expire
from kavle.store.postgres.accounts import Change, refund
from kavle.store.postgres.bundles import Advanced, expand, hold_unexpanded
from kavle.store.postgres.rows import NOTHING_TO_PROVE, Db, Proof, columns
from kavle.store.rows import JobState, PartWork, to_ms
from kavle.store.types import Cancel

BATCH: Final = 2_000

_FIRST_DUE: Final = (
    # The least is read off the index, whatever the planner thinks of how many are due.
    f"SELECT min(due) FROM job WHERE state = {int(JobState.WAITING)} AND state <> 0"  # noqa: S608
)
_PROMOTED_UNTIL: Final = "UPDATE schedule SET promoted_until = greatest(promoted_until, $1) WHERE one = 1"
_DUE: Final = (
    # "state <> 0" is what makes the planner see that the partial index job_due serves.
    f"SELECT message_id, carrier_id FROM job WHERE state = {int(JobState.WAITING)} AND state <> 0"  # noqa: S608
    " AND due <= $1 ORDER BY due LIMIT $2 FOR UPDATE SKIP LOCKED"
)
_ANY_CANCELLED: Final = (
    f"SELECT EXISTS (SELECT FROM bundle_part WHERE work = {int(PartWork.CANCEL)} AND work <> 0)"  # noqa: S608
)
_OF_CANCELLED: Final = (
    "SELECT one.id FROM unnest($1::bigint[]) AS one(id) JOIN bundle_part AS p"  # noqa: S608 -- ours
    " ON p.first_id = (SELECT max(first_id) FROM bundle_part WHERE first_id <= one.id)"
    f" WHERE p.last_id >= one.id AND p.work = {int(PartWork.CANCEL)}"
)
_PROMOTE: Final = (
    "UPDATE job SET state = 0, since = pg_current_xact_id() WHERE message_id = ANY($1::bigint[])"
)
_CANCELLABLE: Final = f"""
SELECT m.account_id, j.message_id   -- one that was ever leased has been tried
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS one(account_id, id, now)
JOIN job AS j ON j.message_id = one.id JOIN message AS m ON m.id = j.message_id
LEFT JOIN bundle AS b ON b.id = m.bundle_id
WHERE m.account_id = one.account_id AND m.due_at > greatest(one.now, m.accepted_at)
  AND b.cancelled_at IS NULL AND j.state = {int(JobState.WAITING)} AND j.attempt = 0
ORDER BY j.message_id FOR UPDATE OF j
"""  # noqa: S608 -- a number of ours
_CANCELLED: Final = (
    "SELECT EXISTS (SELECT FROM message WHERE id = $1 AND status_at = $2"  # noqa: S608 -- a number of ours
    f" AND status = {int(Status.CANCELLED)})"
)
_HOLD_SCHEDULE: Final = "SELECT promoted_until FROM schedule WHERE one = 1 FOR UPDATE"
_CANCELLABLE_BUNDLES: Final = """
SELECT b.id, b.account_id FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS one(account_id, id, now)
JOIN bundle AS b ON b.id = one.id
WHERE b.account_id = one.account_id AND b.due_at > greatest(one.now, b.accepted_at, $4)
  AND b.cancelled_at IS NULL
"""
_HOLD_PARTS: Final = (
    "SELECT first_id FROM bundle_part WHERE bundle_id = ANY($1::bigint[]) ORDER BY first_id FOR UPDATE"
)
_FLAG: Final = f"""
WITH flagged AS (
  UPDATE bundle AS b SET cancelled_at = $2 WHERE b.id = ANY($1::bigint[]) AND EXISTS (
    SELECT FROM bundle_part AS p WHERE p.bundle_id = b.id AND CASE p.work
      WHEN {int(PartWork.EXPAND)} THEN EXISTS (
        SELECT FROM jsonb_array_elements(p.recipients) AS one WHERE (one ->> 1)::bigint <> {NOWHERE})
      ELSE EXISTS (
        SELECT FROM job AS j WHERE j.message_id BETWEEN p.first_id AND p.last_id
          AND j.state + 0 = {int(JobState.WAITING)} AND j.attempt = 0) END)
  RETURNING b.id
), parts AS (
  UPDATE bundle_part AS p SET work = {int(PartWork.CANCEL)} FROM flagged
  WHERE p.bundle_id = flagged.id AND p.work = {int(PartWork.NOTHING)}
)
SELECT id FROM flagged
"""  # noqa: S608 -- numbers of ours
_FLAGGED: Final = "SELECT EXISTS (SELECT FROM bundle WHERE id = $1 AND cancelled_at = $2)"


async def some_due(db: Db, now: int) -> bool:
    first: int | None = await db.fetchval(_FIRST_DUE)
    return first is not None and first <= now


async def promote(db: Db, times: Sequence[datetime]) -> tuple[list[Advanced], None]:
    """For each call, how many jobs were ready; those of cancelled bundles are ended instead."""
    refunds: list[Change] = []
    results = [await _promote(db, to_ms(now), refunds) for now in times]
    await refund(db, refunds)
    return results, None


async def _promote(db: Db, now: int, refunds: list[Change]) -> Advanced:
    await db.execute(_PROMOTED_UNTIL, now)
    due = {row[0]: row[1] for row in await db.fetch(_DUE, now, BATCH)}
    found = len(due)
    if await db.fetchval(_ANY_CANCELLED):
        cancelled = [row[0] for row in await db.fetch(_OF_CANCELLED, list(due))]
        refunds += await expire.cancel(db, cancelled, now)
        for id in cancelled:
            del due[id]
    await db.execute(_PROMOTE, list(due))
    return found, Counter(due.values())


async def cancel(db: Db, wanted: Sequence[Cancel]) -> tuple[list[bool], Proof]:
    """Whether each was a message of its account that nobody has begun to send."""
    now, refunds = max(to_ms(one.now) for one in wanted), list[Change]()
    for part in await hold_unexpanded(db, [(one.account_id, one.id) for one in wanted]):
        await expand(db, part, now, refunds)
    asked = [(one.account_id, one.id, to_ms(one.now)) for one in wanted]
    found = {(row[0], row[1]) for row in await db.fetch(_CANCELLABLE, *columns(asked, 3))}
    refunds += await expire.cancel(db, [id for _, id in found], now)
    await refund(db, refunds)
    one = next(iter(found), None)
    return _told(wanted, found), Proof(_CANCELLED, (one[1], now)) if one else NOTHING_TO_PROVE


async def cancel_bundle(db: Db, wanted: Sequence[Cancel]) -> tuple[list[bool], Proof]:
    """Whether each was a bundle of its account with messages that nobody has begun to send: these are ended
    by `advance`."""
    now = max(to_ms(one.now) for one in wanted)
    until: int = await db.fetchval(_HOLD_SCHEDULE)
    asked = [(one.account_id, one.id, to_ms(one.now)) for one in wanted]
    owners = {row[0]: row[1] for row in await db.fetch(_CANCELLABLE_BUNDLES, *columns(asked, 3), until)}
    if not owners:
        return [False] * len(wanted), NOTHING_TO_PROVE
    await db.fetch(_HOLD_PARTS, list(owners))
    flagged = [row[0] for row in await db.fetch(_FLAG, list(owners), now)]
    told = _told(wanted, {(owners[id], id) for id in flagged})
    return told, Proof(_FLAGGED, (flagged[0], now)) if flagged else NOTHING_TO_PROVE


def _told(wanted: Sequence[Cancel], done: set[tuple[int, int]]) -> list[bool]:
    """The first of several who ask for the same is told that it was done."""
    left = set(done)
    told = []
    for one in wanted:
        told.append((one.account_id, one.id) in left)
        left.discard((one.account_id, one.id))
    return told
