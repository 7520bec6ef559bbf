"""One link: a transceiver bind, or a transmitter and a receiver that stand and fall together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, Final, Protocol

from kavle.clock import Clock
from kavle.core.carrier import CarrierEvents
from kavle.model.why import Why, why
from kavle.settings import SettingsError
from kavle.south.smpp.client import Client
from kavle.south.smpp.deliveries import Deliveries
from kavle.south.smpp.incoming import piece_of
from kavle.south.smpp.receipts import receipt_of
from kavle.south.smpp.settings import SmppSettings
from kavle.south.tls import client_context
from kavle.wire.smpp.constants import status_name
from kavle.wire.smpp.events import BindRefused, Bound, Delivered, Event, PeerError, Response, Unanswered
from kavle.wire.smpp.pdus import Bind, BindReceiver, BindTransceiver, BindTransmitter
from kavle.wire.smpp.states import BOUND
from kavle.wire.smpp.timers import Timers

GOODBYE: Final = 2.0
"""Seconds for the store to take the last receipts, and as many for the network to answer our unbind."""

_WRITE_BUFFER: Final = 64 * 1024
_LARGEST_PDU: Final = 512  # octets of a submit_sm, amply: a whole window never fills the buffer

_BINDS: Final[dict[str, tuple[type[Bind], ...]]] = {
    "transceiver": (BindTransceiver,),
    "transmitter+receiver": (BindTransmitter, BindReceiver),
}
"""The first is the one to submit by."""


class Owner(Protocol):
    """Whom a link tells."""

    def binding(self) -> None:
        """There is a connection, and a bind on its way."""

    def bound_as(self, system_id: str) -> None:
        """All its binds are: from now on it may be submitted to."""

    def refused(self, refusal: BindRefused) -> None:
        """The network refused a bind; the link ends."""

    def unreachable(self, error: Exception) -> None:
        """No connection, or not in time; the link ends."""

    def ended(self, events: Sequence[Response | Unanswered], now: float, at: datetime) -> None:
        """What became of submit_sm, if anything. Others may be submitted meanwhile; they go out in one write
        after."""

    def erred(self, error: PeerError) -> None: ...

    def writable(self) -> None:
        """The network reads again."""

    def down(self, reason: Why, error: Exception | None, in_flight: int) -> None:
        """Nothing can be submitted any more; told once, unless the network was unreachable. `error` is what
        broke the connection that ended first, if anything did; so many submit_sm were in flight on it."""


class Link:
    """`await run()` once: its owner is told all."""

    def __init__(
        self,
        owner: Owner,
        settings: SmppSettings,
        carrier_id: int,
        events: CarrierEvents,
        clock: Clock,
        log: Any,
    ) -> None:
        self._owner = owner
        self._settings = settings
        self._read_receipt = partial(
            receipt_of,
            carrier_id,
            ids=settings.ids,
            whole=settings.whole,
            network_errors=frozenset(settings.network_errors),
        )
        self._read_piece = partial(piece_of, carrier_id, latin1=settings.default_is_latin1)
        self._events = events
        self._clock = clock
        self._log = log
        self._clients: dict[Client, Deliveries] = {}  # by which it is bound, or about to be
        self._submitter: Client | None = None
        self._left = len(_BINDS[settings.mode])  # binds until it is bound
        self._moved = asyncio.Event()  # another bind is there, or one has ended
        self._answered = asyncio.Event()  # nothing is in flight
        self._over = False
        self._told = False  # that it is

    # --- what its owner does --------------------------------------------------------------------------

    @property
    def open(self) -> Client | None:
        """Whose session may be asked to submit now."""
        client = self._submitter
        if client is None or self._over or self._left:
            return None
        return client if client.writing and client.session.state in BOUND else None

    @property
    def in_flight(self) -> int:
        return self._submitter.session.in_flight if self._submitter is not None else 0

    def flush(self) -> None:
        if self._submitter is not None:
            self._submitter.flush()

    async def run(self) -> None:
        """Bind; returns when the link has ended, all of it. Cancelled, it ends at once."""
        try:
            await self._bind_all()
            while not self._over:
                await self._move()
            await self.settle(GOODBYE)
            await self.part()
        finally:
            for client in list(self._clients):
                client.end(why("closed"))

    async def settle(self, seconds: float) -> None:
        """Wait, so long at most, for the responses of what is in flight."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.in_flight:
                    self._answered.clear()
                    await self._answered.wait()

    async def part(self) -> None:
        """End it in good order: what the network brought is answered, then every bind is unbound."""
        self._over = True
        self._moved.set()
        await asyncio.gather(*(self._part(*pair) for pair in list(self._clients.items())))

    async def _part(self, client: Client, deliveries: Deliveries) -> None:
        await deliveries.settle(GOODBYE)
        await client.unbind(GOODBYE)

    # --- connecting -----------------------------------------------------------------------------------

    async def _bind_all(self) -> None:
        """One after the other: a network that refuses the first is not asked for the second."""
        for kind in _BINDS[self._settings.mode]:
            left = self._left
            try:
                await self._connect(kind)
            except (OSError, SettingsError, TimeoutError) as error:
                self._over = self._told = True
                self._owner.unreachable(error)
                return
            while self._left == left and not self._over:
                await self._move()
            if self._over:
                return

    async def _move(self) -> None:
        await self._moved.wait()
        self._moved.clear()

    async def _connect(self, kind: type[Bind]) -> None:
        settings = self._settings
        bind = kind(settings.system_id, settings.password, settings.system_type)
        async with asyncio.timeout(settings.bind_timeout):
            # Read anew each time: a certificate that was renewed counts from the next connection on. Reading
            # the system's own takes tens of milliseconds.
            context = await asyncio.to_thread(client_context, settings) if settings.tls else None
            await asyncio.get_running_loop().create_connection(
                lambda: self._new_client(bind),
                settings.host,
                settings.port,
                ssl=context,
                server_hostname=settings.network_name if context else None,
            )

    def _new_client(self, bind: Bind) -> Client:
        settings = self._settings
        timers = Timers(settings.bind_timeout, settings.enquire_link, settings.response_timeout)
        return Client(self, bind, timers, _WRITE_BUFFER + settings.window * _LARGEST_PDU)

    # --- client.Owner ---------------------------------------------------------------------------------

    def connected(self, client: Client) -> None:
        if self._submitter is None:
            self._submitter = client
        self._clients[client] = Deliveries(
            client, self._read_receipt, self._read_piece, self._events, self._log
        )
        self._owner.binding()

    def happened(self, client: Client, events: Sequence[Event], now: float) -> None:
        ended: list[Response | Unanswered] = []
        delivered: list[Delivered] = []
        for event in events:
            if isinstance(event, Response | Unanswered):
                ended.append(event)
            elif isinstance(event, Delivered):
                delivered.append(event)
            else:
                self._happened_otherwise(client, event)
        # One time for the whole read, and responses first: a receipt then finds its segment at once.
        at = self._clock.now()
        if client is self._submitter:
            self._owner.ended(ended, now, at)
            self._look()
        if delivered and client in self._clients:
            self._clients[client].take(delivered, at)

    def writable(self, client: Client) -> None:
        if client is self._submitter:
            self._owner.writable()

    def lost(self, client: Client, tokens: Sequence[object], reason: Why, error: Exception | None) -> None:
        """The others are parted from in good order: `run`."""
        del self._clients[client]
        self._over = True
        self._moved.set()
        now = asyncio.get_running_loop().time()
        self._owner.ended([Unanswered(token, str(reason)) for token in tokens], now, self._clock.now())
        self._look()
        if not self._told:
            self._told = True
            self._owner.down(reason, error, len(tokens))

    def _happened_otherwise(self, client: Client, event: Event) -> None:
        if isinstance(event, Bound):
            self._left -= 1
            self._moved.set()
            if not self._left:
                self._owner.bound_as(event.system_id)
        elif isinstance(event, BindRefused):
            self._owner.refused(event)
            client.end(why("the bind was refused: {status}", status=status_name(event.status)))
        elif isinstance(event, PeerError):
            self._owner.erred(event)

    def _look(self) -> None:
        if not self.in_flight:
            self._answered.set()
