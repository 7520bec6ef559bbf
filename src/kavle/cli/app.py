"""Puts the concrete pieces together, and owns their start and stop. Nobody else knows all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

import structlog

from kavle import __version__, logs
from kavle.cli.config import Settings, terms
from kavle.cli.control import ControlServer
from kavle.cli.database import file_of, open_store
from kavle.clock import Clock
from kavle.core.accept import Accept
from kavle.core.accounts import Accounts
from kavle.core.dispatch import Dispatcher
from kavle.core.queries import Queries
from kavle.core.sweep import Sweep, watch_loop
from kavle.metrics import Metrics
from kavle.north.app import application
from kavle.north.auth import Authenticator
from kavle.north.server import HttpServer
from kavle.settings import SettingsError
from kavle.south.smpp.carrier import SmppCarrier
from kavle.store.store import Store

SETTLE: Final = 10.0
"""Seconds that a stop waits for the responses of what is in flight."""

_log = structlog.get_logger("kavle.app")


class Gateway:
    """`await start()`, then `await run()` until `stop` is called for; `await stop()` in the end."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.metrics = Metrics()
        self.carriers: list[SmppCarrier] = []
        self._dispatchers: dict[int, Dispatcher] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._dispatching: list[asyncio.Task[None]] = []
        self.store: Store
        self.queries: Queries
        self.accounts: Accounts
        self.http: HttpServer
        self._authenticator: Authenticator
        self._control: ControlServer | None

    async def start(self) -> None:
        """Raises `StoreError`, `SettingsError` or OSError when the database, a certificate or a port can't be
        had; then nothing runs."""
        database = self.settings.database
        self.store = await open_store(database, self.clock, self.metrics, self._wake)
        logs.name_messages(self.store.public_ids.public)
        self.queries = Queries(self.store)
        self.accounts = Accounts(self.store, self.clock)
        ids = await self.store.carrier_ids([carrier.name for carrier in self.settings.carrier])
        self._authenticator = Authenticator(
            self.queries.account, self.clock, refused=self.metrics.log_in_refused
        )
        accept = Accept(self.store, self.clock, terms(self.settings, ids), self.metrics, self._wake)
        face = application(
            accept,
            self.queries,
            self._authenticator,
            self.settings.http,
            self.metrics.registry(),
            self.clock,
        )
        self.http = HttpServer(face, self.settings.http, self.clock)
        path = file_of(database)
        # A file has one engine, so that commands go through it; a server's database they open themselves.
        self._control = None if path is None else ControlServer(self.accounts, path)
        try:
            await self.http.start()
        except (OSError, SettingsError):
            self._authenticator.close()
            await self.store.close()
            raise
        if self._control is not None:
            await self._control.start()
        self._start_south(ids)
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
        carriers = [carrier.name for carrier in self.carriers]
        _log.info("started", version=__version__, listeners=listeners, carriers=carriers)

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
        for dispatcher in self._dispatchers.values():
            dispatcher.stop_leasing()
        if self._dispatching:  # a lease that is being committed is still handed over
            await asyncio.wait(self._dispatching, timeout=SETTLE)
        for carrier in self.carriers:
            carrier.hold()
        await asyncio.gather(*(carrier.settle(SETTLE) for carrier in self.carriers))
        await self._settled()
        await asyncio.gather(*(carrier.close() for carrier in self.carriers))
        await self._settled()  # what was still in flight is Unsure now
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._authenticator.close()
        await self.store.close()
        _log.info("stopped")

    def _start_south(self, ids: dict[str, int]) -> None:
        for settings in self.settings.carrier:
            carrier_id = ids[settings.name]
            dispatcher = Dispatcher(
                self.store, self.clock, self.metrics, carrier_id, self.settings.gateway.most_segments
            )
            carrier = SmppCarrier(
                settings,
                carrier_id,
                dispatcher,
                self.clock,
                on_response_seconds=self.metrics.submit_seconds.observe,
            )
            self._dispatchers[carrier_id] = dispatcher
            self.carriers.append(carrier)
            self._dispatching.append(self._run(dispatcher.dispatch(carrier), f"dispatch {carrier.name}"))
            self._run(carrier.run(), f"link {carrier.name}")
        self._gauges()

    def _gauges(self) -> None:
        def by_carrier(attribute: str) -> dict[str, float]:
            return {carrier.name: float(getattr(carrier, attribute)) for carrier in self.carriers}

        gauge = self.metrics.gauge
        gauge(
            "kavle_link_bound", "1 while the carrier's link is bound", "carrier", lambda: by_carrier("bound")
        )
        gauge(
            "kavle_window_in_flight",
            "Segments that await their response",
            "carrier",
            lambda: by_carrier("in_flight"),
        )
        gauge(
            "kavle_reconnects",
            "Times that the link was bound again",
            "carrier",
            lambda: by_carrier("reconnects"),
        )

    def _run(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.append(task)
        return task

    def _wake(self, carrier_id: int, urgent: bool = False) -> None:
        dispatcher = self._dispatchers.get(carrier_id)
        if dispatcher is not None:  # else the carrier is another node's alone
            dispatcher.wake(urgent=urgent)

    def _wake_all(self) -> None:
        for dispatcher in self._dispatchers.values():
            dispatcher.wake()

    async def _settled(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE):
                for dispatcher in self._dispatchers.values():
                    await dispatcher.settled()
