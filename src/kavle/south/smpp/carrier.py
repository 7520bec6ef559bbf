"""The SMPP 3.4 carrier: keeps one link up, and its window full."""

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
from kavle.model.link import LinkReport
from kavle.model.message import Accepted, Outcome, Parcel, Refused, Unsure
from kavle.south.backoff import Backoff
from kavle.south.smpp.client import Client
from kavle.south.smpp.link import Link
from kavle.south.smpp.outcomes import THROTTLES, result_of
from kavle.south.smpp.rate import Rate
from kavle.south.smpp.retry import Retries
from kavle.south.smpp.settings import SmppSettings
from kavle.south.smpp.submit import payload_submit_sm, submit_sm, validity_period
from kavle.south.smpp.tls import setting_of
from kavle.south.smpp.window import Ended, Handed, Window
from kavle.south.sparse import SparseLog
from kavle.wire.smpp.constants import CommandStatus, status_name
from kavle.wire.smpp.events import BindRefused, PeerError, Response, Unanswered
from kavle.wire.smpp.pdus import SubmitSm

THROTTLE_PAUSE: Final = 1.0
"""Seconds without a submit_sm after the network asked for less."""

_LOOK_AT: Final[Mapping[int, str]] = {
    CommandStatus.ESME_RINVSYSID: "system_id",
    CommandStatus.ESME_RINVPASWD: "password",
    CommandStatus.ESME_RINVSYSTYP: "system_type",
    CommandStatus.ESME_RINVCMDID: "mode",  # it knows no bind_transceiver: that is new in SMPP 3.4
}
"""The setting that a refused bind speaks of."""

_log = structlog.get_logger("kavle.smpp")

