"""Many rows in one statement: columns go over as arrays that `unnest` lays side by side, and what is read
comes back as the structs it is used as."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec

T = TypeVar("T")
Row = tuple[Any, ...]


class Db(Protocol):
    """What a statement needs of a connection."""

    async def execute(self, query: str, *args: object) -> str: ...

    async def fetch(self, query: str, *args: object) -> list[Any]: ...

    async def fetchrow(self, query: str, *args: object) -> Any: ...

    async def fetchval(self, query: str, *args: object) -> Any: ...


class Proof(NamedTuple):
    """A query that is true only if its transaction was committed, by ids that no other can have taken."""

    sql: str
    args: Row = ()


NOTHING_TO_PROVE = Proof("SELECT true")
"""The transaction wrote nothing that anybody is told of."""


def columns(rows: Iterable[Sequence[Any]], width: int) -> list[Row]:
    """`columns([(1, "a"), (2, "b")], 2)` → `[(1, 2), ("a", "b")]`; of no rows, `width` empty columns."""
    return list(zip(*rows, strict=True)) or [()] * width


async def read(db: Db, kind: type[T], sql: str, *args: object) -> list[T]:
    """Each row as `kind`, an array-like struct or a tuple type."""
    found = [tuple(record) for record in await db.fetch(sql, *args)]
    return msgspec.convert(found, list[kind])  # type: ignore[valid-type]
