"""Bundles: accepted whole in one commit, with their recipients as they came; made into messages, or ended,
part by part."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import apsw

from kavle.model.bundle import NOWHERE, BundleDraft
from kavle.model.status import Status
from kavle.store.bundling import Part, parts
from kavle.store.funds import Place, pay
from kavle.store.rows import Entry, JobState, PartWork, all_bits, to_ms
from kavle.store.sqlite import accounts, expire, traffic
from kavle.store.sqlite.accept import BODY, FUNDS, LEDGER, SPEND
from kavle.store.sqlite.rows import Reader, array, insert

_BUNDLE = (
    "INSERT INTO bundle (id, account_id, sender, encoding, segments, priority, accepted_at, expires_at,"
    " due_at, tag_step, count)"
)
_PART = "INSERT INTO bundle_part (first_id, last_id, tag, recipients, bundle_id, priority, work)"
_IDS = "UPDATE gateway SET last_id = last_id + 1 + ? RETURNING last_id"
_HEAD: Final = (
    "p.first_id, p.last_id, p.work, p.bundle_id, b.account_id, b.segments, b.accepted_at, b.due_at,"
    " b.cancelled_at"
)
_NEXT = (
    f"SELECT {_HEAD} FROM (SELECT * FROM bundle_part WHERE work <> 0"  # noqa: S608 -- ours
    " ORDER BY work DESC, priority DESC, tag, first_id LIMIT 1) AS p JOIN bundle AS b ON b.id = p.bundle_id"
)
_UNEXPANDED = (
    f"SELECT {_HEAD} FROM bundle_part AS p JOIN bundle AS b ON b.id = p.bundle_id"  # noqa: S608 -- ours
    " WHERE p.first_id = (SELECT max(first_id) FROM bundle_part WHERE first_id <= ?1) AND p.last_id >= ?1"
    f" AND p.work = {int(PartWork.EXPAND)}"
)
_MESSAGES = f"""
INSERT INTO message (id, account_id, carrier_id, recipient, sender, encoding, flash, priority, segments,
                     segment_price, accepted_at, expires_at, status, status_at, due_at, bundle_id)
SELECT p.first_id + one.key, b.account_id, one.value ->> 1, one.value ->> 0, b.sender, b.encoding, 0,
       b.priority, b.segments, iif(one.value ->> 1 <> {NOWHERE}, one.value ->> 2, 0), b.accepted_at,
       b.expires_at, iif(one.value ->> 1 <> {NOWHERE}, ?2, {int(Status.INVALID_NUMBER)}),
       iif(one.value ->> 1 <> {NOWHERE}, ?3, b.accepted_at), b.due_at, b.id
FROM bundle_part AS p CROSS JOIN bundle AS b ON b.id = p.bundle_id CROSS JOIN json_each(p.recipients) AS one
WHERE p.first_id = ?1
"""  # noqa: S608 -- numbers of ours
_JOBS = f"""
INSERT INTO job (message_id, carrier_id, priority, tag, state, unsent, handed, unsure, attempt, due, token,
                 expires_at)
SELECT m.id, m.carrier_id, m.priority, p.tag + (m.id - p.first_id) * b.tag_step, ?2, ?3, 0, 0, 0,
       coalesce(b.due_at, 0), 0, m.expires_at
