"""A database read from outside: rows of a SQL text that both engines understand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from kavle.store.sqlite.connection import open_reader
from support.postgres import fetch

Place = Path | str
"""Of a database: a file of SQLite's, or a URL of PostgreSQL's."""

Row = tuple[Any, ...]
Read = Callable[[str], Awaitable[list[Row]]]


def reading(place: Place) -> Read:
    """`await read("SELECT id FROM message")`, each time on a connection of its own."""
    return partial(_file_rows if isinstance(place, Path) else fetch, place)  # type: ignore[arg-type]


async def one(read: Read, sql: str) -> Any:
    """The only value of the only row."""
    ((value,),) = await read(sql)
    return value


async def _file_rows(file: Path, sql: str) -> list[Row]:
    db = open_reader(file)
    try:
        return list(db.execute(sql))
    finally:
        db.close()
