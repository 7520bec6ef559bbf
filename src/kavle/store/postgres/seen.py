"""The time that was seen, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from kavle.store.postgres.rows import Db
from kavle.store.rows import to_ms
from kavle.store.seen import Seen, looked

_LOOK: Final = "SELECT at, doubted FROM seen"
_KEEP: Final = (
    "INSERT INTO seen (one, at, doubted) VALUES (1, $1, $2)"
    " ON CONFLICT (one) DO UPDATE SET at = excluded.at, doubted = excluded.doubted"
)


async def see(db: Db, times: Sequence[datetime]) -> tuple[list[int | None], None]:
    return [await _see(db, to_ms(now)) for now in times], None


async def last(db: Db) -> Seen | None:
    row = await db.fetchrow(_LOOK)
    return Seen(*row) if row else None


async def _see(db: Db, now: int) -> int | None:
    seen = looked(await last(db), now)
    await db.execute(_KEEP, *seen)
    return seen.doubted
