"""Brings the schema up to date, while other nodes may run, or start, at the same time."""

from __future__ import annotations

import asyncio
from importlib import resources
from typing import TYPE_CHECKING, Final

import asyncpg

from kavle.store.errors import StoreError
from kavle.store.postgres.connection import check_server, first_connection

if TYPE_CHECKING:
    from kavle.store.postgres.connection import Connection

PATIENCE: Final = 60.0
GONE: Final = "10s"
"""So long may who holds the lock say nothing."""
_PAUSE: Final = 0.2

_STEPS = (
    "CREATE TABLE IF NOT EXISTS schema_step"
    " (step INTEGER PRIMARY KEY, name TEXT NOT NULL, at TIMESTAMPTZ NOT NULL DEFAULT now())"
)
_LOCK = "SELECT pg_try_advisory_lock(hashtextextended('kavle schema', 0))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtextextended('kavle schema', 0))"


async def migrate(url: str, patience: float = PATIENCE) -> int:
    """Run what this database has not seen of `migrations/NNNN_*.sql`, each in a transaction of its own; how
    many those were. Raises `StoreError` when the server can't be used, or is locked for `patience` s."""
    db = await first_connection(url)
    try:
        await check_server(db)
        async with asyncio.timeout(patience):
            await _only_one(db)
            return await _run(db)
    except TimeoutError as error:
        raise StoreError(f"the schema is locked by others, {patience:.0f} seconds long; try again") from error
    except asyncpg.InsufficientPrivilegeError as error:
        raise StoreError(f"the role may not do what the schema needs: {error}") from error
    finally:
        await db.close()


async def _only_one(db: Connection) -> None:
    """Hold the lock that keeps concurrent starts apart; it ends with the connection, however that ends. The
    server must not wait for a machine that is gone without a word, or no other could start."""
    await db.execute(f"SET idle_session_timeout = '{GONE}'")
    while not await db.fetchval(_LOCK):  # noqa: ASYNC110 -- it is in the server
        await asyncio.sleep(_PAUSE)


async def _run(db: Connection) -> int:
    scripts = _scripts()
    await db.execute("SET client_min_messages = warning")
    await db.execute(_STEPS)
    have: int = await db.fetchval("SELECT coalesce(max(step), 0) FROM schema_step")
    if have > len(scripts):
        raise StoreError(
            f"the database's schema is of step {have}, newer than this Kavle's {len(scripts)}: upgrade Kavle"
        )
    # A step may build an index; what it must not do is wait long for a lock, with everybody behind it.
    await db.execute("SET statement_timeout = 0")
    for step, (name, script) in enumerate(scripts[have:], start=have + 1):
        await _step(db, step, name, script)
    await db.fetchval(_UNLOCK)
    return len(scripts) - have


async def _step(db: Connection, step: int, name: str, script: str) -> None:
    while True:
        try:
            async with db.transaction():
                await db.execute("SET LOCAL lock_timeout = '2s'")
                await db.execute(script)
                await db.execute("INSERT INTO schema_step (step, name) VALUES ($1, $2)", step, name)
            return
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            # Let through those who queued up behind us, or who have what we wait for and wait for ours.
            await asyncio.sleep(_PAUSE)


def newest_step() -> int:
    return len(_scripts())


def _scripts() -> list[tuple[str, str]]:
    folder = resources.files(__package__).joinpath("migrations")
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda e: e.name)
    return [(entry.name.removesuffix(".sql"), entry.read_text(encoding="utf-8")) for entry in files]
