"""Whether a database is where it was, or a copy that was put back: by the server's name for itself, and by
its numbers for this database and this table. Where a dump is put back one of them is another; after a
failover, and where the server's own files were copied, none is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from msgspec.structs import replace

from kavle.store.postgres.connection import Link
from kavle.store.postgres.handed import MakeLane, Read
from kavle.store.postgres.ids import newest
from kavle.store.postgres.rows import Db
from kavle.store.restoring import Restored, leap, read_restored, written
from kavle.store.rows import JobState, from_ms, to_ms

BATCH: Final = 10_000

_ALONE: Final = "SELECT pg_advisory_xact_lock(hashtextextended('kavle restoring', 0))"
_HERE: Final = (
    "SELECT (SELECT system_identifier FROM pg_control_system()) || '/'"
    " || (SELECT oid FROM pg_database WHERE datname = current_database())"
    " || '/' || 'restoring'::regclass::oid"
)
_HOME: Final = "SELECT home FROM restoring"
_STATE: Final = "SELECT restored FROM restoring"
_SET: Final = (
    "INSERT INTO restoring (one, home, restored) VALUES (1, $1, $2) ON CONFLICT (one)"
    " DO UPDATE SET home = excluded.home, restored = coalesce(excluded.restored, restoring.restored)"
)
_RESTORED: Final = "UPDATE restoring SET restored = $1"
# A whole number of blocks, so that they stay apart from each other.
_LEAP: Final = "SELECT setval('message_block', (SELECT last_value FROM message_block) + $1::bigint, true)"
_NEWEST: Final = """
SELECT greatest((SELECT at FROM ledger ORDER BY id DESC LIMIT 1),
  (SELECT accepted_at FROM message ORDER BY id DESC LIMIT 1),
  (SELECT received_at FROM incoming ORDER BY id DESC LIMIT 1))
"""
_HOLD: Final = f"""
-- the network may have what was to be sent: whoever ran on after the copy was taken may have sent it
UPDATE job SET state = {int(JobState.HELD)}, unsure = unsure | unsent | handed, unsent = 0, handed = 0,
  due = $1
WHERE message_id IN (SELECT message_id FROM job WHERE state <> {int(JobState.HELD)} LIMIT $2)
"""  # noqa: S608 -- a number of ours


class _Told(NamedTuple):
    now: datetime
    why: str | None  # None: look


class PostgresRestoring:
    """Part of a `PostgresStore`, on its connections."""

    def __init__(self, lane: MakeLane, rare: Link, read: Read) -> None:
        self._read = read
        self._settle_in = lane(rare, _settle_in)  # twice passes over more ids than need be
        self._hold = lane(rare, _hold)
        self._confirm = lane(rare, _confirm)

    async def recognise(self, now: datetime) -> None:
        await self._settle_in.call(_Told(now, None))

    async def mark(self, now: datetime, why: str) -> None:
        await self._settle_in.call(_Told(now, why))

    async def state(self) -> Restored | None:
        return await self._read(_state)

    async def hold(self, now: datetime) -> int:
        return await self._hold.call(now)

    async def confirm(self) -> Restored | None:
        return await self._confirm.call(None)


async def _settle_in(db: Db, wanted: Sequence[_Told]) -> tuple[list[None], None]:
    await db.execute(_ALONE)
    for now, why in wanted:
        here: str = await db.fetchval(_HERE)
        home: str | None = await db.fetchval(_HOME)
        if home != here or why is not None:
            moved = (
                None if home is None else "its dump was put back: it is not in the database that it was in"
            )
            reason = why or moved
            restored = None if reason is None else await _leap(db, reason, now)
            await db.execute(_SET, here, written(restored) if restored else None)
    return [None] * len(wanted), None


async def _leap(db: Db, why: str, now: datetime) -> Restored:
    last_id, at = await newest(db), await db.fetchval(_NEWEST)
    until = None if at is None else from_ms(at)
    next_id = leap(last_id, until, now)
    await db.execute(_LEAP, next_id - last_id)
    return Restored(why, now, until, last_id, next_id)


async def _state(db: Db) -> Restored | None:
    told: str | None = await db.fetchval(_STATE)
    return read_restored(told) if told else None


async def _hold(db: Db, wanted: Sequence[datetime]) -> tuple[list[int], None]:
    await db.execute(_ALONE)
    return [await _hold_some(db, to_ms(now)) for now in wanted], None


async def _hold_some(db: Db, now: int) -> int:
    restored = await _state(db)
    if restored is None or restored.settled:
        return 0
    held = int((await db.execute(_HOLD, now, BATCH)).split()[-1])  # "UPDATE 3"
    if not held:
        await db.execute(_RESTORED, written(replace(restored, settled=True)))
    return held


async def _confirm(db: Db, wanted: Sequence[None]) -> tuple[list[Restored | None], None]:
    await db.execute(_ALONE)
    restored = await _state(db)
    if restored is not None:
        await db.execute(_RESTORED, None)
    return [restored] * len(wanted), None