_BOUND_AS: Final[Mapping[str, str]] = {
    "transceiver": "bound as transceiver",
    "transmitter+receiver": "bound as transmitter and receiver",
}


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
        self._ids = settings.ids
        self._retries = Retries(settings.retry)
        self._events = events
        self._clock = clock
        self._on_state = on_state
        self._on_response_seconds = on_response_seconds
        self._log = _log.bind(carrier=settings.name, link=number)
        self._link_log = self._log.bind(network=_address(settings.host, settings.port))
        self._sparse = SparseLog(self._log)
        self._senders = settings.senders
        rate = Rate(settings.rate or None)
        self._window = Window(settings.window, rate, self._submit_sm, settings.payload)
        self._backoff = Backoff(settings.reconnect_max)
        self._pause_before_link = 0.0  # seconds
        self._link: Link | None = None
        self._held = False
        self._throttled_until = 0.0
        self._throttle: asyncio.TimerHandle | None = None
        self._pacing: asyncio.TimerHandle | None = None  # until the rate lets out the next
        self._stopping = asyncio.Event()
        self.state = LinkState.WAITING
        self._since = clock.now()
        self._error = ""  # the last one
        self._error_at: datetime | None = None
        self._blamed: str | None = None  # the setting that a refused bind speaks of
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
        return self._link.in_flight if self._link is not None else 0

    @property
    def submits(self) -> int:
        """submit_sm sent, of all links."""
        return self._window.submits

    def report(self) -> LinkReport:
        return LinkReport(
            state=_BOUND_AS[self._settings.mode] if self.bound else self.state.value,
            since=self._since,
            window=self._settings.window,
            in_flight=self.in_flight,
            submits=self.submits,
            reconnects=self.reconnects,
            error=self._error,
            error_at=self._error_at,
        )

    @property
    def reconnects(self) -> int:
        return max(0, self.binds - 1)

    # --- core.carrier.Carrier -------------------------------------------------------------------------

    @property
    def lot(self) -> int:
        return self._window.lot

    def free(self) -> int:
        client = self._open_client()
        return 0 if client is None else self._window.room(client.session, _now())

    def kept(self) -> int:
        client = self._open_client()
        return 0 if client is None else self._window.kept(client.session, _now())

    def submit(self, parcels: Sequence[Parcel]) -> None:
        """As many as the window allows go out in one write; the others as responses come."""
        now = _now()
        self._window.put(parcels, now)
        if self._held or not self.bound:
            # Leased for a link that has gone meanwhile.
            self._report(self._window.withdraw(), self._clock.now())
        else:
            self._fill(now)

    async def run(self) -> None:
        while not self._stopping.is_set():
            self._enter(LinkState.CONNECTING)
            self._link = Link(
                self, self._settings, self._carrier_id, self._events, self._clock, self._link_log
            )
            try:
                await self._link.run()
            finally:
                self._link = None
            if not self._stopping.is_set():
                self._enter(LinkState.WAITING)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), self._pause_before_link)

    def hold(self) -> None:
        self._held = True
        self._report(self._window.withdraw(), self._clock.now())

    async def settle(self, seconds: float) -> None:
        if self._link is not None:
            await self._link.settle(seconds)

    async def close(self) -> None:
        self._stopping.set()
        self.hold()
        for timer in (self._throttle, self._pacing):
            if timer is not None:
                timer.cancel()
        if self._link is not None:
            await self._link.part()
        self._enter(LinkState.CLOSED)

    # --- link.Owner -----------------------------------------------------------------------------------

    def binding(self) -> None:
        self._enter(LinkState.BINDING)

    def bound_as(self, system_id: str) -> None:
        self.binds += 1
        self._backoff.reset()
        self._enter(LinkState.BOUND)
        self._link_log.info("bound", system_id=system_id, mode=self._settings.mode)
        self.writable()

    def refused(self, refusal: BindRefused) -> None:
        self._blamed = _LOOK_AT.get(refusal.status)
        status = status_name(refusal.status)
        self._link_log.error("the network refused the bind", status=status, **self._hint(self._blamed))

    def unreachable(self, error: Exception) -> None:
        self._no_link("no connection to the network", str(error) or "none in time", setting_of(error))

    def ended(self, events: Sequence[Response | Unanswered], now: float, at: datetime) -> None:
        self._refill(now, [self._ended(event, now) for event in events], at)

    def erred(self, error: PeerError) -> None:
        status = status_name(error.status)
        self._sparse.warning(
            "a PDU out of order", command=error.command_id, status=status, reason=error.reason
        )

    def writable(self) -> None:
        self._fill(_now())

    def down(self, reason: str, error: Exception | None, in_flight: int) -> None:
        was_bound = self.bound
        self._enter(LinkState.WAITING)
        if not self._stopping.is_set():
            event = "the link is lost" if was_bound else "no link to the network"
            self._no_link(event, reason, self._blamed or setting_of(error), in_flight=in_flight)
        self._blamed = None
        self._report(self._window.withdraw(), self._clock.now())

    def _enter(self, state: LinkState) -> None:
        if state is not self.state and self.state is not LinkState.CLOSED:
            self.state = state
            self._since = self._clock.now()
            self._on_state(state)

    def _no_link(self, event: str, reason: str, setting: str | None, **about: object) -> None:
        """There is none now, and none is tried before a pause."""
        self._pause_before_link = self._backoff.next()
        about |= {"reason": reason, **self._hint(setting), "next_try_in": round(self._pause_before_link, 3)}
        self._link_log.warning(event, **about)
        hint = f"; look at carrier.{self.name}.{setting}" if setting else ""
        self._error, self._error_at = f"{event}: {reason}{hint}", self._clock.now()

    def _hint(self, setting: str | None) -> dict[str, str]:
        return {} if setting is None else {"look_at": f"carrier.{self.name}.{setting}"}

    # --- segments -------------------------------------------------------------------------------------

    def _open_client(self) -> Client | None:
        """The client if a submit_sm may be written to it now."""
        if self._link is None or self._held or self._throttle is not None:
            return None
        return self._link.open

    def _fill(self, now: float) -> None:
        """As `_refill`, written at once."""
        self._refill(now, [], self._clock.now())
        if self._link is not None:
            self._link.flush()

    def _refill(self, now: float, ended: list[Ended], at: datetime) -> None:
        """Fill the window, then tell what has ended: by then its place is taken."""
        client = self._open_client()
        if client is not None:
            ended.extend(self._window.fill(client.session, now))
            self._pace(client, now)
        self._report(ended, at)

    def _pace(self, client: Client, now: float) -> None:
        pause = self._window.pause(client.session, now)
        if pause is not None and self._pacing is None:
            self._pacing = asyncio.get_running_loop().call_later(pause, self._next)

    def _next(self) -> None:
        self._pacing = None
        self._fill(_now())

    def _report(self, ended: Sequence[Ended], at: datetime) -> None:
        if ended:
            self._events.outcomes(
                [
                    Outcome(handed.parcel.lease, segment.number, result, at)
                    for handed, result in ended
                    for segment in handed.segments
                ]
            )
        if self.free() > 0:
            self._events.room()

    def _submit_sm(self, handed: Handed) -> SubmitSm:
        parcel, service_type = handed.parcel, self._settings.service_type
        validity = validity_period(self._settings.validity, parcel.expires_at, self._clock.now())
        if len(handed.segments) > 1:
            return payload_submit_sm(parcel, validity, self._senders, service_type)
        return submit_sm(parcel, handed.segments[0], validity, self._senders, service_type)

    def _ended(self, event: Response | Unanswered, now: float) -> Ended:
        if isinstance(event, Response):
            return self._responded(event, now)
        return self._unsure(event.token, event.reason)

    def _responded(self, response: Response, now: float) -> Ended:
        handed = cast(Handed, response.token)
        self._window.answered(handed)
        self._on_response_seconds(now - handed.at)
        result = result_of(response.status, response.body, self._ids)
        if isinstance(result, Refused):
            result = self._retries.over(response.status, result, handed.parcel.lease.attempt)
        if response.status in THROTTLES:
            self._pause(now)
        elif not isinstance(result, Accepted):
            self._log_result("the network refused a segment", handed, result)
        elif not result.network_id:
            self._sparse.warning("accepted without a message_id: no receipt can match it")
        return handed, result

    def _unsure(self, token: object, reason: str) -> Ended:
        handed = cast(Handed, token)
        self._window.answered(handed)
        result = Unsure(reason)
        self._log_result("a segment is unsure", handed, result)
        return handed, result

    def _log_result(self, event: str, handed: Handed, result: Refused | Unsure) -> None:
        message_id = handed.parcel.lease.message_id
        self._log.warning(event, message_id=message_id, segment=handed.segments[0].number, error=result.error)

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


def _now() -> float:
    return asyncio.get_running_loop().time()


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
