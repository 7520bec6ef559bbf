"""A message's story out of its rows: pure, and the same on every engine."""

from __future__ import annotations

from collections.abc import Iterable

from kavle.model.life import story as told
from kavle.model.status import Status
from kavle.store.bundling import opening
from kavle.store.rows import from_ms
from kavle.store.types import Story

MessageRow = tuple[int, int, int, int, int | None, int]
"""segments, accepted at, status, status at, due at, carrier"""
EventRow = tuple[int, int, int]  # when, segment, status


def assembled(message_id: int, row: MessageRow, rows: Iterable[EventRow]) -> Story:
    """`rows`: its segments' outcomes and then its receipts, each in their order."""
    segments, accepted_at, status, status_at, due_at, carrier_id = row
    events = [(from_ms(at), number, Status(status)) for at, number, status in rows]
    first = opening(accepted_at, due_at, carrier_id)
    past = told(segments, from_ms(accepted_at), sorted(events, key=lambda event: event[0]), first)
    if past[-1][0] != status:  # ended by us, which leaves no segment behind
        past.append((Status(status), from_ms(status_at)))
    return Story(message_id, Status(status), past)
