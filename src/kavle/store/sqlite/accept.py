"""Commit 1: messages, their jobs and their debits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import apsw

from kavle.model.message import Draft
from kavle.store.bundling import opening, waits
from kavle.store.files import FileRow, of_draft
from kavle.store.funds import Place, pay
from kavle.store.rows import Entry, JobState, all_bits, to_ms
from kavle.store.sqlite import traffic
from kavle.store.sqlite.files import INSERT as FILE
from kavle.store.sqlite.rows import Reader, array, insert

FUNDS = Reader(
    "SELECT json_group_array(json_array(account_id, amount, weight, tag)) FROM balance"
    " WHERE account_id IN (SELECT value FROM json_each(?))",
    tuple[int, int, int, int],
)
_MESSAGE = (
    "INSERT INTO message (id, account_id, carrier_id, recipient, sender, encoding, flash, priority, segments,"
    " segment_price, accepted_at, expires_at, status, status_at, due_at, service)"
)
BODY = "INSERT INTO body (message_id, text)"
_JOB = (
    "INSERT INTO job (message_id, carrier_id, priority, tag, state, unsent, handed, unsure, attempt, due,"
    " token, expires_at)"
)
LEDGER = "INSERT INTO ledger (account_id, at, kind, amount, balance, message_id)"
SPEND = (
    "UPDATE balance SET amount = new.value ->> 1, tag = new.value ->> 3 FROM json_each(?) AS new"
    " WHERE account_id = new.value ->> 0"
)


def accept(db: apsw.Connection, drafts: Sequence[Draft]) -> list[int | None]:
    """The internal id of each message; None where its account's balance was too small for it, which
    refuses that message alone."""
    funds = {row[0]: list(row) for row in FUNDS(db, array({draft.account_id for draft in drafts}))}
    paid = [pay(funds[draft.account_id], draft) for draft in drafts]
    ids = new_ids(db, sum(place is not None for place in paid))
    results = [None if place is None else next(ids) for place in paid]
    _insert(
        db,
        [
            (id, draft, place)
            for id, draft, place in zip(results, drafts, paid, strict=True)
            if id is not None and place is not None
        ],
    )
    db.execute(SPEND, (array(funds.values()),))
    return results


def new_ids(db: apsw.Connection, count: int) -> Iterator[int]:
    last: int = db.execute("UPDATE gateway SET last_id = last_id + ? RETURNING last_id", (count,)).get
    return iter(range(last - count + 1, last + 1))


def _insert(db: apsw.Connection, rows: Sequence[tuple[int, Draft, Place]]) -> None:
    messages, bodies, files, jobs, entries, counted = [], [], list[FileRow](), [], [], []
    for id, draft, (after, tag, _) in rows:
        at, expires = to_ms(draft.accepted_at), to_ms(draft.expires_at)
        due = None if draft.due is None else to_ms(draft.due)
        messages.append(
            (
                id,
                draft.account_id,
                draft.carrier_id,
                draft.recipient,
                draft.sender,
                int(draft.encoding),
                draft.flash,
                draft.priority,
                draft.segments,
                draft.segment_price,
                at,
                expires,
                int(opening(at, due)),
                at,
                due,
                int(draft.service),
            )
        )
        files += of_draft(id, draft)
        bodies.append((id, draft.text))
        jobs.append(
            (
                id,
                draft.carrier_id,
                draft.priority,
                tag,
                int(JobState.WAITING if waits(at, due) else JobState.READY),
                all_bits(draft.segments),
                0,
                0,
                0,
                due or 0,
                0,
                expires,
            )
        )
        entries.append((draft.account_id, at, int(Entry.DEBIT), -draft.price, after, id))
        counted.append((at, draft.account_id, draft.carrier_id))
    insert(db, _MESSAGE, messages)
    insert(db, BODY, bodies)
    insert(db, FILE, files)
    insert(db, _JOB, jobs)
    insert(db, LEDGER, entries)
    traffic.accepted(db, counted)
