"""Bundles: accepted whole in one commit, with their recipients as they came; made into messages, or ended,
part by part, by whichever node comes first."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from kavle.model.bundle import NOWHERE, BundleDraft
from kavle.model.status import Status
from kavle.store.bundling import Part, PartColumns, parts
from kavle.store.funds import pay
from kavle.store.postgres import expire, traffic
from kavle.store.postgres.accept import FUNDS
from kavle.store.postgres.accounts import Change, post, refund
from kavle.store.postgres.ids import Ids
from kavle.store.postgres.rows import NOTHING_TO_PROVE, Db, Proof, Row, columns, read
from kavle.store.rows import Entry, JobState, PartWork, all_bits, to_ms

_BUNDLE: Final = """
WITH bodies AS (
  INSERT INTO body (message_id, text) VALUES ($1, $12)
)
INSERT INTO bundle (id, account_id, sender, encoding, segments, priority, accepted_at, expires_at, due_at,
                    tag_step, count)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_PARTS: Final = f"""
INSERT INTO bundle_part (first_id, last_id, tag, recipients, bundle_id, priority, work)
SELECT first_id, last_id, tag, recipients::jsonb, $5, $6, {int(PartWork.EXPAND)}
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[]) AS one(first_id, last_id, tag, recipients)
"""  # noqa: S608 -- a number of ours
_TAKE_BACK: Final = """
WITH bodies AS (DELETE FROM body WHERE message_id = $1),
     parts AS (DELETE FROM bundle_part WHERE bundle_id = $1)
DELETE FROM bundle WHERE id = $1
"""
_STORED: Final = "SELECT EXISTS (SELECT FROM bundle WHERE id = $1)"
_HEAD: Final = (
    "p.first_id, p.last_id, p.work, p.bundle_id, b.account_id, b.segments, b.accepted_at, b.due_at,"
    " b.cancelled_at"
)
_TAKE_PART: Final = (
    # What another node is at work on is passed over. Nothing of its bundle is read before it is locked: the
    # bundle may just have been cancelled.
    "SELECT first_id FROM bundle_part WHERE work <> 0"
    " ORDER BY work DESC, priority DESC, tag, first_id LIMIT 1 FOR UPDATE SKIP LOCKED"
)
_UNEXPANDED: Final = f"""
SELECT one.id, {_HEAD} FROM unnest($1::bigint[]) AS one(id)
JOIN bundle_part AS p ON p.first_id = (SELECT max(first_id) FROM bundle_part WHERE first_id <= one.id)
  AND p.last_id >= one.id AND p.work = {int(PartWork.EXPAND)}
JOIN bundle AS b ON b.id = p.bundle_id
"""  # noqa: S608 -- ours
_HOLD_PARTS: Final = (
    f"SELECT first_id FROM bundle_part WHERE first_id = ANY($1::bigint[]) AND work = {int(PartWork.EXPAND)}"  # noqa: S608
    " ORDER BY first_id FOR UPDATE"
)
_READ_PARTS: Final = (
    f"SELECT {_HEAD} FROM bundle_part AS p JOIN bundle AS b ON b.id = p.bundle_id"  # noqa: S608 -- ours
    " WHERE p.first_id = ANY($1::bigint[]) ORDER BY p.first_id"
)
_EXPAND: Final = f"""
WITH one AS MATERIALIZED (
  SELECT p.first_id + e.place - 1 AS id, (e.value ->> 1)::bigint AS carrier_id, e.value ->> 0 AS recipient,
         (e.value ->> 2)::bigint AS segment_price, p.tag + (e.place - 1) * b.tag_step AS tag, p.bundle_id,
         b.account_id, b.sender, b.encoding, b.priority, b.segments, b.accepted_at, b.expires_at, b.due_at
  FROM bundle_part AS p JOIN bundle AS b ON b.id = p.bundle_id
  CROSS JOIN LATERAL jsonb_array_elements(p.recipients) WITH ORDINALITY AS e(value, place)
  WHERE p.first_id = $1
), messages AS (
  INSERT INTO message (id, account_id, carrier_id, recipient, sender, encoding, flash, priority, segments,
                       segment_price, accepted_at, expires_at, status, status_at, due_at, bundle_id)
  SELECT id, account_id, carrier_id, recipient, sender, encoding, false, priority, segments,
         CASE carrier_id WHEN {NOWHERE} THEN 0 ELSE segment_price END, accepted_at, expires_at,
         CASE carrier_id WHEN {NOWHERE} THEN {int(Status.INVALID_NUMBER)} ELSE $2::smallint END,
         CASE carrier_id WHEN {NOWHERE} THEN accepted_at ELSE $3::bigint END, due_at, bundle_id
  FROM one
), jobs AS (          -- none for a cancelled bundle, whose state is null
  INSERT INTO job (message_id, carrier_id, priority, tag, state, unsent, handed, unsure, attempt, due, token,
                   expires_at)
  SELECT id, carrier_id, priority, tag, $4::smallint, $5, 0, 0, 0, coalesce(due_at, 0), 0, expires_at
  FROM one WHERE carrier_id <> {NOWHERE} AND $4::smallint IS NOT NULL
), counted AS (
  {traffic.ACCEPTED}
), emptied AS (
  UPDATE bundle_part SET work = {int(PartWork.NOTHING)}, recipients = NULL WHERE first_id = $1
)
SELECT carrier_id, count(*), sum(segments * segment_price)::bigint FROM one WHERE carrier_id <> {NOWHERE}
GROUP BY carrier_id
"""  # noqa: S608 -- numbers of ours
_NEVER_TRIED: Final = (
    "SELECT message_id FROM job WHERE message_id BETWEEN $1 AND $2"  # noqa: S608 -- a number of ours
    f" AND state + 0 = {int(JobState.WAITING)} AND attempt = 0 ORDER BY message_id FOR UPDATE"
)
_DONE: Final = f"UPDATE bundle_part SET work = {int(PartWork.NOTHING)} WHERE first_id = $1"  # noqa: S608
_SOME_WORK: Final = "SELECT max(work) FROM bundle_part WHERE work <> 0"  # read off the index
_FIRSTS: Final = "SELECT first_id FROM bundle_part WHERE bundle_id = $1 ORDER BY first_id"
_CARRIERS: Final = (
    "SELECT p.first_id + e.place - 1, (e.value ->> 1)::bigint FROM bundle_part AS p"
    " CROSS JOIN LATERAL jsonb_array_elements(p.recipients) WITH ORDINALITY AS e(value, place)"
    " WHERE p.first_id = $1 ORDER BY 1"
)
_STATUSES: Final = (
    "SELECT m.id, m.status FROM bundle_part AS p JOIN message AS m ON m.id BETWEEN p.first_id AND p.last_id"
    " WHERE p.first_id = $1 ORDER BY m.id"
)
_CANCELLING: Final = (
    "SELECT EXISTS (SELECT FROM bundle_part AS p JOIN bundle AS b ON b.id = p.bundle_id"
    " WHERE p.bundle_id = $1 AND p.work <> 0 AND b.cancelled_at IS NOT NULL)"
)

