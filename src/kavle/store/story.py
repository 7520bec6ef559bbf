"""A message's story out of its rows: pure, and the same on every engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from kavle.model.history import Attempt, MessageStory, ReceiptLine, Tried
from kavle.model.life import WHOLE
from kavle.model.life import story as told
from kavle.model.service import Service
from kavle.model.status import Status
from kavle.store.bundling import Pending, opening
from kavle.store.history import line
from kavle.store.rows import SegmentOutcome, from_ms
from kavle.store.types import Story

MOST: Final = 1_000
"""Attempts, and receipts, that a message's story tells: the last ones."""

MessageRow = tuple[int, int, int, int, int | None, int]
"""segments, accepted at, status, status at, due at, carrier"""
EventRow = tuple[int, int, int]  # when, segment, status
AttemptRow = tuple[int, int, int, int, int, str | None, str | None]
"""when, segment, status, attempt, outcome, network id, error"""
ReceiptRow = tuple[int, int, int | None, str | None, str]
"""when, segment or WHOLE, status, network id, raw"""

_TRIED: Final = {
    SegmentOutcome.ACCEPTED: Tried.ACCEPTED,
    SegmentOutcome.REFUSED: Tried.REFUSED,
    SegmentOutcome.RETRY: Tried.PUT_OFF,
    SegmentOutcome.UNSURE: Tried.UNSURE,
}


def assembled(message_id: int, row: MessageRow, rows: Iterable[EventRow]) -> Story:
    """`rows`: its segments' outcomes and then its receipts, each in their order."""
    segments, accepted_at, status, status_at, due_at, carrier_id = row
    events = [(from_ms(at), number, Status(status)) for at, number, status in rows]
    first = opening(accepted_at, due_at, carrier_id)
    past = told(segments, from_ms(accepted_at), sorted(events, key=lambda event: event[0]), first)
    if past[-1][0] != status:  # ended by us, which leaves no segment behind
        past.append((Status(status), from_ms(status_at)))
    return Story(message_id, Status(status), past)


def message_story(
    row: Sequence[Any], attempts: Sequence[AttemptRow], receipts: Sequence[ReceiptRow]
) -> MessageStory:
    """`row`: of `history.one_statement`; the others with the newest first."""
    *columns, carrier_id = row
    known = line(columns)
    accepted_at, due_at, status, status_at = columns[10:14]
    events = [(at, segment, status) for at, segment, status, *_ in attempts[::-1]]
    events += [(at, segment, status) for at, segment, status, *_ in receipts[::-1] if status is not None]
    message = known.segments, accepted_at, status, status_at, due_at, carrier_id
    return MessageStory(
        known,
        assembled(known.id, message, events).told,
        [_attempt(row) for row in reversed(attempts)],
        [_receipt(row) for row in reversed(receipts)],
    )


def pending_story(row: Sequence[Any]) -> MessageStory:
    """Of a message that is still a recipient: its line's columns up to when it is due, and then its bundle,
    carrier, and when it was cancelled."""
    *columns, bundle_id, carrier_id, cancelled_at = row
    accepted_at, due_at = columns[10:]
    past = Pending(carrier_id, accepted_at, due_at, cancelled_at)
    known = line((*columns, past.status, past.status_at, bundle_id, Service.SMS))
    return MessageStory(known, past.story(known.id).told, [], [])


def _attempt(row: AttemptRow) -> Attempt:
    at, segment, _, number, outcome, network_id, error = row
    return Attempt(from_ms(at), segment, number, _TRIED[SegmentOutcome(outcome)], network_id, error)


def _receipt(row: ReceiptRow) -> ReceiptLine:
    at, segment, status, network_id, raw = row
    told = None if status is None else Status(status)
    return ReceiptLine(from_ms(at), None if segment == WHOLE else segment, network_id, told, raw)
