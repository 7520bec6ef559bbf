"""Queued messages on their way to a carrier that has a link, and back: in bounded steps, the urgent first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import structlog

from kavle.clock import Clock
from kavle.core.failover import Failover, Takes, any_message
from kavle.core.outage import Outage, each
from kavle.core.terms import Terms
from kavle.metrics import Metrics
from kavle.model.message import Priority
from kavle.model.service import Service
from kavle.sms.segment import Encoding
from kavle.store.errors import StoreUnavailable
from kavle.store.store import Store
from kavle.store.types import Move, Queued, QueuePage

EVERY: Final = 1.0
BATCH: Final = 1_000
"""Messages that are looked at, and moved, at once: 3 ms of the event loop."""
REST: Final = 9.0
"""Seconds of rest for each one spent on what can't be moved, which another look finds where it was."""
LONGEST_REST: Final = 30.0

_START: Final = (-(2**63), 0)  # before every tag

_log = structlog.get_logger("kavle.failover")


class Moves:
    """`run` until it is cancelled: that keeps `failover` up to date, too. `names` are the carriers';
    `wake(carrier, urgent)` is told of what came into a queue."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        terms: Terms,
        failover: Failover,
        metrics: Metrics,
        names: Mapping[int, str],
        wake: Callable[[int, bool], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._terms = terms
        self._failover = failover
        self._metrics = metrics
        self._known = frozenset(names)  # to the settings
        self._names = dict(names)
        self._wake = wake
        self._firsts = self._serving = failover.serving()  # nothing is out yet
        self._resting: dict[int, float] = {}  # queues that need not be looked through before then
        self._unseen = Outage(_log, "which carriers have a link can't be told")
        self._unmoved = Outage(_log, "messages can't be moved to another carrier")

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(each(EVERY, self.look, self._unseen))
            group.create_task(each(EVERY, self.move, self._unmoved))

    async def watch(self) -> None:
        """As `run`, in a process that has others to move what waits."""
        await each(EVERY, self.look, self._unseen)

    async def look(self) -> None:
        """Which carriers have a link."""
        states = await self._store.carrier_states(self._clock.now())
        gone = {one.carrier_id: one.carrier for one in states if not one.served}
        self._failover.told(
            {one.carrier_id: None if one.down_since is None else one.seconds for one in states if one.served},
            gone.keys() - self._known,
        )
        self._names |= gone
        self._tell()

    async def move(self) -> None:
        """All that is to be moved now."""
        for carrier_id in self._failover.queues():
            if self._resting.get(carrier_id, 0.0) > _now():
                continue
            self._failover.begin(carrier_id)
            try:
                await self._look_through(carrier_id)
            except StoreUnavailable:
                self._failover.again(carrier_id)
                raise

    def _tell(self) -> None:
        serving = self._failover.serving()
        for route, carrier_id in serving.items():
            service, prefix = route
            before = self._serving[route]
            told = {
                "service": service.name,
                "prefix": prefix,
                "carrier": self._names[carrier_id],
                "before": self._names[before],
            }
            if carrier_id == before:
                continue
            if carrier_id == self._firsts[route]:
                _log.info("a route goes by its first carrier again", **told)
            else:
                _log.warning("a route goes by another carrier", **told)
        self._serving = serving

    async def _look_through(self, source: int) -> None:
        moved, spent = 0, 0.0
        for priority in sorted(Priority, reverse=True):
            after: tuple[int, int] | None = _START
            while after is not None:
                began = _now()
                page = await self._store.queued(QueuePage(source, priority, after, BATCH))
                some = await self._move(source, page, urgent=priority is Priority.URGENT)
                moved += some
                spent += 0.0 if some else _now() - began
                after = (page[-1].tag, page[-1].id) if len(page) == BATCH else None
        self._resting[source] = _now() + min(REST * spent, LONGEST_REST) - EVERY  # which passes anyway
        if moved:
            _log.info("queued messages go by other carriers", messages=moved, before=self._names[source])

    async def _move(self, source: int, page: Sequence[Queued], *, urgent: bool) -> int:
        total = 0
        for target, jobs in self._sorted(source, page).items():
            moved = await self._store.move(Move(source, target, tuple(jobs)))
            self._metrics.moved[self._names[target]] += moved
            self._wake(target, urgent)
            total += moved
        return total

    def _sorted(self, source: int, page: Sequence[Queued]) -> dict[int, list[tuple[int, int]]]:
        """Those that are to be moved, by where to. What a network has taken in part, or what is held of it,
        stays: the rest of it is only good with what that one delivers."""
        found: dict[int, list[tuple[int, int]]] = {}
        for one in page:
            target = self._better(source, one) if one.whole else None
            if target is not None:
                found.setdefault(target, []).append((one.id, one.segments))
        return found

    def _better(self, source: int, one: Queued) -> int | None:
        return self._failover.better(source, one.recipient, self._taking(one), one.service)

    def _taking(self, one: Queued) -> Takes:
        if one.service is Service.MMS:
            return any_message
        encoding = Encoding(one.encoding)
        return lambda carrier: self._terms.takes(carrier, one.sender, one.text, encoding)


def _now() -> float:
    return asyncio.get_running_loop().time()
