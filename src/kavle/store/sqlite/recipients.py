"""Messages by their recipient, on SQLite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

import apsw

from kavle.store.history import Bounds
from kavle.store.recipients import RUN, Runs
from kavle.store.rows import PartWork
from kavle.store.sqlite.rows import array

_RUNS: Final = "SELECT first, next FROM recipient_runs"
_UNMADE: Final = (
    f"SELECT EXISTS (SELECT 1 FROM bundle_part WHERE work = {int(PartWork.EXPAND)} AND work <> 0"  # noqa: S608
    " AND first_id < ?)"
)
_MAKE: Final = (
    "INSERT INTO recipient_run (run, recipient, account_id, message_id)"
    " SELECT ?1, recipient, account_id, id FROM message WHERE id >= ?2 AND id < ?3 ORDER BY 2, 3, 4"
)
_MADE: Final = "UPDATE recipient_runs SET next = next + 1"
_DROP: Final = "DELETE FROM recipient_run WHERE run = ?"
_DROPPED: Final = "UPDATE recipient_runs SET first = first + 1"
_FORGET: Final = (
    "DELETE FROM recipient_run WHERE (run, recipient, account_id, message_id) IN"
    " (SELECT id / ?, recipient, account_id, id FROM message WHERE id IN (SELECT value FROM json_each(?)))"
)


def runs(db: apsw.Connection) -> Runs:
    return Runs(*db.execute(_RUNS).get)


def some_to_do(db: apsw.Connection) -> bool:
    now = runs(db)
    return _settled(db, now) or _outlived(db, now)


def keep_runs(db: apsw.Connection, wanted: Sequence[None]) -> list[bool]:
    """Make one run that is settled, or drop one whose messages are gone; whether there was one."""
    return [_keep(db) for _ in wanted]


def _keep(db: apsw.Connection) -> bool:
    now = runs(db)
    if _outlived(db, now):
        db.execute(_DROP, (now.first,))
        db.execute(_DROPPED)
        return True
    if not _settled(db, now):
        return False
    db.execute(_MAKE, (now.next, now.until, now.until + RUN))
    db.execute(_MADE)
    return True


def forget(db: apsw.Connection, ids: Sequence[int]) -> None:
    """These messages are to be found no more; they are still there."""
    db.execute(_FORGET, (RUN, array(ids)))


def _settled(db: apsw.Connection, now: Runs) -> bool:
    """Its ids are given, and those of bundles are messages."""
    end = now.until + RUN
    last_id: int = db.execute("SELECT last_id FROM gateway").get
    return last_id >= end and not db.execute(_UNMADE, (end,)).get


def _outlived(db: apsw.Connection, now: Runs) -> bool:
    if now.first >= now.next:
        return False
    oldest: int | None = db.execute("SELECT min(id) FROM message").get
    return oldest is None or oldest >= (now.first + 1) * RUN


def found(
    db: apsw.Connection, account_id: int | None, recipient: str, forward: bool, bounds: Bounds, count: int
) -> list[int]:
    """The first `count` ids of messages to that recipient, in that direction."""
    order = "ASC" if forward else "DESC"
    whose = "" if account_id is None else " AND account_id = ?5"
    sql = (
        "SELECT message_id FROM recipient_run WHERE run = ?1 AND recipient = ?2"  # noqa: S608 -- ours
        f" AND message_id > ?3 AND message_id < ?4{whose} ORDER BY message_id {order}"
    )
    known = (recipient, *bounds) if account_id is None else (recipient, *bounds, account_id)

    def each() -> Iterator[int]:
        there = runs(db).between(bounds)
        for run in there if forward else reversed(there):
            for (id,) in db.execute(sql, (run, *known)):
                yield id

    return list(islice(each(), count))
