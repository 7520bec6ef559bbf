"""Incoming messages: parts kept until the others are there, messages and the calls that they want."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import apsw
import msgspec

from kavle.model.incoming import IncomingState, Piece
from kavle.model.stop import says_stop
from kavle.store.assembly import DOUBLES_MS, Assembly, Fate, Key, PartRow, Whole
from kavle.store.inbox import PartWait, Taken
from kavle.store.rows import JobState, to_ms
from kavle.store.sqlite.accept import BODY, new_ids
from kavle.store.sqlite.rows import Row, array, insert

BATCH: Final = 500

_COLUMNS: Final = (
    "p.sender, p.recipient, p.carrier_id, p.reference, p.total, p.number, p.received_at, p.incoming_id"
)
_KEYED: Final = (
    "p.sender = one.value ->> 0 AND p.recipient = one.value ->> 1 AND p.carrier_id = one.value ->> 2"
    " AND p.reference = one.value ->> 3 AND p.total = one.value ->> 4"
)
_PARTS: Final = (
    f"SELECT {_COLUMNS}, p.text FROM json_each(?) AS one CROSS JOIN incoming_part AS p ON {_KEYED}"  # noqa: S608
)
_GONE: Final = (
    "DELETE FROM incoming_part WHERE (sender, recipient, carrier_id, reference, total) IN"
    " (SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?))"
)
_MARK: Final = (
    "UPDATE incoming_part SET incoming_id = ? WHERE sender = ? AND recipient = ? AND carrier_id = ?"
    " AND reference = ? AND total = ?"
)
_KEEP: Final = (
    "INSERT INTO incoming_part (sender, recipient, carrier_id, reference, total, number, received_at,"
    " incoming_id, text)"
)
OWNERS: Final = (
    "SELECT n.msisdn, n.account_id, coalesce(a.settings ->> 'stop_list', 0) FROM json_each(?) AS one"
    " CROSS JOIN number AS n ON n.msisdn = one.value CROSS JOIN account AS a ON a.id = n.account_id"
)
_INCOMING: Final = (
    "INSERT INTO incoming (id, account_id, carrier_id, sender, recipient, received_at, parts, got, state,"
    " state_at)"
)
CALLBACK: Final = "INSERT INTO callback (incoming_id, number, state, tries, round, due, token)"
_STOP: Final = "INSERT OR IGNORE INTO stop (account_id, msisdn, at)"
_LATE: Final = (
    "SELECT DISTINCT sender, recipient, carrier_id, reference, total FROM"
    " (SELECT * FROM incoming_part WHERE incoming_id IS NULL AND received_at < ?"
    "  ORDER BY received_at LIMIT ?)"
)
_NEWER: Final = (
    "SELECT received_at FROM incoming_part WHERE incoming_id IS NULL"
    " ORDER BY received_at DESC LIMIT 1 OFFSET ?"
)
_OLD: Final = (
    "SELECT sender, recipient, carrier_id, reference, total, number FROM incoming_part"
    " WHERE incoming_id IS NOT NULL AND received_at < ? ORDER BY received_at LIMIT ?"
)
_FORGET: Final = (
    "DELETE FROM incoming_part"  # noqa: S608 -- ours
    f" WHERE (sender, recipient, carrier_id, reference, total, number) IN ({_OLD})"
)


def take(db: apsw.Connection, batches: Sequence[Sequence[Piece]]) -> list[tuple[Taken, int]]:
    """For each batch what it came to, and the newest id."""
    assembly = Assembly(_parts(db, {row for batch in batches for row in _keys(batch)}))
    fates = [[assembly.take(piece) for piece in batch] for batch in batches]
    newest = _write(db, assembly, max((to_ms(piece.at) for batch in batches for piece in batch), default=0))
    return [(Taken(told.count(Fate.WHOLE), told.count(Fate.DOUBLE)), newest) for told in fates]


def late(db: apsw.Connection, wait: PartWait) -> list[Row]:
    """Keys of messages whose missing parts are waited for no longer."""
    newer: int | None = db.execute(_NEWER, (wait.most,)).get
    before = max(to_ms(wait.before), 0 if newer is None else newer + 1)
    return list(db.execute(_LATE, (before, BATCH)))


def end_parts(db: apsw.Connection, wanted: Sequence[tuple[Sequence[Key], int]]) -> list[tuple[int, int]]:
    """For each, how many messages came to be of parts alone, and the newest id."""
    return [_end(db, keys, now) for keys, now in wanted]


def some_old(db: apsw.Connection, now: int) -> bool:
    return db.execute(_OLD, (now - DOUBLES_MS, 1)).get is not None


def forget_parts(db: apsw.Connection, times: Sequence[int]) -> list[int]:
    """Parts of messages that were whole so long ago that a double of them is none."""
    counts = []
    for now in times:
        db.execute(_FORGET, (now - DOUBLES_MS, BATCH))
        counts.append(db.changes())
    return counts


def _end(db: apsw.Connection, keys: Sequence[Key], now: int) -> tuple[int, int]:
    assembly = Assembly(_parts(db, keys))
    assembly.end()
    return len(assembly.wholes), _write(db, assembly, now)


def _keys(batch: Iterable[Piece]) -> Iterable[Key]:
    for one in batch:
        if one.total > 1:
            yield one.sender, one.recipient, one.carrier_id, one.reference, one.total


def _parts(db: apsw.Connection, keys: Iterable[Key]) -> list[PartRow]:
    return [PartRow(*row) for row in db.execute(_PARTS, (array(keys),))]


def _write(db: apsw.Connection, assembly: Assembly, now: int) -> int:
    newest = _insert(db, assembly.wholes, now)
    if assembly.gone:
        db.execute(_GONE, (array(assembly.gone),))
    for key, id in assembly.marked:
        db.execute(_MARK, (id, *key))
    insert(db, _KEEP, [msgspec.structs.astuple(row) for row in assembly.fresh])
    return newest


def _insert(db: apsw.Connection, wholes: Sequence[Whole], now: int) -> int:
    owners = {row[0]: row[1:] for row in db.execute(OWNERS, (array({one.recipient for one in wholes}),))}
    messages, bodies, callbacks, stops = [], [], [], []
    for one, id in zip(wholes, new_ids(db, len(wholes)), strict=True):
        one.id = id
        account_id, stop_list = owners.get(one.recipient, (None, False))
        state = IncomingState.KEPT if account_id is None else IncomingState.WAITING
        told = one.carrier_id, one.sender, one.recipient, one.received_at, one.total, one.got
        messages.append((one.id, account_id, *told, int(state), now))
        bodies.append((one.id, one.text))
        if account_id is not None:
            callbacks.append((one.id, one.recipient, int(JobState.READY), 0, 0, 0, 0))
            if stop_list and says_stop(one.text):
                stops.append((account_id, one.sender, now))
    insert(db, _INCOMING, messages)
    insert(db, BODY, bodies)
    insert(db, CALLBACK, callbacks)
    insert(db, _STOP, stops)
    return wholes[-1].id if wholes else 0
