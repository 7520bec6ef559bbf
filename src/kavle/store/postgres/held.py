"""Messages that wait for an operator: the network may have some of their segments, or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kavle.model.status import FINAL, NOT_SENT, Status
from kavle.store.postgres.accounts import Change, refund
from kavle.store.postgres.bell import CHANNEL, URGENT
from kavle.store.postgres.expire import hold_messages, set_status, withdraw
from kavle.store.postgres.rows import Db
from kavle.store.rows import from_ms, numbers, to_ms
from kavle.store.types import Decision, HeldLine, HeldPage, Verdict

_LIST: Final = (
    # "state <> 0" is what makes the planner see that the partial index job_due serves.
    "SELECT j.message_id, a.name, c.name, m.recipient, j.unsure & ~j.unsent, m.segments, j.due"
    " FROM job AS j JOIN message AS m ON m.id = j.message_id JOIN account AS a ON a.id = m.account_id"
    " JOIN carrier AS c ON c.id = j.carrier_id"
    " WHERE j.state = 3 AND j.state <> 0 AND j.due >= $1 AND (j.due, j.message_id) > ($1, $2)"
    " AND c.name = coalesce($3, c.name) ORDER BY j.due, j.message_id LIMIT $4"
)
_COUNTS: Final = (
    "SELECT c.name, count(*) FROM job AS j JOIN carrier AS c ON c.id = j.carrier_id"
    " WHERE j.state = 3 AND j.state <> 0 GROUP BY c.id"
)
_HELD: Final = (
    # By key ("+ 0": never by job_due). The segments to be refunded where the verdict is that no network took
    # them.
    "SELECT j.message_id, j.unsure & ~j.unsent, m.account_id, m.segment_price, coalesce(m.bundle_id, m.id)"
    " FROM job AS j JOIN message AS m ON m.id = j.message_id"
    " WHERE j.message_id = ANY($1::bigint[]) AND j.state + 0 = 3 ORDER BY j.message_id FOR UPDATE OF j"
)
_RELEASE: Final = (
    # They stay unsure: whatever becomes of them now, the first try may have got through. But what was held
    # before its time, in a copy that was put back, had no first try; and it goes on waiting for its time.
    "UPDATE job AS j SET unsent = j.unsent | j.unsure,"
    " unsure = CASE WHEN m.due_at > j.due THEN 0 ELSE j.unsure END,"
    " state = CASE WHEN m.due_at > $2 THEN 2 ELSE 0 END,"
    " due = CASE WHEN m.due_at > $2 THEN m.due_at ELSE j.due END, since = pg_current_xact_id()"
    " FROM message AS m WHERE m.id = j.message_id AND j.message_id = ANY($1::bigint[])"
)
_CANCELLED: Final = (
    "SELECT m.id FROM message AS m JOIN bundle AS b ON b.id = m.bundle_id"
    " WHERE m.id = ANY($1::bigint[]) AND b.cancelled_at IS NOT NULL"
)
_CALL: Final = (
    # Within the transaction: it is rare, and a command has ended before its bell would ring.
    "SELECT pg_notify($2, carrier_id || CASE max(priority) WHEN 3 THEN $3 ELSE '' END)"
    " FROM job WHERE message_id = ANY($1::bigint[]) AND state + 0 = 0 GROUP BY carrier_id"
)


async def listing(db: Db, page: HeldPage) -> list[HeldLine]:
    since, message_id = page.after
    rows = await db.fetch(_LIST, to_ms(since), message_id, page.carrier, page.limit)
    return [
        HeldLine(id, account, carrier, recipient, tuple(numbers(held)), total, from_ms(at))
        for id, account, carrier, recipient, held, total, at in rows
    ]


async def counts(db: Db) -> dict[str, int]:
    return {row[0]: row[1] for row in await db.fetch(_COUNTS)}


async def decide(db: Db, wanted: Sequence[Decision]) -> tuple[list[list[int]], None]:
    """For each decision the messages that it was carried out on: those that were still held."""
    refunds: list[Change] = []
    results = [await _decide(db, one, refunds) for one in wanted]
    await refund(db, refunds)
    return results, None


async def _decide(db: Db, decision: Decision, refunds: list[Change]) -> list[int]:
    jobs = [tuple(row) for row in await db.fetch(_HELD, list(decision.ids))]
    ids = [job[0] for job in jobs]
    if decision.verdict is Verdict.RELEASE:
        ended = {row[0] for row in await db.fetch(_CANCELLED, ids)}
        ids = [id for id in ids if id not in ended]
        await db.execute(_RELEASE, ids, to_ms(decision.now))
        await db.execute(_CALL, ids, CHANNEL, URGENT)
        return ids
    now = to_ms(decision.now)
    before = await hold_messages(db, ids)
    owed = await withdraw(db, jobs, now)
    if decision.verdict is Verdict.FAIL:
        failed = [(id, Status.NETWORK_FAILED, now) for id, was in before.items() if was not in FINAL]
        await set_status(db, failed)
        refunds += owed
    else:  # what was held in a copy that was put back does not show as 21 yet
        await set_status(db, [(id, Status.IN_NETWORK, now) for id, was in before.items() if was in NOT_SENT])
    return ids
