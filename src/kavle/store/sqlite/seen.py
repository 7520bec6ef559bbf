"""The time that was seen, on SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import apsw

from kavle.store.rows import to_ms
from kavle.store.seen import Seen, looked

_LOOK: Final = "SELECT at, doubted FROM seen"
_KEEP: Final = "INSERT OR REPLACE INTO seen (one, at, doubted) VALUES (1, ?, ?)"


def see(db: apsw.Connection, times: Sequence[datetime]) -> list[int | None]:
    return [_see(db, to_ms(now)) for now in times]


def last(db: apsw.Connection) -> Seen | None:
    row = db.execute(_LOOK).get
    return Seen(*row) if row else None


def _see(db: apsw.Connection, now: int) -> int | None:
    seen = looked(last(db), now)
    db.execute(_KEEP, seen)
    return seen.doubted