Advanced = tuple[int, Counter[int]]
"""Messages that were made or ended, and of them those that are ready, by carrier."""


class AcceptBundle:
    """As `Accept`: inserts first, then locks the account and debits it."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids

    async def __call__(self, db: Db, drafts: Sequence[BundleDraft]) -> tuple[list[int | None], Proof]:
        """The internal id of each bundle; None where its account's balance was too small for all of it."""
        self._ids.follow(db)
        results: list[int | None] = [None] * len(drafts)
        left: Sequence[int] = range(len(drafts))
        while left:
            left = await self._some(db, drafts, left, results)
        one = next((id for id in results if id is not None), None)
        return results, NOTHING_TO_PROVE if one is None else Proof(_STORED, (one,))

    async def _some(
        self, db: Db, drafts: Sequence[BundleDraft], left: Sequence[int], results: list[int | None]
    ) -> list[int]:
        """Work `left`, places in `drafts`, into `results`. Returns those whose accounts had meanwhile less
        than was read: these accounts are locked now, so that the next reading is the last."""
        wanted = list({drafts[place].account_id for place in left})
        funds = {row[0]: list(row) for row in await db.fetch(FUNDS, wanted)}
        stored: dict[int, int] = {}
        for place in left:
            fund = funds.get(drafts[place].account_id)
            told = pay(fund, drafts[place]) if fund else None
            if told is not None:
                stored[place] = await self._insert(db, drafts[place], *told[1:])
        if not stored:
            return []
        changes = [_debit(id, drafts[place]) for place, id in stored.items()]
        covered = await post(db, changes, {id: fund[3] for id, fund in funds.items()})
        for place, id in stored.items():
            if drafts[place].account_id in covered:
                results[place] = id
            else:
                await db.execute(_TAKE_BACK, id)
        return [place for place in stored if results[place] is None]

    async def _insert(self, db: Db, draft: BundleDraft, tag: int, step: int) -> int:
        id, *ids = await self._ids.take(1 + draft.count)
        await db.execute(_BUNDLE, *_row(id, draft, step))
        rows = await asyncio.to_thread(_parts, draft, ids, tag, step)
        await db.execute(_PARTS, *columns(rows, 4), id, draft.priority)
        return id


