"""What the roles of one process share: its settings, its clock, its store, and who is told of what is new."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Final, Protocol

import structlog

from kavle import logs
from kavle.cli.config import CarrierSettings, Settings
from kavle.cli.database import open_store
from kavle.cli.terms import carrier_terms, terms
from kavle.clock import Clock
from kavle.core.failover import Failover
from kavle.core.restoring import Restoring
from kavle.core.terms import Terms
from kavle.metrics import Metrics
from kavle.store.errors import StoreError
from kavle.store.store import Store

_log = structlog.get_logger("kavle.node")

Ear = Callable[[int, bool], None]


class Part(Protocol):
    """A piece of a process. One whose `start` has raised has nothing to stop."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class Wake:
    """`wake(carrier, urgent)`: its queue has something new. Who leases from it listens; in a process without
    links that is nobody, and the store calls the others."""

    def __init__(self) -> None:
        self._ear: Ear | None = None

    def listen(self, ear: Ear) -> None:
        self._ear = ear

    def __call__(self, carrier_id: int, urgent: bool = False) -> None:
        if self._ear is not None:
            self._ear(carrier_id, urgent)


class Came:
    """`came()`: there are new messages for customers. Who calls these listens; in a process that is not asked
    to that is nobody, and the others find them by looking."""

    def __init__(self) -> None:
        self._ear: Callable[[], None] | None = None

    def listen(self, ear: Callable[[], None]) -> None:
        self._ear = ear

    def __call__(self) -> None:
        if self._ear is not None:
            self._ear()


class Changed:
    """`changed(account)`: it is not what it was. Who remembers whom it has let in listens."""

    def __init__(self) -> None:
        self._ear: Callable[[str], None] | None = None

    def listen(self, ear: Callable[[str], None]) -> None:
        self._ear = ear

    def __call__(self, account: str) -> None:
        if self._ear is not None:
            self._ear(account)


class Node:
    """`await open()`, and `await close()` when all parts have stopped."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings: Final = settings
        self.clock: Final = clock
        self.metrics: Final = Metrics()
        self.wake: Final = Wake()
        self.came: Final = Came()
        self.changed: Final = Changed()
        self.tasks: Final[list[asyncio.Task[None]]] = []
        self.store: Store
        self.carrier_ids: dict[str, int]
        self.terms: Terms
        self.failover: Failover
        self._restoring: Restoring
        self._unconfirmed = False

    @property
    def carriers(self) -> dict[int, CarrierSettings]:
        return {self.carrier_ids[settings.name]: settings for settings in self.settings.carrier}

    def wake_all(self) -> None:
        for carrier_id in self.carrier_ids.values():
            self.wake(carrier_id)

    async def open(self) -> None:
        """Raises `StoreError`."""
        self.store = await open_store(self.settings.database, self.clock, self.metrics.committed, self.wake)
        self._restoring = Restoring(self.store, self.clock)
        self._unconfirmed = await self._restoring.settle()
        if self._unconfirmed:
            _log.warning("this database is a copy: no link is bound before `kavle restore confirm`")
        await self._settle()

    async def join(self, store: Store) -> None:
        """Of a gateway whose engine is another process, which has opened the database. Raises
        `StoreError`."""
        self.store = store
        await self._settle()

    async def _settle(self) -> None:
        logs.name_messages(self.store.public_ids.public)
        self.carrier_ids = await self.store.carrier_ids(carrier_terms(self.settings))
        other = [carrier.name for carrier in self.settings.carrier if carrier.name not in self.carrier_ids]
        if other:
            await self.close()
            raise StoreError(
                f"carrier {other[0]}: one of this name was for the other service, and what waits for it is"
                " of that; give the new carrier a name of its own"
            )
        self.terms = terms(self.settings, self.carrier_ids)
        after = self.settings.gateway.failover_after
        self.failover = Failover(self.terms.routes, after, self.terms.mms.routes)

    async def confirmed(self) -> None:
        """Returns once what this database says to be unsent may be sent: at once, but of a copy that was put
        back."""
        if self._unconfirmed:
            await self._restoring.confirmed()

    async def close(self) -> None:
        await self.store.close()

    def run(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """As a task whose death is the process's."""
        task = asyncio.create_task(work, name=name)
        self.tasks.append(task)
        return task

    async def end(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        ending = list(tasks)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
