"""Commit 4: delivery receipts, kept as they came, matched to their segment or left waiting for it, and
rolled up into the message's status."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import apsw
import msgspec

from kavle.model.life import rolled_up, rolled_up_whole
from kavle.model.message import Receipt
from kavle.model.status import FAILED, FINAL, Status
from kavle.store.matching import Incoming, Match, Place, Waiting, incoming, kept
from kavle.store.sqlite.expire import set_status, withdraw
from kavle.store.sqlite.rows import Reader, array, delete, insert

_PLACES = Reader(
    "SELECT json_group_array(json_array(a.domain, a.network_id, a.message_id, a.number, a.attempt,"
    " a.recipient, a.at)) FROM json_each(?) AS one CROSS JOIN awaiting AS a"
    " ON a.domain = one.value ->> 0 AND a.network_id = one.value ->> 1",
    Place,
)
_WAITING = Reader(
    "SELECT json_group_array(json_array(w.domain, w.network_id, w.recipient, w.status, w.at, w.raw,"
    " iif(w.whole, json('true'), json('false')), w.id))"
    " FROM json_each(?) AS one CROSS JOIN waiting AS w"
    " ON w.domain = one.value ->> 0 AND w.network_id = one.value ->> 1",
    Waiting,
)
_MESSAGES = Reader(
    "SELECT json_group_array(json_array(m.id, m.segments, m.status)) FROM json_each(?) AS one"
    " CROSS JOIN message AS m ON m.id = one.value",
    tuple[int, int, int],
)
_SEGMENTS = Reader(
    # That the network took them, and over that what its receipts said for good.
    "SELECT json_group_array(json_array(id, number, status)) FROM"
    " (SELECT message_id AS id, number, status, 0 AS later FROM segment"
    "  WHERE message_id IN (SELECT value FROM json_each(?1)) AND outcome = 1"
    "  UNION ALL SELECT message_id, number, status, 1 FROM receipt"
    "  WHERE message_id IN (SELECT value FROM json_each(?1)) AND status NOT IN (10, 11, 21) ORDER BY later)",
    tuple[int, int, int],
)
_TAKEN_WHOLE = (
    "SELECT m.id FROM json_each(?) AS one CROSS JOIN message AS m ON m.id = one.value AND m.status = 21"
    " WHERE EXISTS (SELECT 1 FROM receipt AS r WHERE r.message_id = m.id AND r.whole AND r.status = 22)"
)
_RECEIPT = "INSERT INTO receipt (message_id, number, attempt, status, at, raw, whole)"
_WAIT = "INSERT INTO waiting (domain, network_id, recipient, status, at, raw, whole)"
_SETTLE_WHOLE = (
    "DELETE FROM awaiting WHERE (domain, network_id, message_id, number, attempt) IN"
    " (SELECT one.value ->> 0, s.network_id, s.message_id, s.number, s.attempt FROM json_each(?) AS one"
    "  CROSS JOIN segment AS s ON s.message_id = one.value ->> 1 AND s.outcome = 1)"
)
SETTLED = "DELETE FROM awaiting WHERE (domain, network_id, message_id, number, attempt)"


def receive(db: apsw.Connection, batches: Sequence[Sequence[Receipt]]) -> list[int]:
    """For each batch, how many of its receipts matched a segment; the others are kept waiting."""
    rows = [[incoming(receipt) for receipt in batch] for batch in batches]
    match = Match(_places(db, {(row.domain, row.network_id) for batch in rows for row in batch}))
    missed = [[row for row in batch if not match.take(row)] for batch in rows]
    insert(db, _WAIT, [msgspec.structs.astuple(row) for batch in missed for row in batch])
    _apply(db, match)
    return [len(batch) - len(left) for batch, left in zip(rows, missed, strict=True)]


def match_waiting(db: apsw.Connection, keys: Collection[tuple[int, str]]) -> int:
    """Match the receipts that came before the response to their submit, by (domain, network id)."""
    if not db.execute("SELECT EXISTS (SELECT 1 FROM waiting)").get:
        return 0  # as good as always
    waiting = _WAITING(db, array(keys))
    match = Match(_places(db, {(row.domain, row.network_id) for row in waiting}))
    ids = [row.id for row in waiting if match.take(row)]
    db.execute("DELETE FROM waiting WHERE id IN (SELECT value FROM json_each(?))", (array(ids),))
    _apply(db, match)
    return len(ids)


def _places(db: apsw.Connection, keys: Collection[tuple[int, str]]) -> list[Place]:
    return _PLACES(db, array(keys))


def _apply(db: apsw.Connection, match: Match) -> None:
    if not match.matched:
        return
    insert(
        db,
        _RECEIPT,
        [
            (at.message_id, at.number, at.attempt, row.status, row.at, kept(at, row), row.whole)
            for at, row in match.matched
        ],
    )
    final = [(place, row) for place, row in match.matched if row.status in FINAL]
    delete(
        db,
        SETTLED,
        [(at.domain, at.network_id, at.message_id, at.number, at.attempt) for at, _ in final],
    )
    whole = [(at.domain, at.message_id) for at, row in final if row.whole]
    if whole:
        db.execute(_SETTLE_WHOLE, (array(whole),))
    if final:
        _roll_up(db, {place.message_id: row for place, row in final})


def _roll_up(db: apsw.Connection, latest: dict[int, Incoming]) -> None:
    """`latest`: for each message a receipt that is final for its segment."""
    messages = _MESSAGES(db, array(latest))
    segments = _segments(db, [id for id, total, _ in messages if total > 1])
    changes, ended = [], []
    for id, total, before in messages:
        receipt = latest[id]
        if before in FINAL or receipt.status is None:
            continue
        after: int
        # A message of one segment is what its receipt says: no need to read that back.
        if total == 1:
            after = receipt.status
        elif receipt.whole:
            after = rolled_up_whole(Status(before), Status(receipt.status))
        else:
            after = rolled_up(total, segments[id].values(), Status(before))
        if after != before:
            changes.append((id, int(after), receipt.at))
            if total > 1 and (after in FAILED or receipt.whole):
                ended.append(id)
    set_status(db, changes)
    if ended:  # segments that still wait to be sent, or for an operator, would be of no use
        withdraw(db, ended, max(latest[id].at for id in ended))


def roll_up_taken(db: apsw.Connection, since: Mapping[int, int]) -> None:
    """Messages that the network has all of, and since when: those that it said before to be delivered as a
    whole are."""
    ids = [row[0] for row in db.execute(_TAKEN_WHOLE, (array(since),))]
    if ids:
        set_status(db, [(id, int(Status.DELIVERED), since[id]) for id in ids])
        withdraw(db, ids, max(since[id] for id in ids))


def _segments(db: apsw.Connection, ids: Collection[int]) -> dict[int, dict[int, Status]]:
    """The status of each segment that has one."""
    found: dict[int, dict[int, Status]] = {id: {} for id in ids}
    for id, number, status in _SEGMENTS(db, array(ids)) if ids else ():
        found[id][number] = Status(status)
    return found
