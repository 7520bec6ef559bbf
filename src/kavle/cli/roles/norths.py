"""North in processes of its own, beside the engine that has the file: they listen at the same addresses, and
hand what is to be written to the one writer. The engine starts them, starts anew what dies or stands still,
and ends them."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Mapping
from typing import Final

import structlog

from kavle.cli.config import ONE_FILE
from kavle.cli.roles.child import Child
from kavle.cli.roles.counts import Counted, counted
from kavle.cli.roles.node import Node
from kavle.cli.roles.orders import CAME, CHANGED, COUNT, ENGINE, EXPAND, WAKE
from kavle.cli.roles.upkeep import Upkeep
from kavle.model.errors import OutcomeUnknown
from kavle.north.listener import Listener, ListenError
from kavle.north.settings import HttpSettings
from kavle.settings import SettingsError
from kavle.store.errors import StoreError, StoreUnavailable
from kavle.store.sqlite.line import Heard, Served, reading
from kavle.store.sqlite.remote import lent
from kavle.store.sqlite.store import SqliteStore

_EVERY: Final = 1.0  # seconds between looks at each, and tidings of when the database last took something
_PATIENCE: Final = 5.0
"""Seconds for an address to become free: the processes of an engine that was killed end by themselves."""
_COUNT_SECONDS: Final = 2.0
_AGAIN: Final = 0.1  # seconds until one that died is started anew; twice as long each time that it can't be
_LONGEST_AGAIN: Final = 30.0

_log = structlog.get_logger("kavle.norths")


class Front:
    """The listeners of the settings, bound here, and served by others."""

    def __init__(self, settings: HttpSettings) -> None:
        self.listeners = [Listener(key, one) for key, one in settings.listeners()]

    @property
    def port(self) -> int:
        return self.listeners[0].port

    async def bind(self) -> None:
        """Raises `ListenError`; then nothing is bound."""
        try:
            for listener in self.listeners:
                await _bound(listener)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        for listener in self.listeners:
            listener.close()


class Norths:
    def __init__(self, node: Node, upkeep: Upkeep) -> None:
        self.http = Front(node.settings.http)
        self._node = node
        self._upkeep = upkeep
        self._served: Mapping[str, Served]
        self._children: dict[int, Child] = {}  # those that serve, by number
        self._tasks: list[asyncio.Task[None]] = []
        self._heard = {
            WAKE: Heard(reading(tuple[int, bool]), lambda one: node.wake(*one)),
            CAME: Heard(reading(None), lambda _: node.came()),
            EXPAND: Heard(reading(None), lambda _: upkeep.expand()),
            CHANGED: Heard(reading(str), node.changed),
        }
        node.changed.listen(self._changed)

    async def start(self) -> None:
        """Returns when all serve. Raises `ListenError`, and `SettingsError` or `StoreError` where one
        can't."""
        store = self._node.store
        if not isinstance(store, SqliteStore):
            raise SettingsError(ONE_FILE)
        self._served = {**lent(store.lend()), COUNT: Served(reading(None), self._count)}
        await self.http.bind()
        numbers = range(1, self._node.settings.http.processes + 1)
        begun = await asyncio.gather(*map(self._begin, numbers), return_exceptions=True)
        if failed := [one for one in begun if isinstance(one, BaseException)]:
            await self.stop()
            raise failed[0]
        self._tasks = [self._node.run(self._keep(number), f"north {number}") for number in numbers]
        self._tasks.append(self._node.run(self._watch(), "norths"))

    async def stop(self) -> None:
        """Nobody new is let in; what they have begun is finished, and stored."""
        await self._node.end(self._tasks)
        self.http.close()
        await asyncio.gather(*(child.stop() for child in self._children.values()))

    async def _begin(self, number: int) -> None:
        child = Child(number, self._served, self._heard)
        await child.start(self._node.settings, {one.key: one.sockets for one in self.http.listeners})
        self._children[number] = child
        self._tell_stored(child)

    async def _keep(self, number: int) -> None:
        """There is one of this number, whatever happens to it."""
        while True:
            code = await self._children[number].ended()
            name = self._children.pop(number).name
            _log.error("a process died, and is started anew", process=name, code=code)
            await self._again(number)

    async def _again(self, number: int) -> None:
        pause = _AGAIN
        while True:
            await asyncio.sleep(pause)
            try:
                await self._begin(number)
                return
            except (OSError, SettingsError, StoreError) as error:
                _log.error("a process can't be started", error=str(error))
                pause = min(2 * pause, _LONGEST_AGAIN)

    async def _watch(self) -> None:
        while True:
            for child in self._children.values():
                child.look()
                self._tell_stored(child)
            await asyncio.sleep(_EVERY)

    def _tell_stored(self, child: Child) -> None:
        at = self._node.metrics.stored_at
        if at is not None:
            child.tell_stored(at)

    def _changed(self, account: str) -> None:
        for child in self._children.values():
            child.tell_changed(account)

    def _count(self, _: None, octets: int) -> asyncio.Future[list[Counted]]:
        return asyncio.ensure_future(self._counted())

    async def _counted(self) -> list[Counted]:
        """Of all that answer in time."""
        own = counted(ENGINE, self._node.metrics)
        children = [child for _, child in sorted(self._children.items())]
        found = await asyncio.gather(*map(_count_of, children))
        return [own, *(one for one in found if one is not None)]


async def _count_of(child: Child) -> Counted | None:
    try:
        async with asyncio.timeout(_COUNT_SECONDS):
            return await child.count()
    except (TimeoutError, OutcomeUnknown, StoreUnavailable):
        return None


async def _bound(listener: Listener) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + _PATIENCE
    while True:
        try:
            return await listener.bind()
        except ListenError as error:
            if error.errno != errno.EADDRINUSE or loop.time() > until:
                raise
        await asyncio.sleep(0.05)
