"""What is to be known of a server before it is trusted. Changes nothing."""

from __future__ import annotations

from typing import Final, NamedTuple

import asyncpg

from kavle.clock import Clock
from kavle.store.errors import StoreError
from kavle.store.postgres.connection import LOST, check_server, first_connection
from kavle.store.postgres.migrate import newest_step
from kavle.store.postgres.offset import complaint, offset

_SEEN: Final = (
    "SELECT current_setting('server_version'), current_setting('max_connections')::int,"
    " (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),"
    " to_regclass('schema_step') IS NOT NULL"
)
_STEP: Final = "SELECT coalesce(max(step), 0) FROM schema_step"


class Seen(NamedTuple):
    version: str
    most_connections: int
    connections: int
    clock: str | None  # how far it is off; None: it is not
    step: int
    newest_step: int


async def check_up(url: str, clock: Clock) -> Seen:
    """Raises `StoreError` that says what is wrong."""
    db = await first_connection(url)
    try:
        await check_server(db)
        ((version, most, connections, made),) = await db.fetch(_SEEN)
        step = await db.fetchval(_STEP) if made else 0
        off = complaint(await offset(db, clock))
        return Seen(version, most, connections, off, step, newest_step())
    except (*LOST, asyncpg.PostgresError) as error:
        raise StoreError(f"the PostgreSQL database can't be used now: {error}") from error
    finally:
        db.terminate()
