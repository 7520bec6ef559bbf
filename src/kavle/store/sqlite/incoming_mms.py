"""MMS that phones send, each kept once, and the calls that they want."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import apsw

from kavle.model.incoming import IncomingState
from kavle.model.mms import IncomingMms
from kavle.store.files import FileRow
from kavle.store.incoming_mms import DOUBLES_MS, digest, file_rows, said
from kavle.store.rows import JobState, to_ms
from kavle.store.sqlite.accept import BODY, new_ids
from kavle.store.sqlite.files import INSERT as FILE
from kavle.store.sqlite.incoming import BATCH, CALLBACK, OWNERS
from kavle.store.sqlite.rows import array, insert

_SEEN: Final = "INSERT OR IGNORE INTO incoming_seen (digest, at) VALUES (?, ?)"
_INCOMING: Final = (
    "INSERT INTO incoming (id, account_id, carrier_id, sender, recipient, received_at, parts, got, state,"
    " state_at, mms)"
)
_OLD: Final = "SELECT digest FROM incoming_seen WHERE at < ? ORDER BY at LIMIT ?"
_FORGET: Final = f"DELETE FROM incoming_seen WHERE digest IN ({_OLD})"  # noqa: S608 -- ours


def take(db: apsw.Connection, messages: Sequence[IncomingMms]) -> list[tuple[bool, int]]:
    """For each whether it is new, and the newest id."""
    fresh = [_is_new(db, one) for one in messages]
    newest = _insert(db, [one for one, new in zip(messages, fresh, strict=True) if new])
    return [(new, newest) for new in fresh]


def some_old(db: apsw.Connection, now: int) -> bool:
    return db.execute(_OLD, (now - DOUBLES_MS, 1)).get is not None


def forget(db: apsw.Connection, times: Sequence[int]) -> list[int]:
    """What came so long ago that a double of it is none."""
    counts = []
    for now in times:
        db.execute(_FORGET, (now - DOUBLES_MS, BATCH))
        counts.append(db.changes())
    return counts


def _is_new(db: apsw.Connection, message: IncomingMms) -> bool:
    known = digest(message)
    if known is None:
        return True
    db.execute(_SEEN, (known, to_ms(message.at)))
    return db.changes() == 1


def _insert(db: apsw.Connection, messages: Sequence[IncomingMms]) -> int:
    owners = {row[0]: row[1] for row in db.execute(OWNERS, (array({one.recipient for one in messages}),))}
    rows, bodies, files, callbacks = [], [], list[FileRow](), []
    newest = 0
    for one, id in zip(messages, new_ids(db, len(messages)), strict=True):
        newest, at, account_id = id, to_ms(one.at), owners.get(one.recipient)
        state = IncomingState.KEPT if account_id is None else IncomingState.WAITING
        told = one.carrier_id, one.sender, one.recipient, at, 1, 1, int(state), at
        rows.append((id, account_id, *told, said(one)))
        bodies.append((id, one.subject))
        files += file_rows(id, one)
        if account_id is not None:
            callbacks.append((id, one.recipient, int(JobState.READY), 0, 0, 0, 0))
    insert(db, _INCOMING, rows)
    insert(db, BODY, bodies)
    insert(db, FILE, files)
    insert(db, CALLBACK, callbacks)
    return newest
