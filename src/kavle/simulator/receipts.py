"""Delivery receipts on their way to the ESME: kept until it has them, sent over any of its receivers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from kavle.simulator.data_coding import ALPHABETS, Alphabet
from kavle.wire.smpp.constants import ESM_UDHI, MessageState
from kavle.wire.smpp.fields import NO_TLVS
from kavle.wire.smpp.pdus import DeliverSm, SubmitSm
from kavle.wire.smpp.receipt import format_receipt, receipt_for, receipt_tlvs

if TYPE_CHECKING:
    from kavle.simulator.link import Link


_EXCERPT: Final = 20  # characters, Appendix B
_ID: Final = "ID"


class Receipt(msgspec.Struct, gc=False):
    """What became of a message."""

    id: str
    message: SubmitSm
    submitted: datetime
    done: datetime
    state: MessageState
    err: int
    attempts: int = 0

    def deliver_sm(self, with_tlvs: bool) -> DeliverSm:
        before, behind = _around_id(self.state, self.err, self.submitted, self.done)
        text = before + self.id.encode() + behind + _excerpt(self.message)
        tlvs = receipt_tlvs(self.id, self.state) if with_tlvs else NO_TLVS
        return receipt_for(self.message, text, tlvs)


class Outbox:
    """The receipts that wait, and the links that may take them: `window` at a time on each."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._waiting: deque[Receipt] = deque()
        self._links: list[Link] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def post(self, receipt: Receipt) -> None:
        self._waiting.append(receipt)

    def put_back(self, receipts: list[Receipt]) -> None:
        """Their link is gone: they go out first on the next."""
        self._waiting.extendleft(reversed(receipts))

    def join(self, link: Link) -> None:
        self._links.append(link)

    def leave(self, link: Link) -> None:
        if link in self._links:
            self._links.remove(link)

    def sendable(self) -> Iterator[tuple[Link, Receipt]]:
        """Takes out what there is room for now, shared evenly among the links."""
        share = -(-len(self._waiting) // (len(self._links) or 1))
        for link in self._links:
            for _ in range(min(share, link.room(self._window), len(self._waiting))):
                yield link, self._waiting.popleft()


@lru_cache(maxsize=256)
def _around_id(state: MessageState, err: int, submitted: datetime, done: datetime) -> tuple[bytes, bytes]:
    """A receipt's text before and behind its id: all else is the same for the messages of one read."""
    before, _, behind = format_receipt(_ID, state, submitted, done, err=err).partition(_ID.encode())
    return before, behind


def _excerpt(message: SubmitSm) -> bytes:
    """Appendix B wants the first characters of the message; a header or UTF-16 would only be noise."""
    plain = ALPHABETS[message.data_coding] in (Alphabet.GSM7, Alphabet.LATIN1)
    return message.short_message[:_EXCERPT] if plain and not message.esm_class & ESM_UDHI else b""
