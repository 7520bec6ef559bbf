"""All that one phone number has, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from kavle.store.persons import TAIL, Ending, Erasing, Erasures, Loose, fingerprint
from kavle.store.postgres.connection import Link
from kavle.store.postgres.handed import MakeLane, Read
from kavle.store.postgres.recipients import forget
from kavle.store.postgres.rows import Db
from kavle.store.rows import PartWork, from_ms, to_ms

_IDS: Final = "ANY($1::bigint[])"
_QUEUED: Final = f"SELECT message_id FROM job WHERE message_id = {_IDS}"  # noqa: S608 -- ours
_FILES: Final = f"SELECT count(*) FROM file WHERE message_id = {_IDS}"  # noqa: S608 -- ours
_PARTS: Final = "SELECT count(*) FROM incoming_part WHERE sender = $1 AND incoming_id IS NULL"
_BUNDLES: Final = (
    # By the index of what is to be done: only what was just accepted has recipients that are no messages.
    f"SELECT DISTINCT bundle_id FROM bundle_part AS p WHERE work = {int(PartWork.EXPAND)} AND work <> 0"  # noqa: S608
    " AND EXISTS (SELECT FROM jsonb_array_elements(p.recipients) AS one WHERE one ->> 0 = $1)"
)
_STOPS: Final = (
    "SELECT a.name, s.at FROM account AS a JOIN stop AS s ON s.account_id = a.id AND s.msisdn = $1"
    " ORDER BY a.name"
)
_SENT: Final = (
    f"SELECT m.id, m.bundle_id FROM message AS m WHERE m.id = {_IDS} AND m.recipient = $2"  # noqa: S608 -- ours
    " AND NOT EXISTS (SELECT FROM job WHERE message_id = m.id)"
)
_RECEIVED: Final = (
    f"SELECT m.id FROM incoming AS m WHERE m.id = {_IDS} AND m.sender = $2"  # noqa: S608 -- ours
    " AND NOT EXISTS (SELECT FROM callback WHERE incoming_id = m.id)"
)
_AWAITING: Final = (
    "UPDATE awaiting AS a SET recipient = '' FROM segment AS s CROSS JOIN carrier AS c"  # noqa: S608 -- ours
    f" WHERE s.message_id = {_IDS} AND a.domain = c.id AND a.network_id = s.network_id"
    " AND a.message_id = s.message_id AND a.number = s.number AND a.attempt = s.attempt"
)
_OF_SENT: Final = (
    f"UPDATE receipt SET raw = '' WHERE message_id = {_IDS}",  # noqa: S608 -- ours
    f"UPDATE segment SET error = NULL WHERE message_id = {_IDS}",  # noqa: S608 -- ours
    f"DELETE FROM file WHERE message_id = {_IDS}",  # noqa: S608 -- ours
    f"DELETE FROM body WHERE message_id = {_IDS}",  # noqa: S608 -- ours
    f"UPDATE message SET recipient = '' WHERE id = {_IDS}",  # noqa: S608 -- ours
)
_BUNDLE_TEXTS: Final = (
    f"DELETE FROM body WHERE message_id = {_IDS} AND NOT EXISTS"  # noqa: S608 -- ours
    " (SELECT FROM bundle_part AS p WHERE p.bundle_id = body.message_id AND (p.recipients IS NOT NULL OR"
    "  EXISTS (SELECT FROM message AS m WHERE m.id BETWEEN p.first_id AND p.last_id AND m.recipient <> '')))"
)
_OF_RECEIVED: Final = (
    f"DELETE FROM file WHERE message_id = {_IDS}",  # noqa: S608 -- ours
    f"DELETE FROM body WHERE message_id = {_IDS}",  # noqa: S608 -- ours
    f"UPDATE callback_try SET head = '', error = NULL WHERE incoming_id = {_IDS}",  # noqa: S608 -- ours
    f"UPDATE incoming SET sender = '' WHERE id = {_IDS}",  # noqa: S608 -- ours
)
_PARTS_DONE: Final = "DELETE FROM incoming_part WHERE sender = $1 AND incoming_id IS NOT NULL"
_WAITING: Final = (
    "UPDATE waiting SET recipient = '', raw = ''"
    " WHERE recipient <> '' AND right(recipient, $1) = right($2, $1)"
)
_UNSTOP: Final = (
    "WITH gone AS (DELETE FROM stop AS s USING account AS a WHERE s.account_id = a.id AND s.msisdn = $1"
    " RETURNING true) SELECT count(*) FROM gone"
)
_NOTE: Final = (
    "INSERT INTO erasure (digest, at) VALUES ($1, $2) ON CONFLICT (digest) DO UPDATE SET at = excluded.at"
)


class PostgresPersons:
    """Part of a `PostgresStore`, on its connections."""

    def __init__(self, lane: MakeLane, rare: Link, read: Read, key: bytes) -> None:
        self._read = read
        self._key = key
        self._erase = lane(rare, _erase)
        self._end = lane(rare, _end)

    async def queued(self, ids: Sequence[int]) -> list[int]:
        return await self._read(_queued, ids)

    async def loose(self, number: str) -> Loose:
        return await self._read(_loose, number)

    async def files(self, ids: Sequence[int]) -> int:
        return await self._read(_files, ids)

    async def stops(self, number: str) -> list[tuple[str, datetime]]:
        return await self._read(_stops, number)

    async def erase(self, one: Erasing) -> int:
        return await self._erase.call(one)

    async def end(self, one: Ending) -> int:
        return await self._end.call((one, fingerprint(self._key, one.number)))

    async def erased_at(self, number: str) -> datetime | None:
        return await self._read(_erased_at, fingerprint(self._key, number))

    async def erasures(self) -> Erasures:
        return await self._read(_erasures)


async def _queued(db: Db, ids: Sequence[int]) -> list[int]:
    return [row[0] for row in await db.fetch(_QUEUED, list(ids))]


async def _loose(db: Db, number: str) -> Loose:
    parts: int = await db.fetchval(_PARTS, number)
    return Loose(parts, [row[0] for row in await db.fetch(_BUNDLES, number)])


async def _files(db: Db, ids: Sequence[int]) -> int:
    found: int = await db.fetchval(_FILES, list(ids))
    return found


async def _stops(db: Db, number: str) -> list[tuple[str, datetime]]:
    return [(name, from_ms(at)) for name, at in await db.fetch(_STOPS, number)]


async def _erase(db: Db, wanted: Sequence[Erasing]) -> tuple[list[int], None]:
    return [await _erase_sent(db, one) + await _erase_received(db, one) for one in wanted], None


async def _erase_sent(db: Db, one: Erasing) -> int:
    rows = [tuple(row) for row in await db.fetch(_SENT, list(one.sent), one.number)]
    ids = [row[0] for row in rows]
    await forget(db, ids)
    await db.execute(_AWAITING, ids)
    for sql in _OF_SENT:
        await db.execute(sql, ids)
    await db.execute(_BUNDLE_TEXTS, list({bundle_id for _, bundle_id in rows if bundle_id is not None}))
    return len(ids)


async def _erase_received(db: Db, one: Erasing) -> int:
    ids = [row[0] for row in await db.fetch(_RECEIVED, list(one.received), one.number)]
    for sql in _OF_RECEIVED:
        await db.execute(sql, ids)
    return len(ids)


async def _end(db: Db, wanted: Sequence[tuple[Ending, bytes]]) -> tuple[list[int], None]:
    return [await _end_one(db, one, digest) for one, digest in wanted], None


async def _end_one(db: Db, one: Ending, digest: bytes) -> int:
    await db.execute(_PARTS_DONE, one.number)
    await db.execute(_WAITING, TAIL, one.number)
    gone: int = await db.fetchval(_UNSTOP, one.number) if one.stops else 0
    await db.execute(_NOTE, digest, to_ms(one.at))
    return gone


async def _erased_at(db: Db, digest: bytes) -> datetime | None:
    at: int | None = await db.fetchval("SELECT at FROM erasure WHERE digest = $1", digest)
    return None if at is None else from_ms(at)


async def _erasures(db: Db) -> Erasures:
    count, last = await db.fetchrow("SELECT count(*), max(at) FROM erasure")
    return Erasures(count, None if last is None else from_ms(last))
