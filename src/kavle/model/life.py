"""A message's life as pure functions: the status that its segments add up to, and its recorded story.

10 received ──► 21 in the network ──► 22 delivered
  │               ▲  │
  ▼               │  └──► 43 / 50 / 51 / 52   by a receipt, for good
11 delayed ───────┘
  ├──► 41 / 42 / 43 / 51 / 52                 as 10, too: refused or expired here, and refunded
  └──► 12 cancelled                           before its time had come, and refunded

What is time controlled begins as 11, and a bundle's recipient that leads nowhere is 3 for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from kavle.model.status import FAILED, FINAL, Status

WHOLE: Final = 0
"""In the place of a segment's number, which are from 1."""


def rolled_up(total: int, segments: Iterable[Status], current: Status) -> Status:
    """The message's status, from those of its segments that have one and the status it had.

    22 when every segment is; failed as soon as one segment is for good; 21 when the network has them all.
    A final status never regresses."""
    if current in FINAL:
        return current
    taken = delivered = 0
    for status in segments:
        if status in FAILED:
            return status
        taken += status is Status.IN_NETWORK or status is Status.DELIVERED
        delivered += status is Status.DELIVERED
    if delivered == total:
        return Status.DELIVERED
    return Status.IN_NETWORK if taken == total else current


def rolled_up_whole(current: Status, told: Status) -> Status:
    """The message's status after a receipt for the whole of it. That it is delivered is believed once the
    network has every segment: some receipt the first part alone, and early."""
    if current in FINAL:
        return current
    return told if told in FAILED or current is Status.IN_NETWORK else current


def story(
    total: int,
    accepted_at: datetime,
    events: Sequence[tuple[datetime, int, Status]],
    first: Status = Status.RECEIVED,
) -> list[tuple[Status, datetime]]:
    """The statuses a message has had, oldest first, from its segments' events `(when, segment, status)`;
    segment `WHOLE` is the whole message."""
    current = first
    told = [(current, accepted_at)]
    segments: dict[int, Status] = {}
    whole = Status.IN_NETWORK
    for at, segment, status in events:
        if segment == WHOLE:
            whole = status
            after = rolled_up_whole(current, whole)
        elif status is Status.DELAYED:
            after = current if current in FINAL else Status.DELAYED
        else:
            if segments.get(segment) not in FINAL:
                segments[segment] = status
            after = rolled_up(total, segments.values(), current)
            if after is Status.IN_NETWORK:
                after = whole
        if after is not current:
            current = after
            told.append((current, at))
    return told


def backoff(attempt: int) -> int:
    """How long, in ms, a message waits after its n-th attempt was put off by the network: 1, 2, 4 … 300 s."""
    return min(1000 << min(attempt - 1, 20), 300_000)


def patience(attempt: int) -> int:
    """How long, in ms, it waits where the link died with it: 1, 8, 60, 60 s. A link that goes up and down is
    soon one that stays, and each try may be one text more on the phone."""
    return min(1000 << min(3 * (attempt - 1), 20), 60_000)
