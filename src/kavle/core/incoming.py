"""Messages from phones: kept before they are acknowledged, whatever carrier brings them. And the wait for
parts that do not come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, TypeVar

import msgspec
import structlog

from kavle.clock import Clock
from kavle.core.mms_files import received
from kavle.core.outage import Outage, each
from kavle.metrics import Metrics
from kavle.model.errors import Reason, Refusal
from kavle.model.incoming import Piece
from kavle.model.mms import IncomingMms
from kavle.model.msisdn import plain_number
from kavle.model.text import storable
from kavle.store.errors import StoreUnavailable
from kavle.store.inbox import PartWait
from kavle.store.store import Store

PATIENCE: Final = 5.0
"""Seconds for the commit; then the network is asked to come again."""
MOST_PARTS: Final = 100_000
"""Parts that may wait for others; beyond these the oldest are delivered without."""
EVERY: Final = 5.0
"""Seconds between looks for parts that have waited long enough."""

_LONGEST: Final = {
    "transaction": 200,
    "sender": 200,
    "recipient": 200,  # a longer one is in no index of PostgreSQL's, and would be refused again and again
    "subject": 1_000,
    "message_class": 200,
    "priority": 200,
    "version": 200,
}
"""Characters of an MMS's words that are kept."""

P = TypeVar("P", Piece, IncomingMms)

_log = structlog.get_logger("kavle.incoming")


class Incoming:
    def __init__(
        self, store: Store, metrics: Metrics, region: str, came: Callable[[], None] = lambda: None
    ) -> None:
        """`region`: of numbers that a network writes in national form. `came` is told that there may be
        somebody to be called."""
        self._store = store
        self._metrics = metrics
        self._region = region
        self._came = came

    async def keep(self, batch: Sequence[Piece]) -> None:
        """As `CarrierEvents.messages`."""
        pieces = [self._plain(piece) for piece in batch]
        try:
            async with asyncio.timeout(PATIENCE):
                taken = await self._store.inbox.take(pieces)
        except (StoreUnavailable, TimeoutError) as error:
            raise Refusal(Reason.UNAVAILABLE, "incoming messages could not be kept") from error
        self._metrics.incoming["message"] += taken.messages
        self._metrics.incoming["double"] += taken.doubles
        if taken.messages:
            self._came()

    async def mms(self, message: IncomingMms) -> None:
        """As `CarrierEvents.mms`."""
        # Megabytes are looked through for what they are: 14 ms of the loop, once.
        kept = await asyncio.to_thread(_storable, self._plain(message))
        try:
            async with asyncio.timeout(PATIENCE):
                new = await self._store.inbox.take_mms(kept)
        except (StoreUnavailable, TimeoutError) as error:
            raise Refusal(Reason.UNAVAILABLE, "an incoming MMS could not be kept") from error
        self._metrics.incoming["mms" if new else "double"] += 1
        if new:
            self._came()

    def _plain(self, piece: P) -> P:
        sender = plain_number(piece.sender, self._region)
        recipient = plain_number(piece.recipient, self._region)
        if sender == piece.sender and recipient == piece.recipient:
            return piece
        return msgspec.structs.replace(piece, sender=sender, recipient=recipient)


def _storable(message: IncomingMms) -> IncomingMms:
    """What is in it is a stranger's, and comes in charsets and lengths of his."""
    words = {name: storable(getattr(message, name), most) for name, most in _LONGEST.items()}
    return msgspec.structs.replace(message, files=received(message.files), **words)


class PartSweep:
    """Parts whose others do not come are delivered, marked; those of whole messages are forgotten."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        wait: timedelta,
        came: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._wait = wait
        self._came = came
        self._outage = Outage(_log, "parts of incoming messages wait on")

    async def run(self) -> None:
        await each(EVERY, self.once, self._outage)

    async def once(self) -> None:
        now = self._clock.now()
        wait = PartWait(now, now - self._wait, MOST_PARTS)
        while ended := await self._store.inbox.end_parts(wait):
            _log.warning("messages are delivered without the parts that did not come", messages=ended)
            self._metrics.incoming["incomplete"] += ended
            self._came()
        while await self._store.inbox.forget_parts(now):
            pass
        while await self._store.inbox.forget_mms(now):
            pass
