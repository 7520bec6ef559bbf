"""What became of a commit whose answer was lost: asked on a new connection, before anyone is answered."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

import asyncpg

from kavle.model.errors import OutcomeUnknown
from kavle.store.postgres.connection import LOST, Backend, connect
from kavle.store.postgres.rows import Db, Proof

LIMIT: Final = 10.0
_PAUSE: Final = 0.05

_SETTLE = (
    # Writes nothing but to the log, as any role may: its commit waits for the standbys that commits wait for.
    "SELECT pg_logical_emit_message(true, 'kavle', '')"
)
_END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2"


async def committed(url: str, backend: Backend, proof: Proof | None) -> bool:
    """Whether the transaction of that backend is in the database; False without a proof. The server may still
    be committing it, so its backend has to be gone first. Raises `OutcomeUnknown` when the database can't be
    asked for `LIMIT` seconds."""
    try:
        async with asyncio.timeout(LIMIT):
            while True:
                with suppress(*LOST, asyncpg.PostgresError):
                    return await _ask(url, backend, proof)
                await asyncio.sleep(_PAUSE)
    except TimeoutError as error:
        raise OutcomeUnknown("the database can't be asked what became of a commit") from error


async def _ask(url: str, backend: Backend, proof: Proof | None) -> bool:
    db = await connect(url)
    try:
        await _gone(db, backend)
        if proof is None or not await db.fetchval(proof.sql, *proof.args):
            return False
        # A commit that is ended while it waits for its standby is there, but on this one server alone.
        await db.fetchval(_SETTLE)
        return True
    finally:
        db.terminate()


async def _gone(db: Db, backend: Backend) -> None:
    while await db.fetch(_END, *backend):  # noqa: ASYNC110 -- it is in the server
        await asyncio.sleep(_PAUSE)