FROM bundle_part AS p CROSS JOIN bundle AS b ON b.id = p.bundle_id
CROSS JOIN message AS m ON m.id BETWEEN p.first_id AND p.last_id
WHERE p.first_id = ?1 AND m.carrier_id <> {NOWHERE}
"""  # noqa: S608 -- numbers of ours
_PRICE = "SELECT coalesce(sum(segments * segment_price), 0) FROM message WHERE id BETWEEN ? AND ?"
_EMPTY = f"UPDATE bundle_part SET work = {int(PartWork.NOTHING)}, recipients = NULL WHERE first_id = ?"  # noqa: S608
_NEVER_TRIED = (
    f"SELECT message_id FROM job WHERE message_id BETWEEN ? AND ? AND state = {int(JobState.WAITING)}"  # noqa: S608
    " AND attempt = 0"
)
_FIRSTS = "SELECT first_id FROM bundle_part WHERE bundle_id = ? ORDER BY first_id"
_CARRIERS = Reader(
    "SELECT json_group_array(json_array(p.first_id + one.key, one.value ->> 1))"
    " FROM bundle_part AS p CROSS JOIN json_each(p.recipients) AS one WHERE p.first_id = ?",
    tuple[int, int],
)
_STATUSES = Reader(
    "SELECT json_group_array(json_array(m.id, m.status)) FROM bundle_part AS p"
    " CROSS JOIN message AS m ON m.id BETWEEN p.first_id AND p.last_id WHERE p.first_id = ?",
    tuple[int, Status],
)
_CANCELLING = (
    "SELECT EXISTS (SELECT 1 FROM bundle_part AS p JOIN bundle AS b ON b.id = p.bundle_id"
    " WHERE p.bundle_id = ? AND p.work <> 0 AND b.cancelled_at IS NOT NULL)"
)


def accept_bundle(db: apsw.Connection, drafts: Sequence[BundleDraft]) -> list[int | None]:
    """The internal id of each bundle, those of its messages following it; None where its account's balance
    was too small for all of it."""
    return [_accept(db, draft) for draft in drafts]


def _accept(db: apsw.Connection, draft: BundleDraft) -> int | None:
    fund = list(FUNDS(db, array([draft.account_id]))[0])
    place = pay(fund, draft)
    if place is None:
        return None
    last: int = db.execute(_IDS, (draft.count,)).get
    id = last - draft.count
    _insert(db, id, draft, place)
    db.execute(SPEND, (array([fund]),))
    return id


def _insert(db: apsw.Connection, id: int, draft: BundleDraft, place: Place) -> None:
    after, tag, step = place
    at = to_ms(draft.accepted_at)
    row = (
        id,
        draft.account_id,
        draft.sender,
        int(draft.encoding),
        draft.segments,
        draft.priority,
        at,
        to_ms(draft.expires_at),
        None if draft.due is None else to_ms(draft.due),
        step,
        draft.count,
    )
    insert(db, _BUNDLE, [row])
    insert(db, BODY, [(id, draft.text)])
    what = id, draft.priority, int(PartWork.EXPAND)
    ids = range(id + 1, id + 1 + draft.count)
    insert(db, _PART, [(*part, *what) for part in parts(draft, ids, tag, step)])
    insert(db, LEDGER, [(draft.account_id, at, int(Entry.DEBIT), -draft.price, after, id)])


def advance(db: apsw.Connection, times: Sequence[datetime]) -> list[int]:
    """For each call the messages of one part, made or ended; 0 when no part has work left."""
    return [_advance(db, to_ms(now)) for now in times]


def _advance(db: apsw.Connection, now: int) -> int:
    row = db.execute(_NEXT).get
    if row is None:
        return 0
    part = Part(*row)
    if part.work == PartWork.EXPAND:
        expand(db, part, now)
    else:
        _end(db, part, now)
    return part.size


def unexpanded(db: apsw.Connection, message_id: int) -> Part | None:
    """The part that this message is still a recipient in."""
    row = db.execute(_UNEXPANDED, (message_id,)).get
    return Part(*row) if row else None


def expand(db: apsw.Connection, part: Part, now: int) -> None:
    """Recipients become messages with their jobs; those of a cancelled bundle end so, refunded."""
    cancelled = part.cancelled_at is not None
    db.execute(_MESSAGES, (part.first_id, int(part.status), now if cancelled else part.accepted_at))
    traffic.accepted_part(db, part.first_id, part.last_id)
    if cancelled:
        price: int = db.execute(_PRICE, (part.first_id, part.last_id)).get
        accounts.refund(db, [(part.account_id, part.bundle_id, price)], now)
    else:
        state = JobState.WAITING if part.waits else JobState.READY
        db.execute(_JOBS, (part.first_id, int(state), all_bits(part.segments)))
    db.execute(_EMPTY, (part.first_id,))


def _end(db: apsw.Connection, part: Part, now: int) -> None:
    """Of a cancelled bundle's messages those that still wait for their time."""
    waiting = [row[0] for row in db.execute(_NEVER_TRIED, (part.first_id, part.last_id))]
    expire.cancel(db, waiting, now)
    db.execute(_EMPTY, (part.first_id,))


# --- reads ----------------------------------------------------------------------------------------------


def some_work(db: apsw.Connection) -> bool:
    return bool(db.execute("SELECT EXISTS (SELECT 1 FROM bundle_part WHERE work <> 0)").get)


def firsts(db: apsw.Connection, bundle_id: int) -> list[int] | None:
    """The first id of each of its parts; None for no bundle."""
    if not db.execute("SELECT EXISTS (SELECT 1 FROM bundle WHERE id = ?)", (bundle_id,)).get:
        return None
    return [row[0] for row in db.execute(_FIRSTS, (bundle_id,))]


def statuses(db: apsw.Connection, first_id: int) -> list[tuple[int, Status]]:
    """Of each message of a part. Recipients first: they are none only once they are messages."""
    part = unexpanded(db, first_id)
    carriers = _CARRIERS(db, first_id) if part else []
    if part and carriers:
        return [
            (id, part.status if carrier_id != NOWHERE else Status.INVALID_NUMBER)
            for id, carrier_id in carriers
        ]
    return _STATUSES(db, first_id)


def cancelling(db: apsw.Connection, bundle_id: int) -> bool:
    return bool(db.execute(_CANCELLING, (bundle_id,)).get)