def _parts(draft: BundleDraft, ids: Sequence[int], tag: int, step: int) -> list[PartColumns]:
    return list(parts(draft, ids, tag, step))


def _row(id: int, draft: BundleDraft, step: int) -> Row:
    return (
        id,
        draft.account_id,
        draft.sender,
        int(draft.encoding),
        draft.segments,
        draft.priority,
        to_ms(draft.accepted_at),
        to_ms(draft.expires_at),
        None if draft.due is None else to_ms(draft.due),
        step,
        draft.count,
        draft.text,
    )


def _debit(id: int, draft: BundleDraft) -> Change:
    return Change(draft.account_id, to_ms(draft.accepted_at), Entry.DEBIT, -draft.price, id)


async def advance(db: Db, times: Sequence[datetime]) -> tuple[list[Advanced], None]:
    """For each call the messages of one part, made or ended; 0 when no part has work left."""
    refunds: list[Change] = []
    results = [await _advance(db, to_ms(now), refunds) for now in times]
    await refund(db, refunds)
    return results, None


async def _advance(db: Db, now: int, refunds: list[Change]) -> Advanced:
    first_id: int | None = await db.fetchval(_TAKE_PART)
    if first_id is None:
        return 0, Counter()
    (part,) = await read(db, Part, _READ_PARTS, [first_id])
    if part.work == PartWork.EXPAND:
        return part.size, await expand(db, part, now, refunds)
    waiting = [row[0] for row in await db.fetch(_NEVER_TRIED, part.first_id, part.last_id)]
    refunds += await expire.cancel(db, waiting, now)
    await db.execute(_DONE, part.first_id)
    return part.size, Counter()


async def expand(db: Db, part: Part, now: int, refunds: list[Change]) -> Counter[int]:
    """A part that is held: its recipients become messages with their jobs; those of a cancelled bundle end
    so, refunded. How many are ready, by carrier."""
    cancelled = part.cancelled_at is not None
    state = None if cancelled else int(JobState.WAITING if part.waits else JobState.READY)
    at = now if cancelled else part.accepted_at
    made = await db.fetch(_EXPAND, part.first_id, int(part.status), at, state, all_bits(part.segments))
    if cancelled:
        price = sum(row[2] for row in made)
        refunds.append(Change(part.account_id, now, Entry.REFUND, price, part.bundle_id))
    return Counter({row[0]: row[1] for row in made} if state == JobState.READY else {})


async def hold_unexpanded(db: Db, wanted: Sequence[tuple[int, int]]) -> list[Part]:
    """Lock the parts of cancellable bundles in which these (account, message) are still recipients."""
    rows = await db.fetch(_UNEXPANDED, [id for _, id in wanted])
    owners = {id: account_id for account_id, id in wanted}
    found = [(row[0], Part(*tuple(row)[1:])) for row in rows]
    firsts = {
        part.first_id
        for id, part in found
        if part.account_id == owners[id] and part.waits and part.cancelled_at is None
    }
    if not firsts:
        return []
    held = [row[0] for row in await db.fetch(_HOLD_PARTS, list(firsts))]
    return await read(db, Part, _READ_PARTS, held)


# --- reads ------------------------------------------------------------------------------------------------


async def some_work(db: Db) -> bool:
    return await db.fetchval(_SOME_WORK) is not None


async def firsts(db: Db, bundle_id: int) -> list[int] | None:
    """The first id of each of its parts; None for no bundle."""
    if not await db.fetchval("SELECT EXISTS (SELECT FROM bundle WHERE id = $1)", bundle_id):
        return None
    return [row[0] for row in await db.fetch(_FIRSTS, bundle_id)]


async def unexpanded(db: Db, first_id: int) -> Part | None:
    """The part that begins with this message, while its recipients are none of its messages yet."""
    (part,) = await read(db, Part, _READ_PARTS, [first_id])
    return part if part.work == PartWork.EXPAND else None


async def statuses(db: Db, first_id: int) -> list[tuple[int, Status]]:
    """Of each message of a part. Recipients first: they are none only once they are messages."""
    carriers = await db.fetch(_CARRIERS, first_id)
    if not carriers:
        return [(id, Status(status)) for id, status in await db.fetch(_STATUSES, first_id)]
    (part,) = await read(db, Part, _READ_PARTS, [first_id])
    return [
        (id, Status.INVALID_NUMBER if carrier_id == NOWHERE else part.status) for id, carrier_id in carriers
    ]


async def cancelling(db: Db, bundle_id: int) -> bool:
    return bool(await db.fetchval(_CANCELLING, bundle_id))
