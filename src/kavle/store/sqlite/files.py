"""The files of messages, on SQLite: read on a thread of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import apsw

from kavle.model.mms import FileLine, MmsFile, StoredFile
from kavle.store.files import COLUMNS, LINES, MOST_LOOKED_AT, line, written
from kavle.store.sqlite.reader import Reader
from kavle.store.sqlite.rows import array

INSERT: Final = f"INSERT INTO file ({COLUMNS})"
_LINES: Final = LINES.format("?")
_ALL: Final = "SELECT name, content_type, data FROM file WHERE message_id = ? ORDER BY number"
_TEXTS: Final = f"""
SELECT f.message_id, substr(f.data, 1, ?) FROM json_each(?) AS one CROSS JOIN file AS f
ON f.message_id = one.value AND f.number <= {MOST_LOOKED_AT} AND f.content_type LIKE 'text/plain%'
ORDER BY f.message_id, f.number
"""  # noqa: S608 -- ours
_OUTGOING: Final = (
    "SELECT m.id, f.number, f.name, f.content_type, f.size FROM message AS m JOIN file AS f"
    " ON f.message_id = m.id WHERE m.id = ?1 AND m.account_id = coalesce(?2, m.account_id) AND f.name = ?3"
)
_INCOMING: Final = (
    "SELECT m.id, f.number, f.name, f.content_type, f.size FROM incoming AS m JOIN file AS f"
    " ON f.message_id = m.id WHERE m.id = ?1 AND (?2 IS NULL OR m.account_id = ?2) AND f.name = ?3"
)
_ROW: Final = "SELECT rowid FROM file WHERE message_id = ? AND number = ?"


class SqliteFiles:
    def __init__(self, look: Reader) -> None:
        self._look = look

    async def all(self, message_id: int) -> list[MmsFile]:
        return await self._look(_all, message_id)

    async def lines(self, message_id: int) -> list[FileLine]:
        return await self._look(lines, message_id)

    async def texts(self, ids: Sequence[int], octets: int) -> dict[int, list[bytes]]:
        return await self._look(_texts, ids, octets)

    async def of_outgoing(self, account_id: int | None, message_id: int, name: str) -> StoredFile | None:
        return await self._look(_of_outgoing, account_id, message_id, name)

    async def of_incoming(self, account_id: int | None, incoming_id: int, name: str) -> StoredFile | None:
        return await self._look(_of_incoming, account_id, incoming_id, name)

    async def piece(self, file: StoredFile, start: int, octets: int) -> bytes:
        return await self._look(_piece, file, start, octets)


def _all(db: apsw.Connection, message_id: int) -> list[MmsFile]:
    return [MmsFile(*row) for row in db.execute(_ALL, (message_id,))]


def lines(db: apsw.Connection, message_id: int) -> list[FileLine]:
    return [line(row) for row in db.execute(_LINES, (message_id,))]


def _texts(db: apsw.Connection, ids: Sequence[int], octets: int) -> dict[int, list[bytes]]:
    return written(db.execute(_TEXTS, (octets, array(ids))))


def _of_outgoing(
    db: apsw.Connection, account_id: int | None, message_id: int, name: str
) -> StoredFile | None:
    row = db.execute(_OUTGOING, (message_id, account_id, name)).get
    return StoredFile(*row) if row else None


def _of_incoming(db: apsw.Connection, account_id: int | None, id: int, name: str) -> StoredFile | None:
    row = db.execute(_INCOMING, (id, account_id, name)).get
    return StoredFile(*row) if row else None


def _piece(db: apsw.Connection, file: StoredFile, start: int, octets: int) -> bytes:
    found = b""
    with db:  # what is there is there until it is read
        row = db.execute(_ROW, (file.message_id, file.number)).get
        if row is not None:
            # By SQL a whole file would be read for each of its pieces.
            with db.blob_open("main", "file", "data", row, False) as blob:
                blob.seek(start)
                found = blob.read(octets)
    return found
