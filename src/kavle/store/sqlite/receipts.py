"""Commit 4: delivery receipts, kept as they came, matched to their segment or left waiting for it, and
rolled up into the message's status."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final

import apsw
import msgspec

from kavle.model.life import rolled_up
from kavle.model.message import Receipt
from kavle.model.status import FAILED, FINAL, Status
from kavle.store.rows import to_ms
from kavle.store.sqlite.expire import set_status, withdraw
from kavle.store.sqlite.rows import Reader, array, delete, insert

HORIZON: Final = timedelta(days=7)
"""A receipt later than this after its submit may belong to another message: networks reuse their ids."""

_HORIZON_MS: Final = HORIZON // timedelta(milliseconds=1)


class _Incoming(msgspec.Struct, array_like=True, frozen=True):
    domain: int
    network_id: str
    recipient: str
    status: int | None
    at: int
    raw: str


class _Waiting(_Incoming, frozen=True):
    id: int


class _Place(msgspec.Struct, array_like=True, frozen=True):
    """A row of `awaiting`: an accepted segment whose receipt is open."""

    domain: int
    network_id: str
    message_id: int
    number: int
    attempt: int
    recipient: str
    at: int


_PLACES = Reader(
    "SELECT json_group_array(json_array(a.domain, a.network_id, a.message_id, a.number, a.attempt,"
    " a.recipient, a.at)) FROM json_each(?) AS one CROSS JOIN awaiting AS a"
    " ON a.domain = one.value ->> 0 AND a.network_id = one.value ->> 1",
    _Place,
)
_WAITING = Reader(
    "SELECT json_group_array(json_array(w.domain, w.network_id, w.recipient, w.status, w.at, w.raw, w.id))"
    " FROM json_each(?) AS one CROSS JOIN waiting AS w"
    " ON w.domain = one.value ->> 0 AND w.network_id = one.value ->> 1",
    _Waiting,
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
_RECEIPT = "INSERT INTO receipt (message_id, number, attempt, status, at, raw)"
_WAIT = "INSERT INTO waiting (domain, network_id, recipient, status, at, raw)"
SETTLED = "DELETE FROM awaiting WHERE (domain, network_id, message_id, number, attempt)"


def receive(db: apsw.Connection, batches: Sequence[Sequence[Receipt]]) -> list[int]:
    """For each batch, how many of its receipts matched a segment; the others are kept waiting."""
    rows = [[_incoming(receipt) for receipt in batch] for batch in batches]
    match = _Match(db, {(row.domain, row.network_id) for batch in rows for row in batch})
    missed = [[row for row in batch if not match.take(row)] for batch in rows]
    insert(db, _WAIT, [msgspec.structs.astuple(row) for batch in missed for row in batch])
    _apply(db, match)
    return [len(batch) - len(left) for batch, left in zip(rows, missed, strict=True)]


def match_waiting(db: apsw.Connection, keys: Collection[tuple[int, str]]) -> int:
    """Match the receipts that came before the response to their submit, by (domain, network id)."""
    if not db.execute("SELECT EXISTS (SELECT 1 FROM waiting)").get:
        return 0  # as good as always
    waiting = _WAITING(db, array(keys))
    match = _Match(db, {(row.domain, row.network_id) for row in waiting})
    ids = [row.id for row in waiting if match.take(row)]
    db.execute("DELETE FROM waiting WHERE id IN (SELECT value FROM json_each(?))", (array(ids),))
    _apply(db, match)
    return len(ids)


def _incoming(receipt: Receipt) -> _Incoming:
    return _Incoming(
        domain=receipt.carrier_id,
        network_id=receipt.network_id,
        recipient=receipt.recipient,
        status=None if receipt.status is None else int(receipt.status),
        at=to_ms(receipt.at),
        raw=receipt.raw,
    )


class _Match:
    """Receipts being given to the open segments that bear their network ids."""

    def __init__(self, db: apsw.Connection, keys: Collection[tuple[int, str]]) -> None:
        self.matched: list[tuple[_Place, _Incoming]] = []
        self._open: dict[tuple[int, str], list[_Place]] = {}
        for place in sorted(_PLACES(db, array(keys)), key=lambda place: place.at):
            self._open.setdefault((place.domain, place.network_id), []).append(place)

    def take(self, row: _Incoming) -> bool:
        """To the newest open segment of this id and recipient, inside the horizon."""
        candidates = self._open.get((row.domain, row.network_id), [])
        for place in reversed(candidates):
            if _same(row.recipient, place.recipient) and row.at - place.at <= _HORIZON_MS:
                self.matched.append((place, row))
                if row.status in FINAL:
                    candidates.remove(place)
                return True
        return False


def _same(written: str, recipient: str) -> bool:
    """Networks write the number in national form, with or without a plus, or not at all."""
    return not written or written[-8:] == recipient[-8:]


def _apply(db: apsw.Connection, match: _Match) -> None:
    if not match.matched:
        return
    insert(
        db,
        _RECEIPT,
        [(at.message_id, at.number, at.attempt, row.status, row.at, row.raw) for at, row in match.matched],
    )
    final = [(place, row) for place, row in match.matched if row.status in FINAL]
    delete(
        db,
        SETTLED,
        [(at.domain, at.network_id, at.message_id, at.number, at.attempt) for at, _ in final],
    )
    if final:
        _roll_up(db, {place.message_id: row for place, row in final})


def _roll_up(db: apsw.Connection, latest: dict[int, _Incoming]) -> None:
    """`latest`: for each message a receipt that is final for its segment."""
    messages = _MESSAGES(db, array(latest))
    segments = _segments(db, [id for id, total, _ in messages if total > 1])
    changes, failed = [], []
    for id, total, before in messages:
        receipt = latest[id]
        if before in FINAL or receipt.status is None:
            continue
        # A message of one segment is what its receipt says: no need to read that back.
        after = receipt.status if total == 1 else rolled_up(total, segments[id].values(), Status(before))
        if after != before:
            changes.append((id, int(after), receipt.at))
            if total > 1 and after in FAILED:
                failed.append(id)
    set_status(db, changes)
    if failed:  # segments that still wait to be sent would be of no use
        withdraw(db, failed, max(latest[id].at for id in failed))


def _segments(db: apsw.Connection, ids: Collection[int]) -> dict[int, dict[int, Status]]:
    """The status of each segment that has one."""
    found: dict[int, dict[int, Status]] = {id: {} for id in ids}
    for id, number, status in _SEGMENTS(db, array(ids)) if ids else ():
        found[id][number] = Status(status)
    return found
