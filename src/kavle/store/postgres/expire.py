"""The end of messages that are not handed over: expired (43) or cancelled (12), and refunded but for the
segments that the network may have. And the locks that go with changing a message."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from kavle.model.status import FINAL, Status
from kavle.store.postgres import traffic
from kavle.store.postgres.accounts import Change
from kavle.store.postgres.rows import Db, columns
from kavle.store.rows import Entry

_UNSENT: Final = (
    # Leased ones too: a statement passes over, and does not wait for, one whose lease another is just ending.
    "SELECT j.message_id, j.unsent & ~j.unsure, m.account_id, m.segment_price, coalesce(m.bundle_id, m.id),"
    " j.state <> 1 FROM job AS j JOIN message AS m ON m.id = j.message_id"
    " WHERE j.message_id = ANY($1::bigint[]) ORDER BY j.message_id FOR UPDATE OF j"
)
_HOLD: Final = "SELECT id, status FROM message WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE"
_STATUS: Final = (
    "WITH told AS (UPDATE message AS m SET status = one.status, status_at = one.at"  # noqa: S608 -- ours
    " FROM unnest($1::bigint[], $2::smallint[], $3::bigint[]) AS one(id, status, at) WHERE m.id = one.id"
    f" RETURNING m.account_id, m.carrier_id, m.status, m.status_at) {traffic.CHANGED}"
)

Unsent = tuple[int, int, int, int, int]
"""A queued message: id, the mask of segments that no network can have, account, segment price, and the accept
that paid for it"""


async def hold_unsent(db: Db, ids: Collection[int]) -> list[Unsent]:
    """Lock those of `ids` that are queued and not leased.

    The order of all locks: the schedule, parts of bundles, network ids, jobs, messages, balances; each kind
    in ascending order, or not waited for at all."""
    return [tuple(row)[:5] for row in await db.fetch(_UNSENT, list(ids)) if row[5]]


async def hold_messages(db: Db, ids: Collection[int]) -> dict[int, Status]:
    """Lock messages, and read their statuses as they now are."""
    return {row[0]: Status(row[1]) for row in await db.fetch(_HOLD, list(ids))}


async def expire(db: Db, ids: Collection[int], now: int) -> tuple[int, list[Change]]:
    """End those of `ids` that are still queued and not leased: how many those were, and the refunds that
    are to be posted for them."""
    return await _end(db, ids, Status.EXPIRED, now)


async def cancel(db: Db, ids: Collection[int], now: int) -> list[Change]:
    """End messages of which nothing was ever handed over; the refunds that are to be posted."""
    return (await _end(db, ids, Status.CANCELLED, now))[1] if ids else []


async def _end(db: Db, ids: Collection[int], status: Status, now: int) -> tuple[int, list[Change]]:
    jobs = await hold_unsent(db, ids)
    if not jobs:
        return 0, []
    before = await hold_messages(db, [job[0] for job in jobs])
    await set_status(db, [(id, status, now) for id, was in before.items() if was not in FINAL])
    return len(jobs), await withdraw(db, jobs, now)


async def withdraw(db: Db, jobs: Sequence[Unsent], now: int) -> list[Change]:
    """Take held jobs out of the queue; the refunds for them."""
    await db.execute("DELETE FROM job WHERE message_id = ANY($1::bigint[])", [job[0] for job in jobs])
    return [
        Change(account_id, now, Entry.REFUND, unsent.bit_count() * price, origin)
        for _, unsent, account_id, price, origin in jobs
    ]


async def set_status(db: Db, changes: Sequence[tuple[int, int, int]]) -> None:
    """(message, status, when) each."""
    if changes:
        await db.execute(_STATUS, *columns(changes, 3))
