"""Incoming messages: parts kept until the others are there, messages and the calls that they want."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final
from zlib import crc32

import msgspec

from kavle.model.incoming import IncomingState, Piece
from kavle.model.stop import says_stop
from kavle.store.assembly import DOUBLES_MS, Assembly, Fate, Key, PartRow, Whole
from kavle.store.inbox import PartWait, Taken
from kavle.store.postgres.ids import Ids
from kavle.store.postgres.rows import NOTHING_TO_PROVE, Db, Proof, Row, columns
from kavle.store.rows import to_ms

BATCH: Final = 500
_LOCKS: Final = 2048
"""Locks on messages that are being put together are so many at most, as those on network ids."""

_HOLD: Final = (
    # The inner query's order is the order of the calls: a sorted subquery is not merged into the outer one.
    "SELECT pg_advisory_xact_lock(5, place)"
    " FROM (SELECT place FROM unnest($1::int[]) AS place ORDER BY place) AS sorted"
)
_KEYS: Final = (
    "unnest($1::text[], $2::text[], $3::bigint[], $4::int[], $5::smallint[])"
    " AS one(sender, recipient, carrier_id, reference, total)"
)
_KEYED: Final = (
    "p.sender = one.sender AND p.recipient = one.recipient AND p.carrier_id = one.carrier_id"
    " AND p.reference = one.reference AND p.total = one.total"
)
_PARTS: Final = (
    "SELECT p.sender, p.recipient, p.carrier_id, p.reference, p.total, p.number, p.received_at,"  # noqa: S608
    f" p.incoming_id, p.text FROM {_KEYS} JOIN incoming_part AS p ON {_KEYED}"
)
_GONE: Final = f"DELETE FROM incoming_part AS p USING {_KEYS} WHERE {_KEYED}"  # noqa: S608 -- ours
_MARK: Final = f"""
UPDATE incoming_part AS p SET incoming_id = one.id
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::int[], $5::smallint[], $6::bigint[])
     AS one(sender, recipient, carrier_id, reference, total, id) WHERE {_KEYED}
"""  # noqa: S608 -- ours
_KEEP: Final = """
INSERT INTO incoming_part
  (sender, recipient, carrier_id, reference, total, number, received_at, incoming_id, text)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::int[], $5::smallint[], $6::smallint[],
                     $7::bigint[], $8::bigint[], $9::bytea[])
"""
OWNERS: Final = (
    "SELECT n.msisdn, n.account_id, coalesce((a.settings::jsonb ->> 'stop_list')::bool, false)"
    " FROM number AS n JOIN account AS a ON a.id = n.account_id WHERE n.msisdn = ANY($1::text[])"
)
_INSERT: Final = """
WITH one AS MATERIALIZED (
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[],
                       $7::smallint[], $8::smallint[], $9::smallint[], $10::text[])
       AS one(id, account_id, carrier_id, sender, recipient, received_at, parts, got, state, text)
), kept AS (
  INSERT INTO incoming
    (id, account_id, carrier_id, sender, recipient, received_at, parts, got, state, state_at)
  SELECT id, account_id, carrier_id, sender, recipient, received_at, parts, got, state, $11::bigint FROM one
), bodies AS (
  INSERT INTO body (message_id, text) SELECT id, text FROM one
)
INSERT INTO callback (incoming_id, number, state, tries, round, due, token)
SELECT id, recipient, 0, 0, 0, 0, 0 FROM one WHERE account_id IS NOT NULL
"""
_STOP: Final = """
INSERT INTO stop (account_id, msisdn, at) SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[])
ON CONFLICT DO NOTHING
"""
_LATE: Final = """
SELECT DISTINCT sender, recipient, carrier_id, reference, total FROM (
  SELECT * FROM incoming_part WHERE incoming_id IS NULL AND received_at < $1
  ORDER BY received_at LIMIT $2) AS late
"""
_NEWER: Final = (
    "SELECT received_at FROM incoming_part WHERE incoming_id IS NULL"
    " ORDER BY received_at DESC LIMIT 1 OFFSET $1"
)
_OLD: Final = (
    "SELECT sender, recipient, carrier_id, reference, total, number FROM incoming_part"
    " WHERE incoming_id IS NOT NULL AND received_at < $1 ORDER BY received_at LIMIT $2"
)
_FORGET: Final = f"""
WITH old AS MATERIALIZED ({_OLD} FOR UPDATE SKIP LOCKED)
DELETE FROM incoming_part AS p USING old AS one WHERE {_KEYED} AND p.number = one.number
  AND p.incoming_id IS NOT NULL AND p.received_at < $1
