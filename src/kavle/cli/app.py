"""Puts the concrete pieces together, and owns their start and stop. Nobody else knows all of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from kavle import __version__
from kavle.cli.config import Settings
from kavle.cli.control import ControlServer
from kavle.cli.database import file_of
from kavle.cli.roles.callbacks import CallbackCalls
from kavle.cli.roles.node import Node, Part
from kavle.cli.roles.north import North
from kavle.cli.roles.operations import Operations
from kavle.cli.roles.role import ALL, Role, told
from kavle.cli.roles.south import South, check_certificates
from kavle.cli.roles.upkeep import Upkeep
from kavle.clock import Clock
from kavle.core.accounts import Accounts
from kavle.core.desk import Desk
from kavle.core.queries import Queries
from kavle.metrics import Metrics
from kavle.north.server import HttpServer
from kavle.north.web.phones import Guest
from kavle.store.store import Store

if TYPE_CHECKING:
    from kavle.cli.roles.norths import Front, Norths

_log = structlog.get_logger("kavle.app")


class Gateway:
    """`await start()`, then `await run()` until `stop` is called for; `await stop()` in the end."""

    def __init__(
        self, settings: Settings, clock: Clock, roles: frozenset[Role] = ALL, guest: Guest | None = None
    ) -> None:
        """`guest`: whom anybody may send as, which a demo has."""
        self.roles = roles
        self._guest = guest
        self._node = Node(settings, clock)
        self._started: list[Part] = []
        self.accounts: Accounts
        self.http: HttpServer | Front

    @property
    def settings(self) -> Settings:
        return self._node.settings

    @property
    def metrics(self) -> Metrics:
        return self._node.metrics

    @property
    def clock(self) -> Clock:
        return self._node.clock

    @property
    def store(self) -> Store:
        return self._node.store

    @property
    def queries(self) -> Queries:
        return Queries(self.store)

    async def start(self) -> None:
        """Raises `StoreError`, `SettingsError` or OSError when the database, a certificate or a port can't be
        had; then nothing runs."""
        if Role.SOUTH in self.roles:
            await check_certificates(self.settings)
        await self._node.open()
        try:
            for part in self._parts():
                await part.start()
                self._started.append(part)
        except BaseException:
            await self._stop()
            raise
        listeners = [listener.url for listener in self.http.listeners]
        _log.info(
            "started",
            version=__version__,
            roles=told(self.roles),
            listeners=listeners,
            carriers=list(self._node.carrier_ids),
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Returns when `stop` is set; raises what a task died of, which is a bug."""
        stopping = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait([stopping, *self._node.tasks], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        for task in done - {stopping}:
            task.result()

    async def stop(self) -> None:
        """In the order of `_parts`."""
        await self._stop()
        _log.info("stopped")

    async def _stop(self) -> None:
        for part in self._started:
            await part.stop()
        await self._node.close()

    def _parts(self) -> list[Part]:
        """In the order in which they start, and stop: nobody new is let in, what runs is committed; what is
        in flight is awaited, what was not written goes back to the queue, the links close; and what time does
        ends last."""
        node, upkeep = self._node, Upkeep(self._node)
        self.accounts = Accounts(node.store, node.clock, node.changed)
        region = self.settings.gateway.region
        desk = Desk(node.store, node.clock, region, accounts=self.accounts, wake=node.wake_all)
        door = self._door(upkeep, desk)
        self.http = door.http
        parts: list[Part] = [*self._commands(desk), door]
        if Role.SOUTH in self.roles:
            parts.append(South(node))
        if Role.CALLBACKS in self.roles:
            parts.append(CallbackCalls(node))
        return [*parts, upkeep]

    def _door(self, upkeep: Upkeep, desk: Desk) -> North | Norths | Operations:
        node = self._node
        if Role.NORTH not in self.roles:
            return Operations(node)
        if self.settings.http.processes:
            # What speaks with other processes is imported only where there are some.
            from kavle.cli.roles.norths import Norths

            return Norths(node, upkeep)
        return North(node, upkeep.expand, desk, self._guest)

    def _commands(self, desk: Desk) -> list[Part]:
        """A file has one engine, so that commands go through it; a server's database they open themselves."""
        path = file_of(self.settings.database)
        return [] if path is None else [ControlServer(desk, path)]
