"""The SMPP 3.4 carrier: keeps one transceiver bound, and its window full."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from typing import Final, cast

import structlog

from kavle.clock import Clock
from kavle.core.carrier import CarrierEvents
from kavle.model.message import Accepted, Outcome, Parcel, Refused, Unsure
from kavle.south.backoff import Backoff
from kavle.south.smpp.client import Client
from kavle.south.smpp.deliveries import Deliveries
from kavle.south.smpp.outcomes import THROTTLES, result_of
from kavle.south.smpp.settings import SmppSettings
from kavle.south.smpp.window import Ended, Handed, Window
from kavle.south.sparse import SparseLog
from kavle.wire.smpp.constants import CommandStatus, status_name
from kavle.wire.smpp.events import BindRefused, Bound, Delivered, Event, PeerError, Response, Unanswered
from kavle.wire.smpp.pdus import BindTransceiver
from kavle.wire.smpp.session import Timers
from kavle.wire.smpp.states import BOUND

THROTTLE_PAUSE: Final = 1.0
"""Seconds without a submit_sm after the network asked for less."""
GOODBYE: Final = 2.0
"""Seconds for the store to take the last receipts, and as many for the network to answer our unbind."""

_LOOK_AT: Final[Mapping[int, str]] = {
    CommandStatus.ESME_RINVSYSID: "system_id",
    CommandStatus.ESME_RINVPASWD: "password",
}
"""The setting that a refused bind speaks of."""

_WRITE_BUFFER: Final = 64 * 1024
_LARGEST_PDU: Final = 512  # octets of a submit_sm, amply: a whole window never fills the buffer

_log = structlog.get_logger("kavle.smpp")


class LinkState(StrEnum):
    WAITING = "waiting to connect"
    CONNECTING = "connecting"
    BINDING = "binding"
    BOUND = "bound"
    CLOSED = "closed"


class SmppCarrier:
    """Implements `core.carrier.Carrier`. Every segment handed over gets one outcome: Accepted or Refused
    by its response, Unsure if it was written and none came, Unsent if it never was written. It is the
    carrier's bind of that `number`.

    `on_state` is told of each change; `on_response_seconds` from each submit_sm to its response."""

    def __init__(
        self,
        settings: SmppSettings,
        carrier_id: int,
        events: CarrierEvents,
        clock: Clock,
        number: int = 1,
        on_state: Callable[[LinkState], None] = lambda state: None,
        on_response_seconds: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        self._settings = settings
        self._carrier_id = carrier_id
        self._events = events
        self._clock = clock
        self._on_state = on_state
        self._on_response_seconds = on_response_seconds
        self._log = _log.bind(carrier=settings.name, link=number)
        self._link_log = self._log.bind(network=_address(settings.host, settings.port))
        self._sparse = SparseLog(self._log)
        self._window = Window(settings.window)
        self._backoff = Backoff(settings.reconnect_max)
        self._pause_before_link = 0.0  # seconds
        self._client: Client | None = None
        self._deliveries: Deliveries | None = None  # the client's
        self._held = False
        self._throttled_until = 0.0
        self._throttle: asyncio.TimerHandle | None = None
        self._stopping = asyncio.Event()
        self._answered = asyncio.Event()  # nothing is in flight
        self.state = LinkState.WAITING
        self.binds = 0

    # --- for gauges -----------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def bound(self) -> bool:
        return self.state is LinkState.BOUND

    @property
    def in_flight(self) -> int:
        """submit_sm that await their response."""
        return self._client.session.in_flight if self._client is not None else 0

    @property
    def submits(self) -> int:
        """submit_sm sent, of all links."""
        return self._window.submits

    @property
    def reconnects(self) -> int:
        return max(0, self.binds - 1)

    # --- core.carrier.Carrier -------------------------------------------------------------------------

    @property
    def window(self) -> int:
        return self._settings.window

    def free(self) -> int:
        client = self._open_client()
        return 0 if client is None else self._window.room(client.session)

    def submit(self, parcels: Sequence[Parcel]) -> None:
        """As many as the window allows go out in one write; the others as responses come."""
        now = asyncio.get_running_loop().time()
        self._window.put(parcels, now)
        if self._held or not self.bound:
            # Leased for a link that has gone meanwhile.
            self._report(self._window.withdraw(), self._clock.now())
        else:
            self._fill(now)

    async def run(self) -> None:
        while not self._stopping.is_set():
            await self._link()
            if not self._stopping.is_set():
                self._enter(LinkState.WAITING)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), self._pause_before_link)

    def hold(self) -> None:
        self._held = True
        self._report(self._window.withdraw(), self._clock.now())

    async def settle(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.in_flight:
                    self._answered.clear()
                    await self._answered.wait()

    async def close(self) -> None:
        self._stopping.set()
        self.hold()
        if self._throttle is not None:
            self._throttle.cancel()
        client, deliveries = self._client, self._deliveries
        if client is not None and deliveries is not None:
            await deliveries.settle(GOODBYE)
            await client.unbind(GOODBYE)
        self._enter(LinkState.CLOSED)

    # --- the link's life ------------------------------------------------------------------------------

    async def _link(self) -> None:
        """Connect and bind; returns when that link has ended."""
        self._enter(LinkState.CONNECTING)
        settings = self._settings
        try:
            async with asyncio.timeout(settings.bind_timeout):
                _, client = await asyncio.get_running_loop().create_connection(
                    self._new_client, settings.host, settings.port
                )
        except (OSError, TimeoutError) as error:
            self._no_link("no connection to the network", error=str(error) or "none in time")
            return
        try:
            if not self._stopping.is_set():
                await asyncio.shield(client.ended)
        finally:
            client.end("closed")

    def _new_client(self) -> Client:
        settings = self._settings
        bind = BindTransceiver(settings.system_id, settings.password, settings.system_type)
        timers = Timers(settings.bind_timeout, settings.enquire_link, settings.response_timeout)
        return Client(self, bind, timers, _WRITE_BUFFER + settings.window * _LARGEST_PDU)

    def _enter(self, state: LinkState) -> None:
        if state is not self.state and self.state is not LinkState.CLOSED:
            self.state = state
            self._on_state(state)

    def _bound(self, bound: Bound) -> None:
        self.binds += 1
        self._backoff.reset()
        self._enter(LinkState.BOUND)
        self._link_log.info("bound", system_id=bound.system_id)

    def _refused(self, client: Client, refusal: BindRefused) -> None:
        reason = status_name(refusal.status)
        key = _LOOK_AT.get(refusal.status)
        hint = {} if key is None else {"look_at": f"carrier.{self.name}.{key}"}
        self._link_log.error("the network refused the bind", status=reason, **hint)
        client.end(f"the bind was refused: {reason}")

    def _no_link(self, event: str, **about: object) -> None:
        """There is none now, and none is tried before a pause."""
        self._pause_before_link = self._backoff.next()
        self._link_log.warning(event, **about, next_try_in=round(self._pause_before_link, 3))

    # --- client.Owner ---------------------------------------------------------------------------------

    def connected(self, client: Client) -> None:
        self._client = client
        self._deliveries = Deliveries(client, self._carrier_id, self._events, self._log)
        self._enter(LinkState.BINDING)

    def happened(self, client: Client, events: Sequence[Event], now: float) -> None:
        ended: list[Ended] = []
        delivered: list[Delivered] = []
        for event in events:
            if isinstance(event, Response):
                ended.append(self._responded(event, now))
            elif isinstance(event, Delivered):
                delivered.append(event)
            elif isinstance(event, Unanswered):
                ended.append(self._unsure(event.token, event.reason))
            else:
                self._happened_otherwise(client, event)
        # One time for the whole read, and responses first: a receipt then finds its segment at once.
        at = self._clock.now()
        self._refill(now, ended, at)
        if delivered and self._deliveries is not None:
            self._deliveries.take(delivered, at)

    def writable(self, client: Client) -> None:
        self._fill(asyncio.get_running_loop().time())

    def lost(self, client: Client, tokens: Sequence[object], reason: str) -> None:
        was_bound = self.bound
        self._client = self._deliveries = None
        self._enter(LinkState.WAITING)
        if not self._stopping.is_set():
            event = "the link is lost" if was_bound else "no link to the network"
            self._no_link(event, reason=reason, in_flight=len(tokens))
        ended = [self._unsure(token, reason) for token in tokens]
        self._report([*ended, *self._window.withdraw()], self._clock.now())

    def _happened_otherwise(self, client: Client, event: Event) -> None:
        if isinstance(event, Bound):
            self._bound(event)
        elif isinstance(event, BindRefused):
            self._refused(client, event)
        elif isinstance(event, PeerError):
            self._sparse.warning(
                "a PDU out of order",
                command=event.command_id,
                status=status_name(event.status),
                reason=event.reason,
            )

    # --- segments -------------------------------------------------------------------------------------

    def _open_client(self) -> Client | None:
        """The client if a submit_sm may be written to it now."""
        client = self._client
        if client is None or self._held or self._throttle is not None:
            return None
        return client if client.writing and client.session.state in BOUND else None

    def _fill(self, now: float) -> None:
        """As `_refill`, written at once."""
        self._refill(now, [], self._clock.now())
        if self._client is not None:
            self._client.flush()

    def _refill(self, now: float, ended: list[Ended], at: datetime) -> None:
        """Fill the window, then tell what has ended: by then its place is taken."""
        client = self._open_client()
        if client is not None:
            ended.extend(self._window.fill(client.session, now))
        self._report(ended, at)

    def _report(self, ended: Sequence[Ended], at: datetime) -> None:
        if ended:
            self._events.outcomes(
                [Outcome(handed.parcel.lease, handed.segment.number, result, at) for handed, result in ended]
            )
            if not self.in_flight:
                self._answered.set()
        if self.free() > 0:
            self._events.room()

    def _responded(self, response: Response, now: float) -> Ended:
        handed = cast(Handed, response.token)
        self._on_response_seconds(now - handed.at)
        result = result_of(response.status, response.body)
        if response.status in THROTTLES:
            self._pause(now)
        elif not isinstance(result, Accepted):
            self._log_result("the network refused a segment", handed, result)
        elif not result.network_id:
            self._sparse.warning("accepted without a message_id: no receipt can match it")
        return handed, result

    def _unsure(self, token: object, reason: str) -> Ended:
        handed = cast(Handed, token)
        result = Unsure(reason)
        self._log_result("a segment is unsure", handed, result)
        return handed, result

    def _log_result(self, event: str, handed: Handed, result: Refused | Unsure) -> None:
        message_id = handed.parcel.lease.message_id
        self._log.warning(event, message_id=message_id, segment=handed.segment.number, error=result.error)

    # --- throttling -----------------------------------------------------------------------------------

    def _pause(self, now: float) -> None:
        """Each throttled response puts the end off; one timer looks after all of them."""
        self._throttled_until = now + THROTTLE_PAUSE
        if self._throttle is None:
            self._log.warning("the network asks for less: pausing", seconds=THROTTLE_PAUSE)
            self._throttle = asyncio.get_running_loop().call_at(self._throttled_until, self._unpause)

    def _unpause(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._throttle = None
        if now < self._throttled_until:
            self._throttle = loop.call_at(self._throttled_until, self._unpause)
        else:
            self._fill(now)


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
