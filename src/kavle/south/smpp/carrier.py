"""The SMPP 3.4 carrier: keeps one link up, and its window full."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from typing import Final

import structlog

from kavle.clock import Clock
from kavle.core.carrier import CarrierEvents
from kavle.model.link import LinkReport
from kavle.model.message import Parcel
from kavle.model.why import Why, why
from kavle.south.backoff import Backoff
from kavle.south.smpp.client import Client
from kavle.south.smpp.link import Link
from kavle.south.smpp.settings import SmppSettings
from kavle.south.smpp.submitter import Submitter
from kavle.south.sparse import SparseLog
from kavle.south.standing import Standing
from kavle.south.system import reason_of
from kavle.south.tls import setting_of
from kavle.wire.smpp.constants import CommandStatus, status_name
from kavle.wire.smpp.events import BindRefused, PeerError, Response, Unanswered

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
        self._events = events
        self._clock = clock
        self._on_state = on_state
        self._log = _log.bind(carrier=settings.name, link=number)
        self._link_log = self._log.bind(network=_address(settings.host, settings.port))
        self._sparse = SparseLog(self._log)
        self._submitter = Submitter(settings, self, events, clock, self._log, on_response_seconds)
        self._backoff = Backoff(settings.reconnect_max)
        self._pause_before_link = 0.0  # seconds
        self._link: Link | None = None
        self._held = False
        self._stopping = asyncio.Event()
        self.state = LinkState.WAITING
        self._standing = Standing(clock)
        self._blamed: str | None = None  # the setting that a refused bind speaks of

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
    def reconnects(self) -> int:
        return self._standing.reconnects

    @property
    def binds(self) -> int:
        """Times that it was bound."""
        return self._standing.times_up

    def report(self) -> LinkReport:
        return self._standing.report(
            _BOUND_AS[self._settings.mode] if self.bound else self.state.value,
            window=self._settings.window,
            in_flight=self.in_flight,
            submits=self._submitter.submits,
            rate=self._submitter.rate,
            slowed=self._submitter.slowed,
        )

    # --- core.carrier.Carrier -------------------------------------------------------------------------

    @property
    def lot(self) -> int:
        return self._submitter.lot

    def free(self) -> int:
        return self._submitter.free()

    def kept(self) -> int:
        return self._submitter.kept()

    def submit(self, parcels: Sequence[Parcel]) -> None:
        """As many as the window allows go out in one write; the others as responses come."""
        self._submitter.put(parcels)
        if self._held or not self.bound:
            self._submitter.withdraw()  # leased for a link that has gone meanwhile
        else:
            self._submitter.fill()

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
        self._submitter.withdraw()

    async def settle(self, seconds: float) -> None:
        if self._link is not None:
            await self._link.settle(seconds)

    async def close(self) -> None:
        self._stopping.set()
        self.hold()
        self._submitter.close()
        if self._link is not None:
            await self._link.part()
        self._enter(LinkState.CLOSED)

    # --- submitter.Way --------------------------------------------------------------------------------

    @property
    def open(self) -> Client | None:
        return None if self._link is None or self._held else self._link.open

    def flush(self) -> None:
        if self._link is not None:
            self._link.flush()

    # --- link.Owner -----------------------------------------------------------------------------------

    def binding(self) -> None:
        self._enter(LinkState.BINDING)

    def bound_as(self, system_id: str) -> None:
        self._standing.up()
        self._backoff.reset()
        self._enter(LinkState.BOUND)
        self._link_log.info("bound", system_id=system_id, mode=self._settings.mode)
        self.writable()

    def refused(self, refusal: BindRefused) -> None:
        self._blamed = _LOOK_AT.get(refusal.status)
        status = status_name(refusal.status)
        self._link_log.error("the network refused the bind", status=status, **self._hint(self._blamed))

    def unreachable(self, error: Exception) -> None:
        self._no_link("no connection to the network", reason_of(error), setting_of(error))

    def ended(self, events: Sequence[Response | Unanswered], now: float, at: datetime) -> None:
        self._submitter.ended(events, now, at)

    def erred(self, error: PeerError) -> None:
        status = status_name(error.status)
        self._sparse.warning(
            "a PDU out of order", command=error.command_id, status=status, reason=error.reason
        )

    def writable(self) -> None:
        self._submitter.fill()

    def down(self, reason: Why, error: Exception | None, in_flight: int) -> None:
        was_bound = self.bound
        self._enter(LinkState.WAITING)
        if not self._stopping.is_set():
            event = "the link is lost" if was_bound else "no link to the network"
            self._no_link(event, reason, self._blamed or setting_of(error), in_flight=in_flight)
        self._blamed = None
        self._submitter.withdraw()

    def _enter(self, state: LinkState) -> None:
        if state is not self.state and self.state is not LinkState.CLOSED:
            self.state = state
            self._standing.entered()
            self._on_state(state)

    def _no_link(self, event: str, reason: Why, setting: str | None, **about: object) -> None:
        """There is none now, and none is tried before a pause."""
        self._pause_before_link = self._backoff.next()
        hint, pause = self._hint(setting), round(self._pause_before_link, 3)
        self._link_log.warning(event, **about, reason=str(reason), **hint, next_try_in=pause)
        told = why("{event}: {reason}", event=Why(event), reason=reason)
        self._standing.wrong(told, hint.get("look_at", ""))

    def _hint(self, setting: str | None) -> dict[str, str]:
        return {} if setting is None else {"look_at": f"carrier.{self.name}.{setting}"}


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
