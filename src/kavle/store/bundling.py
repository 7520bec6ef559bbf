"""Bundles on their way to messages, and what time control means: pure, and the same on every engine."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from kavle.model.bundle import NOWHERE, BundleDraft
from kavle.model.status import Status
from kavle.store.rows import from_ms
from kavle.store.types import Story

MOST: Final = 2_000
"""Messages of one part, which becomes messages in one transaction."""

PartColumns = tuple[int, int, int, str]
"""first id, last id, tag, recipients as JSON"""


class Part(msgspec.Struct, array_like=True, frozen=True):
    """A part with work to do, and what its bundle says."""

    first_id: int
    last_id: int
    work: int
    bundle_id: int
    account_id: int
    segments: int
    accepted_at: int
    due_at: int | None
    cancelled_at: int | None

    @property
    def size(self) -> int:
        return self.last_id - self.first_id + 1

    @property
    def status(self) -> Status:
        """Of its messages that lead somewhere, as they are made."""
        if self.cancelled_at is not None:
            return Status.CANCELLED
        return opening(self.accepted_at, self.due_at)

    @property
    def waits(self) -> bool:
        """Its messages are made as waiting ones, even if their time has come meanwhile: only `promote` makes
        ready what was time controlled, so that nobody else has to keep clear of cancelling."""
        return waits(self.accepted_at, self.due_at)


class Pending(msgspec.Struct, array_like=True, frozen=True):
    """A message that is still a recipient in a part of its bundle."""

    carrier_id: int
    accepted_at: int
    due_at: int | None
    cancelled_at: int | None

    @property
    def status(self) -> Status:
        return self._past[-1][0]

    @property
    def status_at(self) -> int:
        return self._past[-1][1]

    @property
    def _past(self) -> list[tuple[Status, int]]:
        past = [(opening(self.accepted_at, self.due_at, self.carrier_id), self.accepted_at)]
        if self.cancelled_at is not None and self.carrier_id != NOWHERE:
            past.append((Status.CANCELLED, self.cancelled_at))
        return past

    def story(self, message_id: int) -> Story:
        return Story(message_id, self.status, [(status, from_ms(at)) for status, at in self._past])


def waits(accepted_at: int, due_at: int | None) -> bool:
    """Whether it is accepted to be sent later. A time that has passed already is at once."""
    return due_at is not None and due_at > accepted_at


def opening(accepted_at: int, due_at: int | None, carrier_id: int | None = None) -> Status:
    """A message's first status."""
    if carrier_id == NOWHERE:
        return Status.INVALID_NUMBER
    return Status.DELAYED if waits(accepted_at, due_at) else Status.RECEIVED


def parts(draft: BundleDraft, ids: Sequence[int], tag: int, step: int) -> Iterator[PartColumns]:
    """The rows of a bundle's parts; `ids`, one a recipient and rising, may have gaps. Takes 0.2 µs a
    recipient: a long list is not for the event loop."""
    start = 0
    while start < len(ids):
        size = _adjacent(ids, start)
        recipients = msgspec.json.encode(draft.destinations[start : start + size]).decode()
        yield ids[start], ids[start] + size - 1, tag + start * step, recipients
        start += size


def _adjacent(ids: Sequence[int], start: int) -> int:
    """How many ids from there on have no gap between them, MOST at most."""
    ahead = range(min(MOST, len(ids) - start))
    return bisect(ahead, 0, key=lambda n: ids[start + n] - ids[start] - n)
