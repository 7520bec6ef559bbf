"""Room for long bodies: all that are held at once share so many bytes, and who comes when they are taken
waits unread, in the order of arrival. One network gets a quarter, so that whoever sends slowly on purpose
holds up itself and nobody else."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Final

SHORT: Final = 64 * 1024
"""Bytes that each request may hold without asking: as many as its connection reads ahead."""

_LEAST: Final = 32 * 1024 * 1024
_SHARES: Final = 4


class Room:
    """For bodies of at most `longest` bytes."""

    def __init__(self, longest: int) -> None:
        self._free = max(_LEAST, _SHARES * longest)
        self._share = self._free // _SHARES
        self._held: Counter[str] = Counter()
        self._waiting: dict[asyncio.Future[None], tuple[Lease, int]] = {}

    def lease(self, network: str) -> Lease:
        """For one request from there."""
        return Lease(self, network)

    async def give(self, lease: Lease, size: int) -> None:
        """Waits until it can be had."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting[turn] = lease, size
        self._serve()
        try:
            await turn
        finally:
            self._waiting.pop(turn, None)

    def take_back(self, lease: Lease) -> None:
        self._take(lease, -lease.size)
        if not self._held[lease.network]:
            del self._held[lease.network]
        self._serve()

    def _serve(self) -> None:
        for turn, (lease, size) in list(self._waiting.items()):
            if turn.done() or self._held[lease.network] + size > self._share:
                continue  # it waits for its own network alone
            if size > self._free:
                return  # smaller ones behind it would pass it by for ever
            self._take(lease, size)
            turn.set_result(None)

    def _take(self, lease: Lease, size: int) -> None:
        self._free -= size
        self._held[lease.network] += size
        lease.size += size


class Lease:
    """What one request holds: nothing, until its body is found to be long."""

    def __init__(self, room: Room, network: str) -> None:
        self.network: Final = network
        self.size = 0
        self._room = room

    async def need(self, size: int) -> None:
        """Waits until there is room for a body of `size` bytes."""
        if size > SHORT and self.size == 0:
            await self._room.give(self, size)

    def end(self) -> None:
        if self.size:
            self._room.take_back(self)
