"""Operators and the audit log on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kavle.model.audit import AuditEnd, AuditLine, AuditNote, Came
from kavle.model.listing import Keys, Slice
from kavle.model.operator import OperatorAccount
from kavle.store.listing import bounds, order, slice_of
from kavle.store.office import LINES, NOTHING, OPERATORS, OperatorChange, audit_line, operator, written
from kavle.store.postgres.connection import Link
from kavle.store.postgres.handed import MakeLane, Read
from kavle.store.postgres.rows import Db, Proof
from kavle.store.rows import to_ms

_ADD: Final = (
    "INSERT INTO operator (name, password_hash, role, disabled, created_at) VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT DO NOTHING RETURNING true"
)
_ADDED: Final = "SELECT EXISTS (SELECT FROM operator WHERE name = $1 AND password_hash = $2)"
_CHANGE: Final = (
    "UPDATE operator SET password_hash = coalesce($2, password_hash), role = coalesce($3, role),"
    " disabled = coalesce($4, disabled) WHERE name = $1 RETURNING true"
)
_NOTE: Final = (
    "INSERT INTO audit (at, operator, what, subject, came, before, after)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id"
)
_END: Final = "UPDATE audit SET came = $2, before = $3, after = $4 WHERE id = $1"


class PostgresOffice:
    """Part of a `PostgresStore`, on its connections."""

    def __init__(self, lane: MakeLane, rare: Link, read: Read) -> None:
        self._read = read
        self._add = lane(rare, _add, repeatable=False)
        self._change = lane(rare, _change)
        self._remove = lane(rare, _remove)
        self._note = lane(rare, _note)
        self._end = lane(rare, _end)

    async def add(self, new: OperatorAccount) -> bool:
        return await self._add.call(new)

    async def change(self, change: OperatorChange) -> bool:
        return await self._change.call(change)

    async def remove(self, name: str) -> bool:
        return await self._remove.call(name)

    async def operator(self, name: str) -> OperatorAccount | None:
        return await self._read(_find, name)

    async def operators(self) -> list[OperatorAccount]:
        return await self._read(_all)

    async def note(self, note: AuditNote) -> int:
        return await self._note.call(note)

    async def end(self, end: AuditEnd) -> None:
        await self._end.call(end)

    async def audit(self, keys: Keys) -> Slice[AuditLine]:
        return await self._read(_lines, keys)


async def _add(db: Db, wanted: Sequence[OperatorAccount]) -> tuple[list[bool], Proof | None]:
    done = [
        await _changed(db, _ADD, one.name, one.password_hash, one.role, one.disabled, to_ms(one.created_at))
        for one in wanted
    ]
    made = next((one for one, is_new in zip(wanted, done, strict=True) if is_new), None)
    return done, Proof(_ADDED, (made.name, made.password_hash)) if made else None


async def _change(db: Db, wanted: Sequence[OperatorChange]) -> tuple[list[bool], None]:
    return [
        await _changed(db, _CHANGE, one.name, one.password_hash, one.role, one.disabled) for one in wanted
    ], None


async def _remove(db: Db, wanted: Sequence[str]) -> tuple[list[bool], None]:
    sql = "DELETE FROM operator WHERE name = $1 RETURNING true"
    return [await _changed(db, sql, name) for name in wanted], None


async def _find(db: Db, name: str) -> OperatorAccount | None:
    row = await db.fetchrow(f"{OPERATORS} WHERE name = $1", name)
    return operator(row) if row else None


async def _all(db: Db) -> list[OperatorAccount]:
    return [operator(row) for row in await db.fetch(f"{OPERATORS} ORDER BY name")]


async def _note(db: Db, wanted: Sequence[AuditNote]) -> tuple[list[int], None]:
    return [
        await db.fetchval(
            _NOTE, to_ms(one.at), one.operator, one.what, one.subject, int(Came.OPEN), NOTHING, NOTHING
        )
        for one in wanted
    ], None


async def _end(db: Db, wanted: Sequence[AuditEnd]) -> tuple[list[None], None]:
    for one in wanted:
        await db.execute(_END, one.id, int(one.came), written(one.before), written(one.after))
    return [None] * len(wanted), None


async def _lines(db: Db, keys: Keys) -> Slice[AuditLine]:
    sql = f"{LINES} WHERE id > $1 AND id < $2 ORDER BY id {order(keys)} LIMIT $3"
    return slice_of([audit_line(tuple(row)) for row in await db.fetch(sql, *bounds(keys))], keys)


async def _changed(db: Db, sql: str, *values: object) -> bool:
    return bool(await db.fetchval(sql, *values))
