"""What the network counts of itself, and how a test waits for a count."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec


class Counts(msgspec.Struct):
    connections: int = 0  # ever made
    links: int = 0  # connections that are there now
    binds: int = 0
    binds_refused: int = 0
    submits: int = 0  # each submit_sm that was read: those accepted and those refused
    accepted: int = 0
    refused: int = 0
    delivered: int = 0  # segments that reached a phone
    receipts: int = 0  # that the network owes or has delivered
    receipts_sent: int = 0  # deliver_sm, repeated ones too
    receipts_acked: int = 0
    receipts_refused: int = 0  # deliver_sm that were answered with an error, or in time not at all
    receipts_given_up: int = 0
    mo: int = 0  # deliver_sm and data_sm of texts from phones: owed or delivered
    mo_sent: int = 0  # repeated ones too
    mo_acked: int = 0
    mo_refused: int = 0  # answered with an error, or in time not at all
    mo_given_up: int = 0  # refused for good, or too often
    peer_errors: int = 0  # PDUs that no ESME should send


_C = TypeVar("_C")


class Watch(Generic[_C]):
    """A network's counts, and those who wait for them."""

    def __init__(self, counts: _C) -> None:
        self.counts = counts
        self._waiting: list[tuple[Callable[[_C], bool], asyncio.Future[None]]] = []

    async def until(self, reached: Callable[[_C], bool]) -> None:
        """Returns once `reached(counts)`."""
        if not reached(self.counts):
            future = asyncio.get_running_loop().create_future()
            self._waiting.append((reached, future))
            await future

    def look(self) -> None:
        """To be called when something may have been counted."""
        if not self._waiting:
            return
        for reached, future in self._waiting:
            if not future.done() and reached(self.counts):
                future.set_result(None)
        self._waiting = [waiting for waiting in self._waiting if not waiting[1].done()]
