"""What the operator decides on: messages with segments that the network may have or not, of carriers that
hold these."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import msgspec

from kavle.clock import Clock
from kavle.core.ids import internal
from kavle.store.store import Store
from kavle.store.types import Decision, HeldPage, Verdict

PAGE: Final = 200
"""Messages told, or decided on, at a time."""
EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


class HeldMessage(msgspec.Struct, frozen=True):
    id: str  # the public one
    account: str
    carrier: str
    recipient: str
    segments: tuple[int, ...]  # the held ones
    total: int
    since: datetime


class ListHeld(msgspec.Struct, frozen=True, tag="held"):
    """At most `PAGE` of them, the oldest first: those behind this one."""

    carrier: str | None = None  # of this one alone
    after_since: datetime = EVER
    after_id: str = ""


class DecideHeld(msgspec.Struct, frozen=True, tag="decide"):
    """By public ids, `PAGE` of them at most."""

    verdict: Verdict
    ids: tuple[str, ...]


HeldCommand = ListHeld | DecideHeld


class Held:
    def __init__(self, store: Store, clock: Clock, wake: Callable[[], None] = lambda: None) -> None:
        """`wake` is told when some are ready to be sent again, where there are links in this process."""
        self._store = store
        self._clock = clock
        self._wake = wake

    async def page(self, command: ListHeld) -> list[HeldMessage]:
        after = await internal(self._store, command.after_id) if command.after_id else None
        page = HeldPage((command.after_since, after or 0), command.carrier, PAGE)
        public = self._store.public_ids.public
        return [
            HeldMessage(
                str(public(line.message_id)),
                line.account,
                line.carrier,
                line.recipient,
                line.held,
                line.total,
                line.since,
            )
            for line in await self._store.held(page)
        ]

    async def decide(self, command: DecideHeld) -> list[str]:
        """The public ids of those that it was carried out on; the others are not held, or not any more."""
        known = {given: await internal(self._store, given) for given in command.ids}
        ids = tuple(id for id in known.values() if id is not None)
        done = set(await self._store.decide(Decision(ids, command.verdict, self._clock.now())))
        if done and command.verdict is Verdict.RELEASE:
            self._wake()
        return [given for given, id in known.items() if id in done]
