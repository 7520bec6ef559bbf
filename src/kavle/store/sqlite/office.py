"""Operators and the audit log on SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import apsw

from kavle.model.audit import AuditEnd, AuditLine, AuditNote, Came
from kavle.model.listing import Keys, Slice
from kavle.model.operator import OperatorAccount
from kavle.store.listing import bounds, order, slice_of
from kavle.store.office import LINES, NOTHING, OPERATORS, OperatorChange, audit_line, operator, written
from kavle.store.rows import to_ms
from kavle.store.sqlite.reader import Reader
from kavle.store.sqlite.writer import Writes

_ADD: Final = (
    "INSERT INTO operator (name, password_hash, role, disabled, created_at) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT DO NOTHING"
)
_CHANGE: Final = (
    "UPDATE operator SET password_hash = coalesce(?, password_hash), role = coalesce(?, role),"
    " disabled = coalesce(?, disabled) WHERE name = ?"
)
_NOTE: Final = (
    "INSERT INTO audit (at, operator, what, subject, came, before, after) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_END: Final = "UPDATE audit SET came = ?, before = ?, after = ? WHERE id = ?"


class SqliteOffice:
    """Part of a `SqliteStore`, with its threads."""

    def __init__(self, writer: Writes, read: Reader, look: Reader) -> None:
        self._writer = writer
        self._read = read
        self._look = look

    async def add(self, new: OperatorAccount) -> bool:
        return await self._writer.call(_add, new)

    async def change(self, change: OperatorChange) -> bool:
        return await self._writer.call(_change, change)

    async def remove(self, name: str) -> bool:
        return await self._writer.call(_remove, name)

    async def operator(self, name: str) -> OperatorAccount | None:
        return await self._read(_find, name)

    async def operators(self) -> list[OperatorAccount]:
        return await self._look(_all)

    async def note(self, note: AuditNote) -> int:
        return await self._writer.call(_note, note)

    async def end(self, end: AuditEnd) -> None:
        await self._writer.call(_end, end)

    async def audit(self, keys: Keys) -> Slice[AuditLine]:
        return await self._look(_lines, keys)


def _add(db: apsw.Connection, wanted: Sequence[OperatorAccount]) -> list[bool]:
    return [
        _changed(db, _ADD, (one.name, one.password_hash, one.role, one.disabled, to_ms(one.created_at)))
        for one in wanted
    ]


def _change(db: apsw.Connection, wanted: Sequence[OperatorChange]) -> list[bool]:
    return [_changed(db, _CHANGE, (one.password_hash, one.role, one.disabled, one.name)) for one in wanted]


def _remove(db: apsw.Connection, wanted: Sequence[str]) -> list[bool]:
    return [_changed(db, "DELETE FROM operator WHERE name = ?", (name,)) for name in wanted]


def _find(db: apsw.Connection, name: str) -> OperatorAccount | None:
    row = db.execute(f"{OPERATORS} WHERE name = ?", (name,)).get
    return operator(row) if row else None


def _all(db: apsw.Connection) -> list[OperatorAccount]:
    return [operator(row) for row in db.execute(f"{OPERATORS} ORDER BY name")]


def _note(db: apsw.Connection, wanted: Sequence[AuditNote]) -> list[int]:
    ids = []
    for one in wanted:
        line = to_ms(one.at), one.operator, one.what, one.subject, int(Came.OPEN), NOTHING, NOTHING
        db.execute(_NOTE, line)
        ids.append(db.last_insert_rowid())
    return ids


def _end(db: apsw.Connection, wanted: Sequence[AuditEnd]) -> list[None]:
    db.executemany(_END, [(int(one.came), written(one.before), written(one.after), one.id) for one in wanted])
    return [None] * len(wanted)


def _lines(db: apsw.Connection, keys: Keys) -> Slice[AuditLine]:
    sql = f"{LINES} WHERE id > ? AND id < ? ORDER BY id {order(keys)} LIMIT ?"
    return slice_of([audit_line(row) for row in db.execute(sql, bounds(keys))], keys)


def _changed(db: apsw.Connection, sql: str, values: tuple[object, ...]) -> bool:
    db.execute(sql, values)
    return db.changes() > 0
