"""What may be asked without a password, by the manual: codes and times by id. Ids must not be found by
trying, so who asks for too many that are unknown is told that all are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from kavle.clock import Clock
from kavle.core.queries import Queries
from kavle.model.account import Anyone, Viewer
from kavle.north.addresses import admits
from kavle.north.caller import Caller
from kavle.north.throttle import Throttle, network_of

T = TypeVar("T")

Read = Callable[[Viewer, str], Awaitable[T | None]]


class Guesses:
    """One for the gateway: all operations that ask by id share its patience."""

    def __init__(self, queries: Queries, clock: Clock, *, from_own_addresses: bool) -> None:
        """`from_own_addresses`: ids are known only to the addresses that their accounts may call from."""
        self._queries = queries
        self._clock = clock
        self._restricted = from_own_addresses
        self._unknown = Throttle(limit=100, window=timedelta(minutes=1))

    async def look(self, read: Read[T], public_id: str, caller: Caller) -> T | None:
        """What `read` finds under an id; None for one that is unknown, or is to look so."""
        network, now = network_of(caller.address), self._clock.now()
        if self._unknown.full(network, now):
            return None
        found = await read(Anyone(), public_id) if await self._shown(public_id, caller) else None
        if not found and not await self._known(public_id, caller):
            self._unknown.add(network, now)
        return found

    async def _shown(self, public_id: str, caller: Caller) -> bool:
        return not self._restricted or await self._known(public_id, caller)

    async def _known(self, public_id: str, caller: Caller) -> bool:
        owner = await self._queries.owner(Anyone(), public_id)
        if owner is None:
            return False
        return not self._restricted or admits(owner.settings.addresses, caller.address)