RETURNING 1
"""  # noqa: S608 -- ours
STORED: Final = "SELECT EXISTS (SELECT FROM incoming WHERE id = $1)"
_KEPT: Final = (
    "SELECT EXISTS (SELECT FROM incoming_part WHERE sender = $1 AND recipient = $2 AND carrier_id = $3"
    " AND reference = $4 AND total = $5 AND number = $6 AND received_at = $7)"
)


class Take:
    def __init__(self, ids: Ids) -> None:
        self._ids = ids

    async def __call__(self, db: Db, batches: Sequence[Sequence[Piece]]) -> tuple[list[Taken], Proof]:
        """For each batch what it came to."""
        keys = {key for batch in batches for key in _keys(batch)}
        await _hold(db, keys)
        assembly = Assembly(await _parts(db, keys))
        fates = [[assembly.take(piece) for piece in batch] for batch in batches]
        latest = max((to_ms(piece.at) for batch in batches for piece in batch), default=0)
        proof = await _write(db, self._ids, assembly, latest)
        return [Taken(told.count(Fate.WHOLE), told.count(Fate.DOUBLE)) for told in fates], proof


class EndParts:
    def __init__(self, ids: Ids) -> None:
        self._ids = ids

    async def __call__(
        self, db: Db, wanted: Sequence[tuple[Sequence[Key], int]]
    ) -> tuple[list[int], Proof | None]:
        """For each, how many messages came to be of parts alone. Again it does no harm: they have ended."""
        counts = []
        await _hold(db, {key for keys, _ in wanted for key in keys})
        for keys, now in wanted:
            assembly = Assembly(await _parts(db, keys))
            assembly.end()
            counts.append(len(assembly.wholes))
            await _write(db, self._ids, assembly, now)
        return counts, None


async def late(db: Db, wait: PartWait) -> list[Key]:
    """Keys of messages whose missing parts are waited for no longer."""
    newer: int | None = await db.fetchval(_NEWER, wait.most)
    before = max(to_ms(wait.before), 0 if newer is None else newer + 1)
    return [tuple(row) for row in await db.fetch(_LATE, before, BATCH)]


async def some_old(db: Db, now: int) -> bool:
    return await db.fetchrow(_OLD, now - DOUBLES_MS, 1) is not None


async def forget_parts(db: Db, times: Sequence[int]) -> tuple[list[int], None]:
    """Parts of messages that were whole so long ago that a double of them is none."""
    return [len(await db.fetch(_FORGET, now - DOUBLES_MS, BATCH)) for now in times], None


def _keys(batch: Iterable[Piece]) -> Iterable[Key]:
    for one in batch:
        if one.total > 1:
            yield one.sender, one.recipient, one.carrier_id, one.reference, one.total


async def _hold(db: Db, keys: Collection[Key]) -> None:
    """Two nodes may be told parts of one message at once, and neither would see the other's: so who looks at
    a message's parts has this lock, taken in order by all."""
    if keys:
        await db.execute(_HOLD, list({crc32(repr(key).encode()) % _LOCKS for key in keys}))


async def _parts(db: Db, keys: Collection[Key]) -> list[PartRow]:
    if not keys:
        return []
    return [PartRow(*row) for row in await db.fetch(_PARTS, *columns(keys, 5))]


async def _write(db: Db, ids: Ids, assembly: Assembly, now: int) -> Proof:
    wholes = assembly.wholes
    for one, id in zip(wholes, await ids.take(len(wholes)), strict=True):
        one.id = id
    await _insert(db, wholes, now)
    if assembly.gone:
        await db.execute(_GONE, *columns(assembly.gone, 5))
    marked = [(*key, id) for key, id in assembly.marked]
    if marked:
        await db.execute(_MARK, *columns(marked, 6))
    fresh = assembly.fresh
    if fresh:
        await db.execute(_KEEP, *columns([msgspec.structs.astuple(row) for row in fresh], 9))
    if wholes:
        return Proof(STORED, (wholes[0].id,))
    return Proof(_KEPT, (*fresh[0].key, fresh[0].number, fresh[0].received_at)) if fresh else NOTHING_TO_PROVE


async def _insert(db: Db, wholes: Sequence[Whole], now: int) -> None:
    if not wholes:
        return
    found = await db.fetch(OWNERS, list({one.recipient for one in wholes}))
    owners = {msisdn: (account_id, stop_list) for msisdn, account_id, stop_list in found}
    rows: list[Row] = []
    stops: list[Row] = []
    for one in wholes:
        account_id, stop_list = owners.get(one.recipient, (None, False))
        state = IncomingState.KEPT if account_id is None else IncomingState.WAITING
        told = one.carrier_id, one.sender, one.recipient, one.received_at, one.total, one.got
        rows.append((one.id, account_id, *told, int(state), one.text))
        if stop_list and says_stop(one.text):
            stops.append((account_id, one.sender, now))
    await db.execute(_INSERT, *columns(rows, 10), now)
    if stops:
        await db.execute(_STOP, *columns(sorted(stops), 3))
