"""MMS that phones send, each kept once, and the calls that they want."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from kavle.model.incoming import IncomingState
from kavle.model.mms import IncomingMms
from kavle.store.incoming_mms import DOUBLES_MS, digest, file_rows, said
from kavle.store.postgres import files
from kavle.store.postgres.ids import Ids
from kavle.store.postgres.incoming import BATCH, OWNERS, STORED
from kavle.store.postgres.rows import NOTHING_TO_PROVE, Db, Proof, Row, columns
from kavle.store.rows import to_ms

SEEN: Final = (
    # Of two nodes that are told the same, the second waits here for the first one's commit. In order by all.
    "INSERT INTO incoming_seen (digest, at)"
    " SELECT digest, at FROM unnest($1::bytea[], $2::bigint[]) AS one(digest, at) ORDER BY digest"
    " ON CONFLICT DO NOTHING RETURNING digest"
)
_INSERT: Final = """
WITH one AS MATERIALIZED (
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[],
                       $7::smallint[], $8::text[], $9::text[])
       AS one(id, account_id, carrier_id, sender, recipient, at, state, mms, text)
), kept AS (
  INSERT INTO incoming
    (id, account_id, carrier_id, sender, recipient, received_at, parts, got, state, state_at, mms)
  SELECT id, account_id, carrier_id, sender, recipient, at, 1, 1, state, at, mms FROM one
), bodies AS (
  INSERT INTO body (message_id, text) SELECT id, text FROM one
)
INSERT INTO callback (incoming_id, number, state, tries, round, due, token)
SELECT id, recipient, 0, 0, 0, 0, 0 FROM one WHERE account_id IS NOT NULL
"""
_OLD: Final = "SELECT digest FROM incoming_seen WHERE at < $1 ORDER BY at LIMIT $2"
_FORGET: Final = f"""
WITH old AS MATERIALIZED ({_OLD} FOR UPDATE SKIP LOCKED)
DELETE FROM incoming_seen AS seen USING old WHERE seen.digest = old.digest RETURNING 1
"""  # noqa: S608 -- ours


class TakeMms:
    def __init__(self, ids: Ids) -> None:
        self._ids = ids

    async def __call__(self, db: Db, messages: Sequence[IncomingMms]) -> tuple[list[bool], Proof]:
        """For each whether it is new."""
        fresh = await _fresh(db, messages)
        kept = [one for one, new in zip(messages, fresh, strict=True) if new]
        ids = await self._ids.take(len(kept))
        await _insert(db, list(zip(ids, kept, strict=True)))
        return fresh, Proof(STORED, (ids[0],)) if ids else NOTHING_TO_PROVE


async def some_old(db: Db, now: int) -> bool:
    return await db.fetchrow(_OLD, now - DOUBLES_MS, 1) is not None


async def forget(db: Db, times: Sequence[int]) -> tuple[list[int], None]:
    """What came so long ago that a double of it is none."""
    return [len(await db.fetch(_FORGET, now - DOUBLES_MS, BATCH)) for now in times], None


async def _fresh(db: Db, messages: Sequence[IncomingMms]) -> list[bool]:
    # 2.5 ms for each megabyte, and a message may have five.
    known = await asyncio.to_thread(lambda: [digest(one) for one in messages])
    seen = [(one, to_ms(message.at)) for one, message in zip(known, messages, strict=True) if one is not None]
    new = {row[0] for row in await db.fetch(SEEN, *columns(seen, 2))} if seen else set()
    fresh = []
    for one in known:
        fresh.append(one is None or one in new)
        new.discard(one)  # the same again in this very batch
    return fresh


async def _insert(db: Db, messages: Sequence[tuple[int, IncomingMms]]) -> None:
    if not messages:
        return
    found = await db.fetch(OWNERS, list({one.recipient for _, one in messages}))
    owners = {msisdn: account_id for msisdn, account_id, _ in found}
    rows: list[Row] = []
    for id, one in messages:
        account_id = owners.get(one.recipient)
        state = IncomingState.KEPT if account_id is None else IncomingState.WAITING
        told = one.carrier_id, one.sender, one.recipient, to_ms(one.at), int(state)
        rows.append((id, account_id, *told, said(one), one.subject))
    await db.execute(_INSERT, *columns(rows, 9))
    await files.insert(db, [row for id, one in messages for row in file_rows(id, one)])
