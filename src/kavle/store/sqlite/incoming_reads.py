"""What is only read of incoming messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import apsw

from kavle.model.incoming import IncomingState
from kavle.model.why import read
from kavle.store.inbox import IncomingLine, IncomingPage, IncomingStory, TryLine
from kavle.store.incoming_mms import said_of
from kavle.store.rows import JobState, from_ms
from kavle.store.sqlite.files import lines
from kavle.store.sqlite.rows import array

_LINE: Final = (
    "SELECT m.id, a.name, c.name, m.sender, m.recipient, m.received_at, m.parts, m.got, m.state, m.state_at,"
    " m.mms"
    " FROM incoming AS m JOIN carrier AS c ON c.id = m.carrier_id"
    " LEFT JOIN account AS a ON a.id = m.account_id"
)
_NEWEST: Final = " AND m.id < coalesce(?, 9223372036854775807) ORDER BY m.id DESC LIMIT ?"
_TEXTS: Final = (
    "SELECT message_id, substr(text, 1, ?) FROM json_each(?) AS one CROSS JOIN body ON message_id = one.value"
)
_TRIES: Final = (
    "SELECT number, at, milliseconds, status, head, error FROM callback_try"
    " WHERE incoming_id = ? ORDER BY number"
)
_DUE: Final = "SELECT state, due FROM callback WHERE incoming_id = ?"
_COUNTS: Final = "SELECT count(*) FROM callback"


def listing(db: apsw.Connection, page: IncomingPage) -> list[IncomingLine]:
    """Each filter has an index of its own; where several are given, the others sift."""
    sql, given = _LINE + " WHERE true", []
    for wanted, condition, value in (
        (page.account_id is not None, " AND m.account_id = ?", page.account_id),
        (page.unowned, " AND m.account_id IS NULL", None),
        (page.recipient is not None, " AND m.recipient = ?", page.recipient),
        (page.sender is not None, " AND m.sender = ?", page.sender),
        (page.failed, f" AND m.state = {int(IncomingState.FAILED)}", None),
    ):
        sql += condition if wanted else ""
        given += [value] if wanted and value is not None else []
    return [_line(row) for row in db.execute(sql + _NEWEST, (*given, page.before, page.limit))]


def texts(db: apsw.Connection, ids: Sequence[int], characters: int) -> dict[int, str]:
    return dict(db.execute(_TEXTS, (characters, array(ids))))


def story(db: apsw.Connection, id: int) -> IncomingStory | None:
    row = db.execute(f"{_LINE} WHERE m.id = ?", (id,)).get
    if row is None:
        return None
    text: str | None = db.execute("SELECT text FROM body WHERE message_id = ?", (id,)).get
    state, due = db.execute(_DUE, (id,)).get or (JobState.LEASED, 0)
    tries = [
        TryLine(number, from_ms(at), ms, status, head, read(error))
        for number, at, ms, status, head, error in db.execute(_TRIES, (id,))
    ]
    files = tuple(lines(db, id)) if row[-1] is not None else ()
    next = None if state == JobState.LEASED else from_ms(due)
    return IncomingStory(_line(row), text or "", tries, next, files)


def uncalled(db: apsw.Connection) -> int:
    found: int = db.execute(_COUNTS).get
    return found


def _line(row: tuple[object, ...]) -> IncomingLine:
    id, account, carrier, sender, recipient, at, parts, got, state, state_at, mms = row
    told = id, account, carrier, sender, recipient, from_ms(at), parts, got  # type: ignore[arg-type]
    return IncomingLine(*told, IncomingState(state), from_ms(state_at), said_of(mms))  # type: ignore[arg-type]
