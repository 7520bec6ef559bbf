"""The files of messages, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kavle.model.mms import FileLine, MmsFile, StoredFile
from kavle.store.files import COLUMNS, LINES, MOST_LOOKED_AT, FileRow, line, written
from kavle.store.postgres.handed import Read
from kavle.store.postgres.rows import Db, columns

_INSERT: Final = f"""
INSERT INTO file ({COLUMNS})
SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::int[], $7::bytea[])
"""  # noqa: S608 -- ours
_LINES: Final = LINES.format("$1")
_ALL: Final = "SELECT name, content_type, data FROM file WHERE message_id = $1 ORDER BY number"
_TEXTS: Final = f"""
SELECT message_id, substr(data, 1, $2) FROM file WHERE message_id = ANY($1::bigint[])
AND number <= {MOST_LOOKED_AT} AND content_type LIKE 'text/plain%' ORDER BY message_id, number
"""  # noqa: S608 -- ours
_OUTGOING: Final = (
    "SELECT m.id, f.number, f.name, f.content_type, f.size FROM message AS m JOIN file AS f"
    " ON f.message_id = m.id WHERE m.id = $1 AND m.account_id = coalesce($2, m.account_id) AND f.name = $3"
)
_INCOMING: Final = (
    "SELECT m.id, f.number, f.name, f.content_type, f.size FROM incoming AS m JOIN file AS f"
    " ON f.message_id = m.id WHERE m.id = $1 AND ($2::bigint IS NULL OR m.account_id = $2) AND f.name = $3"
)
# It is stored as it is, so that of a long one no more is read than this.
_PIECE: Final = "SELECT substr(data, $3, $4) FROM file WHERE message_id = $1 AND number = $2"


class PostgresFiles:
    def __init__(self, read: Read) -> None:
        self._read = read

    async def all(self, message_id: int) -> list[MmsFile]:
        return await self._read(_all, message_id)

    async def lines(self, message_id: int) -> list[FileLine]:
        return await self._read(lines, message_id)

    async def texts(self, ids: Sequence[int], octets: int) -> dict[int, list[bytes]]:
        return await self._read(_texts, ids, octets)

    async def of_outgoing(self, account_id: int | None, message_id: int, name: str) -> StoredFile | None:
        return await self._read(_of_outgoing, account_id, message_id, name)

    async def of_incoming(self, account_id: int | None, incoming_id: int, name: str) -> StoredFile | None:
        return await self._read(_of_incoming, account_id, incoming_id, name)

    async def piece(self, file: StoredFile, start: int, octets: int) -> bytes:
        return await self._read(_piece, file, start, octets)


async def insert(db: Db, rows: Sequence[FileRow]) -> None:
    if rows:
        await db.execute(_INSERT, *columns(rows, 7))


async def lines(db: Db, message_id: int) -> list[FileLine]:
    return [line(row) for row in await db.fetch(_LINES, message_id)]


async def _all(db: Db, message_id: int) -> list[MmsFile]:
    return [MmsFile(*row) for row in await db.fetch(_ALL, message_id)]


async def _texts(db: Db, ids: Sequence[int], octets: int) -> dict[int, list[bytes]]:
    return written(await db.fetch(_TEXTS, list(ids), octets))


async def _of_outgoing(db: Db, account_id: int | None, message_id: int, name: str) -> StoredFile | None:
    row = await db.fetchrow(_OUTGOING, message_id, account_id, name)
    return StoredFile(*row) if row else None


async def _of_incoming(db: Db, account_id: int | None, id: int, name: str) -> StoredFile | None:
    row = await db.fetchrow(_INCOMING, id, account_id, name)
    return StoredFile(*row) if row else None


async def _piece(db: Db, file: StoredFile, start: int, octets: int) -> bytes:
    row = await db.fetchrow(_PIECE, file.message_id, file.number, start + 1, octets)
    return row[0] if row else b""
