"""What may be asked without a password, by the manual: codes by id. Ids must not be found by
trying, so who asks for too many that are unknown is told that all are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from kavle.clock import Clock
from kavle.core.queries import Queries
from kavle.model.account import Anyone, Viewer
from kavle.north.caller import Caller
from kavle.north.throttle import Throttle, network_of

T = TypeVar("T")

Read = Callable[[Viewer, str], Awaitable[T | None]]


class Guesses:
    """One for the gateway: all operations that ask by id share its patience."""

    def __init__(self, queries: Queries, clock: Clock) -> None:
        self._queries = queries
        self._clock = clock
        self._unknown = Throttle(limit=100, window=timedelta(minutes=1))

    async def look(self, read: Read[T], public_id: str, caller: Caller) -> T | None:
        """What `read` finds under an id; None for one that is unknown, or is to look so."""
        network, now = network_of(caller.address), self._clock.now()
        if self._unknown.full(network, now):
            return None
        found = await read(Anyone(), public_id)
        if found is None:
            self._unknown.add(network, now)
        return found
