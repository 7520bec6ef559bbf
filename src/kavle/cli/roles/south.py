"""Role south: this process's share of the links, by which what is queued is sent."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable

from kavle.cli.config import Settings
from kavle.cli.roles.node import Node
from kavle.core.carrier import Carrier, CarrierEvents
from kavle.core.dispatch import Dispatcher
from kavle.core.incoming import Incoming
from kavle.core.links import Links
from kavle.core.road import Road
from kavle.south.ip1.settings import Ip1Settings
from kavle.south.mm7.settings import Mm7Settings
from kavle.south.smpp.carrier import SmppCarrier
from kavle.south.smpp.settings import SmppSettings
from kavle.south.tls import client_context


async def check_certificates(settings: Settings) -> None:
    """Raises `SettingsError` for those of a carrier that can't be used."""
    for carrier in settings.carrier:
        if isinstance(carrier, SmppSettings | Mm7Settings) and carrier.tls:
            await asyncio.to_thread(client_context, carrier)


class South:
    def __init__(self, node: Node) -> None:
        self._node = node
        self._carriers = node.carriers
        binds = {carrier_id: settings.binds for carrier_id, settings in self._carriers.items()}
        life, now = node.settings.gateway.link_lease, asyncio.get_running_loop().time
        self._incoming = Incoming(node.store, node.metrics, node.settings.gateway.region, node.came)
        name = f"{socket.gethostname()}:{os.getpid()}"
        self._links = Links(node.store, node.clock, binds, life, self._road, now, name)
        self._linking: asyncio.Task[None]

    async def start(self) -> None:
        self._gauges()
        self._node.wake.listen(self._links.wake)
        self._linking = self._node.run(self._link(), "links")

    async def stop(self) -> None:
        """What is in flight is awaited, what was not written goes back to the queue; then the links close."""
        await self._node.end([self._linking])
        await self._links.stop()

    async def _link(self) -> None:
        await self._node.confirmed()
        await self._links.run()

    def _road(self, carrier_id: int, number: int) -> Road:
        node = self._node
        dispatcher = Dispatcher(
            node.store,
            node.clock,
            node.metrics,
            carrier_id,
            node.settings.gateway.most_segments,
            self._incoming,
        )
        return Road(self._carrier(carrier_id, number, dispatcher), dispatcher)

    def _carrier(self, carrier_id: int, number: int, events: CarrierEvents) -> Carrier:
        clock, observe = self._node.clock, self._node.metrics.submit_seconds.observe
        settings = self._carriers[carrier_id].for_one_bind()
        if isinstance(settings, Ip1Settings):
            # Its HTTP client costs a quarter of a second and 9 MB: who has no such carrier pays neither.
            from kavle.south.ip1.carrier import Ip1Carrier

            reports = self._node.settings.http.public_url.rstrip("/") + settings.report_path
            to = reports if settings.webhook else ""
            return Ip1Carrier(settings, events, clock, to, number, on_response_seconds=observe)
        if isinstance(settings, Mm7Settings):
            from kavle.south.mm7.carrier import Mm7Carrier

            return Mm7Carrier(settings, events, clock, number, on_response_seconds=observe)
        return SmppCarrier(settings, carrier_id, events, clock, number, on_response_seconds=observe)

    def _gauges(self) -> None:
        def gauge(name: str, text: str, of: Callable[[Carrier], float]) -> None:
            self._node.metrics.gauge(name, text, "carrier", lambda: self._by_carrier(of))

        gauge("kavle_links_held", "Links of the carrier that are this node's", lambda carrier: 1)
        gauge("kavle_link_bound", "Those that are bound", lambda carrier: carrier.bound)
        gauge("kavle_window_in_flight", "Segments that await their response", lambda one: one.in_flight)
        gauge("kavle_reconnects", "Times that one was bound again", lambda carrier: carrier.reconnects)

    def _by_carrier(self, of: Callable[[Carrier], float]) -> dict[str, float]:
        return {
            settings.name: float(sum(of(road.carrier) for road in self._links.roads(carrier_id)))
            for carrier_id, settings in self._carriers.items()
        }
