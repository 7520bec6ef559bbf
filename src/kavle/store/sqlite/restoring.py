"""Whether a file is what it was, or a copy that was put back; and what is done with a copy."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import apsw
from msgspec.structs import replace

from kavle.store.restoring import BACKUP, Mark, Restored, changed, leap, read_restored, written
from kavle.store.rows import JobState, from_ms, to_ms
from kavle.store.sqlite.mark import MarkFile
from kavle.store.sqlite.reader import Reader
from kavle.store.sqlite.writer import Writes

BATCH: Final = 10_000

_ROW: Final = "SELECT home, tick FROM restoring"
_STATE: Final = "SELECT restored FROM restoring"
_SET: Final = (
    "INSERT INTO restoring (one, home, tick, restored) VALUES (1, ?1, ?2, ?3) ON CONFLICT (one)"
    " DO UPDATE SET home = excluded.home, tick = excluded.tick,"
    " restored = coalesce(excluded.restored, restored)"
)
_RESTORED: Final = "UPDATE restoring SET restored = ?"
_TICK: Final = "UPDATE restoring SET tick = tick + 1 RETURNING home, tick"
_LAST_ID: Final = "SELECT last_id FROM gateway"
_LEAP: Final = "UPDATE gateway SET last_id = ?"
_NEWEST: Final = (
    "SELECT max(at) FROM (SELECT max(at) AS at FROM (SELECT at FROM ledger ORDER BY id DESC LIMIT 1)"
    " UNION ALL SELECT accepted_at FROM (SELECT accepted_at FROM message ORDER BY id DESC LIMIT 1)"
    " UNION ALL SELECT received_at FROM (SELECT received_at FROM incoming ORDER BY id DESC LIMIT 1))"
)
_HOLD: Final = (
    # The network may have what was to be sent: whoever ran on after the copy was taken may have sent it.
    f"UPDATE job SET state = {int(JobState.HELD)}, unsure = unsure | unsent | handed, unsent = 0, handed = 0,"  # noqa: S608
    f" due = ? WHERE message_id IN (SELECT message_id FROM job WHERE state <> {int(JobState.HELD)} LIMIT ?)"
)


class SqliteRestoring:
    """Part of a `SqliteStore`, with its threads."""

    def __init__(self, writer: Writes, read: Reader, file: MarkFile, told: Callable[[int], None]) -> None:
        """`told`: the newest id that is given out."""
        self._writer = writer
        self._read = read
        self._file = file
        self._told = told
        self._known = False  # it has been recognised, so what stands beside it is ours to write
        self._changes = 0

    async def recognise(self, now: datetime) -> None:
        beside = await asyncio.to_thread(self._file.read)
        await self._take_home(now, lambda row, last_id: _why(row, beside, last_id), beside)

    async def mark(self, now: datetime, why: str) -> None:
        await self._take_home(now, lambda row, last_id: why, None)

    async def state(self) -> Restored | None:
        return await self._read(_state)

    async def hold(self, now: datetime) -> int:
        return await self._writer.call(_hold, now)

    async def confirm(self) -> Restored | None:
        return await self._writer.call(_confirm, None)

    async def tick(self) -> None:
        """Let what stands beside the file follow, if anything was written."""
        if self._known and (mark := await self._writer.call(self._rise, None)) is not None:
            await asyncio.to_thread(self._file.write, mark)

    async def _take_home(
        self, now: datetime, why: Callable[[Mark | None, int], str | None], beside: Mark | None
    ) -> None:
        inode = await asyncio.to_thread(lambda: self._file.inode)
        row, last_id, newest = await self._read(_look, inode)
        reason = why(row, last_id)
        home = row.home if row is not None and reason is None else secrets.token_hex(8)
        restored = None
        if reason is not None:
            until = None if newest is None else from_ms(newest)
            next_id = leap(last_id, until, now, beside.last_id if beside else 0)
            restored = Restored(reason, now, until, last_id, next_id)
            self._told(next_id)
        if row is None or reason is not None:
            # Before the file says so: where only one of the two is written, the next start comes here again.
            await asyncio.to_thread(self._file.write, Mark(home, 0, 0, inode))
        mark = await self._writer.call(
            _settle_in, (Mark(home, (row.tick if row else 0) + 1, 0, inode), restored)
        )
        await asyncio.to_thread(self._file.write, mark)
        self._known = True

    def _rise(self, db: apsw.Connection, wanted: Sequence[None]) -> list[Mark | None]:
        if db.total_changes() == self._changes:
            return [None] * len(wanted)
        home, tick = db.execute(_TICK).get
        self._changes = db.total_changes()
        return [Mark(home, tick, db.execute(_LAST_ID).get, self._file.inode)] * len(wanted)


def _why(row: Mark | None, beside: Mark | None, last_id: int) -> str | None:
    if row is not None:
        return changed(row, beside)
    # Never served from since there are marks; but beside it something was.
    if beside is not None and beside.tick and last_id:
        return "it is older than what was here before"
    return None


def _look(db: apsw.Connection, inode: int) -> tuple[Mark | None, int, int | None]:
    last_id: int = db.execute(_LAST_ID).get
    row = db.execute(_ROW).get
    return Mark(row[0], row[1], last_id, inode) if row else None, last_id, db.execute(_NEWEST).get


def is_backup(db: apsw.Connection) -> bool:
    """One that was made by `kavle backup`, and nothing served from since."""
    row = db.execute(_ROW).get
    return row is not None and row[0].startswith(BACKUP)


def _state(db: apsw.Connection) -> Restored | None:
    told: str | None = db.execute(_STATE).get
    return read_restored(told) if told else None


def _settle_in(db: apsw.Connection, wanted: Sequence[tuple[Mark, Restored | None]]) -> list[Mark]:
    marks = []
    for mark, restored in wanted:
        if restored is not None:
            db.execute(_LEAP, (restored.next_id,))
        db.execute(_SET, (mark.home, mark.tick, written(restored) if restored else None))
        marks.append(replace(mark, last_id=db.execute(_LAST_ID).get))
    return marks


def _hold(db: apsw.Connection, wanted: Sequence[datetime]) -> list[int]:
    return [_hold_some(db, to_ms(now)) for now in wanted]


def _hold_some(db: apsw.Connection, now: int) -> int:
    restored = _state(db)
    if restored is None or restored.settled:
        return 0
    db.execute(_HOLD, (now, BATCH))
    if not (held := db.changes()):
        db.execute(_RESTORED, (written(replace(restored, settled=True)),))
    return held


def _confirm(db: apsw.Connection, wanted: Sequence[None]) -> list[Restored | None]:
    restored = _state(db)
    if restored is not None:
        db.execute(_RESTORED, (None,))
    return [restored] * len(wanted)
