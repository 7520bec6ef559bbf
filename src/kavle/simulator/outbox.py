"""What waits to be delivered to the ESME, and the links that may take it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Protocol

from kavle.simulator.counts import Counts
from kavle.simulator.journal import Entry
from kavle.wire.smpp.pdus import DataSm, DeliverSm


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


class Receiver(Protocol):
    """A link that is bound to receive."""

    number: int

    def room(self, window: int) -> int:
        """How many deliveries may be sent on."""

    def deliver(self, delivery: Delivery, with_tlvs: bool) -> None: ...


class Outbox:
    """`window` deliveries at a time are in flight on each link."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._waiting: deque[Delivery] = deque()  # for any link
        self._links: dict[Receiver, deque[Delivery]] = {}  # and what waits for just that one

    def __len__(self) -> int:
        return len(self._waiting)

    def post(self, delivery: Delivery, not_over: Receiver | None = None) -> None:
        """`not_over`: another link is to take it, if there is one."""
        queue = self._waiting
        if not_over is not None:
            queue = next((own for link, own in self._links.items() if link is not not_over), queue)
        queue.append(delivery)

    def put_back(self, deliveries: Iterable[Delivery]) -> None:
        """Their link is gone: they go out first on the next."""
        self._waiting.extendleft(reversed(list(deliveries)))

    def join(self, link: Receiver) -> None:
        self._links[link] = deque()

    def leave(self, link: Receiver) -> None:
        self.put_back(self._links.pop(link, ()))

    def sendable(self) -> Iterator[tuple[Receiver, Delivery]]:
        """Takes out what there is room for now, shared evenly among the links."""
        share = -(-len(self._waiting) // (len(self._links) or 1))
        for link, own in self._links.items():
            room = link.room(self._window)
            for _ in range(min(room, len(own))):
                yield link, own.popleft()
                room -= 1
            for _ in range(min(share, room, len(self._waiting))):
                yield link, self._waiting.popleft()
