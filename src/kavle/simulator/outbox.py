"""What waits to be delivered to the ESME, and the links that may take it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from kavle.simulator.counts import Counts
from kavle.simulator.journal import Entry
from kavle.wire.smpp.pdus import DataSm, DeliverSm

if TYPE_CHECKING:
    from kavle.simulator.link import Link


class Delivery(Protocol):
    """A receipt, or a part of a text from a phone. It keeps its own counts."""

    attempts: int

    def pdu(self, with_tlvs: bool) -> DeliverSm | DataSm: ...

    def sent(self, counts: Counts) -> None: ...

    def answered(self, counts: Counts, status: int | None) -> bool:
        """By the ESME, or in time not at all (None). Returns whether it is to be sent again."""

    def given_up(self, counts: Counts) -> None:
        """It was to be sent again, but has been too often."""

    def sent_entry(self, at: datetime, connection: int) -> Entry:
        """For the journal."""

    def answered_entry(self, at: datetime, connection: int, status: int) -> Entry: ...


class Outbox:
    """`window` deliveries at a time are in flight on each link."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._waiting: deque[Delivery] = deque()
        self._links: list[Link] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def post(self, delivery: Delivery) -> None:
        self._waiting.append(delivery)

    def put_back(self, deliveries: list[Delivery]) -> None:
        """Their link is gone: they go out first on the next."""
        self._waiting.extendleft(reversed(deliveries))

    def join(self, link: Link) -> None:
        self._links.append(link)

    def leave(self, link: Link) -> None:
        if link in self._links:
            self._links.remove(link)

    def sendable(self) -> Iterator[tuple[Link, Delivery]]:
        """Takes out what there is room for now, shared evenly among the links."""
        share = -(-len(self._waiting) // (len(self._links) or 1))
        for link in self._links:
            for _ in range(min(share, link.room(self._window), len(self._waiting))):
                yield link, self._waiting.popleft()
