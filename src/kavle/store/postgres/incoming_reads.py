"""What is only read of incoming messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from kavle.model.incoming import IncomingState
from kavle.model.why import read
from kavle.store.inbox import IncomingLine, IncomingPage, IncomingStory, TryLine
from kavle.store.incoming_mms import said_of
from kavle.store.postgres.files import lines
from kavle.store.postgres.rows import Db
from kavle.store.rows import JobState, from_ms

_LINE: Final = (
    "SELECT m.id, a.name, c.name, m.sender, m.recipient, m.received_at, m.parts, m.got, m.state, m.state_at,"
    " m.mms"
    " FROM incoming AS m JOIN carrier AS c ON c.id = m.carrier_id"
    " LEFT JOIN account AS a ON a.id = m.account_id"
)
_ONE: Final = f"{_LINE} WHERE m.id = $1"
_TEXT: Final = "SELECT text FROM body WHERE message_id = $1"
_TEXTS: Final = "SELECT message_id, left(text, $2) FROM body WHERE message_id = ANY($1::bigint[])"
_TRIES: Final = (
    "SELECT number, at, milliseconds, status, head, error FROM callback_try"
    " WHERE incoming_id = $1 ORDER BY number"
)
_DUE: Final = "SELECT state, due FROM callback WHERE incoming_id = $1"
_LAST: Final = 2**63 - 1


async def listing(db: Db, page: IncomingPage) -> list[IncomingLine]:
    """Each filter has an index of its own; where several are given, the others sift."""
    sql = f"{_LINE} WHERE m.id < $1"
    given: list[object] = [_LAST if page.before is None else page.before, page.limit]
    if page.account_id is not None:
        given.append(page.account_id)
        sql += f" AND m.account_id = ${len(given)}"
    if page.unowned:
        sql += " AND m.account_id IS NULL"
    if page.recipient is not None:
        given.append(page.recipient)
        sql += f" AND m.recipient = ${len(given)}"
    if page.sender is not None:
        given.append(page.sender)
        sql += f" AND m.sender = ${len(given)}"
    if page.failed:
        sql += f" AND m.state = {int(IncomingState.FAILED)}"
    return [_line(row) for row in await db.fetch(f"{sql} ORDER BY m.id DESC LIMIT $2", *given)]


async def texts(db: Db, ids: Sequence[int], characters: int) -> dict[int, str]:
    return dict(await db.fetch(_TEXTS, list(ids), characters))


async def story(db: Db, id: int) -> IncomingStory | None:
    row = await db.fetchrow(_ONE, id)
    if row is None:
        return None
    text: str | None = await db.fetchval(_TEXT, id)
    state, due = await db.fetchrow(_DUE, id) or (JobState.LEASED, 0)
    tries = [
        TryLine(number, from_ms(at), ms, status, head, read(error))
        for number, at, ms, status, head, error in await db.fetch(_TRIES, id)
    ]
    files = tuple(await lines(db, id)) if row[-1] is not None else ()
    next = None if state == JobState.LEASED else from_ms(due)
    return IncomingStory(_line(row), text or "", tries, next, files)


async def uncalled(db: Db) -> int:
    found: int = await db.fetchval("SELECT count(*) FROM callback")
    return found


def _line(row: Any) -> IncomingLine:
    id, account, carrier, sender, recipient, at, parts, got, state, state_at, mms = row
    told = id, account, carrier, sender, recipient, from_ms(at), parts, got
    return IncomingLine(*told, IncomingState(state), from_ms(state_at), said_of(mms))
