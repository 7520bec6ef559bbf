"""Puts the concrete pieces together, and owns their start and stop. Nobody else knows all of them."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from urllib.parse import unquote

import structlog

from kavle import __version__, logs
from kavle.cli.config import CarrierSettings, Settings, carrier_terms, locale, terms
from kavle.cli.control import ControlServer, Desk
from kavle.cli.database import file_of, open_store
from kavle.clock import Clock
from kavle.core.accept import Accept
from kavle.core.accounts import Accounts
from kavle.core.cancel import Cancel
from kavle.core.carrier import Carrier, CarrierEvents
from kavle.core.carriers import Carriers
from kavle.core.dispatch import Dispatcher
from kavle.core.held import Held
from kavle.core.links import Links
from kavle.core.queries import Queries
from kavle.core.receipts import Receipts
from kavle.core.road import Road
from kavle.core.schedule import Schedule
from kavle.core.sweep import Sweep, watch_loop
from kavle.metrics import Metrics
from kavle.north.app import application
from kavle.north.auth import Authenticator
from kavle.north.server import HttpServer
from kavle.north.web import PageTerms
from kavle.settings import SettingsError
from kavle.south.ip1.settings import Ip1Settings
from kavle.south.ip1.webhook import Webhook, with_webhooks
from kavle.south.smpp.carrier import SmppCarrier
from kavle.south.smpp.settings import SmppSettings
from kavle.south.smpp.tls import client_context
from kavle.store.store import Store

_log = structlog.get_logger("kavle.app")


class Gateway:
    """`await start()`, then `await run()` until `stop` is called for; `await stop()` in the end."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.metrics = Metrics()
        self._carriers: dict[int, CarrierSettings] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.store: Store
        self.links: Links
        self.queries: Queries
        self.accounts: Accounts
        self.http: HttpServer
        self._schedule: Schedule
        self._authenticator: Authenticator
        self._control: ControlServer | None
        self._linking: asyncio.Task[None]

    async def start(self) -> None:
        """Raises `StoreError`, `SettingsError` or OSError when the database, a certificate or a port can't be
        had; then nothing runs."""
        for carrier in self.settings.carrier:
            if isinstance(carrier, SmppSettings) and carrier.tls:
                await asyncio.to_thread(client_context, carrier)
        database = self.settings.database
        self.store = await open_store(database, self.clock, self.metrics, self._wake)
        logs.name_messages(self.store.public_ids.public)
        self.queries = Queries(self.store)
        ids = await self.store.carrier_ids(carrier_terms(self.settings))
        self.links = self._links(ids)
        self._authenticator = Authenticator(
            self.queries.account, self.clock, refused=self.metrics.log_in_refused
        )
        self.accounts = Accounts(self.store, self.clock, self._authenticator.forget)
        self._schedule = Schedule(self.store, self.clock, self._wake_all)
        expand = self._schedule.expand
        accept = Accept(self.store, self.clock, terms(self.settings, ids), self.metrics, self._wake, expand)
        face = application(
            accept,
            Cancel(self.store, self.clock, expand),
            self.queries,
            self._authenticator,
            self.settings.http,
            self.metrics.registry(),
            self.clock,
            PageTerms(self.store.session_key, locale(self.settings), self.settings.gateway.region),
        )
        self.http = HttpServer(with_webhooks(self._webhooks(), face), self.settings.http, self.clock)
        path = file_of(database)
        held = Held(self.store, self.clock)
        # A file has one engine, so that commands go through it; a server's database they open themselves.
        self._control = (
            None if path is None else ControlServer(Desk(self.accounts, held, Carriers(self.store)), path)
        )
        try:
            await self.http.start()
        except (OSError, SettingsError):
            self._authenticator.close()
            await self.store.close()
            raise
        if self._control is not None:
            await self._control.start()
        self._linking = self._run(self.links.run(), "links")
        self._run(self._schedule.run(), "schedule")
        self._run(Sweep(self.store, self.clock, self.metrics, self._wake_all).run(), "sweep")
        self._run(watch_loop(self.metrics), "watch")
        certificates = self.http.certificates
        self.metrics.gauge(
            "kavle_certificate_seconds_left",
            "Until a listener's certificate expires; negative once it has",
            "listener",
            lambda: {one.listener: one.seconds_left(self.clock.now()) for one in certificates()},
        )
        listeners = [listener.url for listener in self.http.listeners]
        _log.info("started", version=__version__, listeners=listeners, carriers=list(ids))

    async def run(self, stop: asyncio.Event) -> None:
        """Returns when `stop` is set; raises what a task died of, which is a bug."""
        stopping = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait([stopping, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        for task in done - {stopping}:
            task.result()

    async def stop(self) -> None:
        """In this order: nobody new is let in, what runs is committed, what is in flight is awaited, what
        was not written goes back to the queue; then the links and the database close."""
        if self._control is not None:
            await self._control.stop()
        await self.http.stop()  # running accepts commit
        await _cancel([self._linking])
        await self.links.stop()
        await _cancel(self._tasks)
        self._authenticator.close()
        await self.store.close()
        _log.info("stopped")

    def _links(self, ids: dict[str, int]) -> Links:
        self._carriers = {ids[settings.name]: settings for settings in self.settings.carrier}
        self._gauges()
        binds = {carrier_id: settings.binds for carrier_id, settings in self._carriers.items()}
        life = self.settings.gateway.link_lease
        now = asyncio.get_running_loop().time
        return Links(self.store, binds, life, self._road, now, f"{socket.gethostname()}:{os.getpid()}")

    def _road(self, carrier_id: int, number: int) -> Road:
        dispatcher = Dispatcher(
            self.store, self.clock, self.metrics, carrier_id, self.settings.gateway.most_segments
        )
        return Road(self._carrier(carrier_id, number, dispatcher), dispatcher)

    def _carrier(self, carrier_id: int, number: int, events: CarrierEvents) -> Carrier:
        settings, observe = self._carriers[carrier_id].for_one_bind(), self.metrics.submit_seconds.observe
        if isinstance(settings, Ip1Settings):
            # Its HTTP client costs a quarter of a second and 9 MB: who has no such carrier pays neither.
            from kavle.south.ip1.carrier import Ip1Carrier

            reports = self.settings.http.public_url.rstrip("/") + settings.report_path
            to = reports if settings.webhook else ""
            return Ip1Carrier(settings, events, self.clock, to, number, on_response_seconds=observe)
        return SmppCarrier(settings, carrier_id, events, self.clock, number, on_response_seconds=observe)

    def _webhooks(self) -> list[Webhook]:
        """Reports may come to any process, whichever has the carrier's links."""
        keep = Receipts(self.store, self.metrics).keep
        return [
            Webhook(settings.name, unquote(settings.report_path), carrier_id, keep, self.clock)
            for carrier_id, settings in self._carriers.items()
            if isinstance(settings, Ip1Settings) and settings.webhook
        ]

    def _gauges(self) -> None:
        def gauge(name: str, text: str, of: Callable[[Carrier], float]) -> None:
            self.metrics.gauge(name, text, "carrier", lambda: self._by_carrier(of))

        gauge("kavle_links_held", "Links of the carrier that are this node's", lambda carrier: 1)
        gauge("kavle_link_bound", "Those that are bound", lambda carrier: carrier.bound)
        gauge("kavle_window_in_flight", "Segments that await their response", lambda one: one.in_flight)
        gauge("kavle_reconnects", "Times that one was bound again", lambda carrier: carrier.reconnects)

    def _by_carrier(self, of: Callable[[Carrier], float]) -> dict[str, float]:
        return {
            settings.name: float(sum(of(road.carrier) for road in self.links.roads(carrier_id)))
            for carrier_id, settings in self._carriers.items()
        }

    def _run(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.append(task)
        return task

    def _wake(self, carrier_id: int, urgent: bool = False) -> None:
        if carrier_id in self._carriers:  # else it is another node's alone, or we have only just begun
            self.links.wake(carrier_id, urgent=urgent)

    def _wake_all(self) -> None:
        for carrier_id in self._carriers:
            self.links.wake(carrier_id)


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
