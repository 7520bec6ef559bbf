"""Keeps this node's share of every carrier's links: a road for each that it holds, and none for longer than
its row in the store says."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from math import inf
from typing import Final

import msgspec
import structlog

from kavle.clock import Clock
from kavle.core.road import SETTLE, Road
from kavle.model.link import LinkReport
from kavle.store.errors import StoreUnavailable
from kavle.store.store import Store
from kavle.store.types import LinkHold, LinkKey, LinkShare, LinkTurn

TURN: Final = 1.0
"""Seconds between two turns: so soon does a node see what another has given back."""
MARGIN: Final = 1 / 3
"""Of a life: with less of it left, and no way to renew it, the link is closed."""
LAST_TRY: Final = 1 / 12
"""Of a life: so long may a turn take even where a link should be closed by now."""
LEAST: Final = 0.1
AT_ONCE: Final = 0.5
"""Seconds to close in, of a link that is already another's."""

_log = structlog.get_logger("kavle.links")


class _Held:
    """A link that is this node's: `until` then, by its own monotonic clock."""

    def __init__(self, road: Road, token: int, until: float) -> None:
        self.road = road
        self.token = token
        self.until = until
        self.closing: asyncio.Task[None] | None = None
        self.cut = False  # closing at once


class Links:
    """`run` until it is cancelled, then `stop`. `binds` is how many links each carrier has over all nodes.
    `make(carrier_id, number)` makes the road of a link that was taken. `now` is a clock that nobody sets, in
    seconds, as `life` is. `name` is what an operator knows this node by."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        binds: Mapping[int, int],
        life: float,
        make: Callable[[int, int], Road],
        now: Callable[[], float],
        name: str = "",
    ) -> None:
        self._store = store
        self._clock = clock
        self._binds = dict(binds)
        self._life = life
        self._make = make
        self._now = now
        self._name = name
        self._node = secrets.randbits(62)
        self._held: dict[LinkKey, _Held] = {}
        self._closed: set[LinkKey] = set()  # and not yet given back
        self._settling: set[asyncio.Task[None]] = set()
        self._leaving = False
        self._reached = True  # the store, at the last turn
        self._woken = asyncio.Event()
        self._bug: BaseException | None = None

    def roads(self, carrier_id: int) -> list[Road]:
        return [held.road for (carrier, _), held in self._held.items() if carrier == carrier_id]

    def wake(self, carrier_id: int, urgent: bool = False) -> None:
        for (carrier, _), held in self._held.items():  # no list: it is called for every message
            if carrier == carrier_id:
                held.road.wake(urgent=urgent)

    async def run(self) -> None:
        """Raises what a road died of, which is a bug."""
        while self._bug is None:
            await self.turn()
            await self._pause()
        raise self._bug

    async def stop(self) -> None:
        """Close every link in good order, and give each back as soon as it is closed."""
        self._leaving = True
        for key in list(self._held):
            self._give_back(key)
        await self.turn()
        while self._held or (self._closed and self._reached):
            await self._pause()
            await self.turn()
        if self._settling:
            await asyncio.wait(self._settling, timeout=SETTLE)

    async def turn(self) -> None:
        """Renew, take, give back; and close in time what could not be renewed."""
        asked, closed = self._now(), tuple(self._closed)
        life, at = timedelta(seconds=self._life), self._clock.now()
        turn = LinkTurn(self._node, self._binds, life, at, closed, self._leaving, self._reports())
        try:
            async with asyncio.timeout(self._patience()):
                told = await self._store.share_links(turn)
        except (StoreUnavailable, TimeoutError) as error:
            self._unreached(error)
        else:
            self._reached = True
            self._closed.difference_update(closed)
            self._told(told, asked)
        self._cut_the_overdue()

    # --- what the store says --------------------------------------------------------------------------

    def _reports(self) -> dict[LinkKey, LinkReport]:
        return {
            key: msgspec.structs.replace(carrier.report(), node=self._name, bound=carrier.bound)
            for key, carrier in ((key, held.road.carrier) for key, held in self._held.items())
        }

    def _told(self, told: LinkShare, asked: float) -> None:
        mine = {hold.key: hold for hold in told.held}
        for key, held in list(self._held.items()):
            hold = mine.get(key)
            if hold is not None and hold.token == held.token:
                held.until = asked + hold.left
            elif not held.cut:
                _log.warning("a link is another node's by now, and is closed", **_about(key, held))
                self._cut(key, AT_ONCE)
        for key in sorted(mine.keys() - self._held.keys() - self._closed):
            if self._leaving:
                self._closed.add(key)
            else:
                self._open(mine[key], asked)
        for carrier_id, share in told.shares.items():
            for key in self._surplus(carrier_id, share):
                self._give_back(key)

    def _open(self, hold: LinkHold, asked: float) -> None:
        road = self._make(hold.carrier_id, hold.number)
        held = self._held[hold.key] = _Held(road, hold.token, asked + hold.left)
        _log.info("a link is ours", **_about(hold.key, held))
        road.start(self._died)

    def _surplus(self, carrier_id: int, share: int) -> Sequence[LinkKey]:
        """What is over our share: what is closing anyway, and the last ones."""
        keys = [key for key in self._held if key[0] == carrier_id]
        return sorted(keys, key=lambda key: (self._held[key].closing is not None, key))[share:]

    def _unreached(self, error: Exception) -> None:
        if self._reached:
            _log.warning("the links can't be renewed now", error=str(error) or "no answer in time")
        self._reached = False

    # --- the end of a link ----------------------------------------------------------------------------

    @property
    def _margin(self) -> float:
        return self._life * MARGIN

    def _patience(self) -> float:
        """Seconds that a turn may take: until the first link must be closed, if it does not renew it."""
        until = [held.until for held in self._held.values() if not held.cut]
        left = min(until, default=inf) - self._margin - self._now()
        return max(self._life * LAST_TRY, min(left, self._life))

    def _cut_the_overdue(self) -> None:
        for key, held in list(self._held.items()):
            left = held.until - self._now()
            if left < self._margin and not held.cut:
                _log.warning("a link could not be renewed, and is closed", **_about(key, held))
                self._cut(key, max(left / 2, LEAST))  # so that it is over when the row is

    def _give_back(self, key: LinkKey) -> None:
        held = self._held[key]
        if held.closing is None:
            _log.info("a link is given back", **_about(key, held))
            held.closing = self._closing(key, held, None)

    def _cut(self, key: LinkKey, seconds: float) -> None:
        held = self._held[key]
        before, held.cut = held.closing, True
        held.closing = self._closing(key, held, seconds)
        if before is not None:
            before.cancel()

    def _closing(self, key: LinkKey, held: _Held, seconds: float | None) -> asyncio.Task[None]:
        task = asyncio.create_task(self._close(key, held, seconds))
        self._settling.add(task)
        task.add_done_callback(self._ended)
        return task

    async def _close(self, key: LinkKey, held: _Held, seconds: float | None) -> None:
        """In good order, or within so many seconds."""
        try:
            await (held.road.stop() if seconds is None else held.road.cut(seconds))
        finally:
            if held.closing is asyncio.current_task():  # else it is being cut instead
                del self._held[key]
                self._closed.add(key)
                self._woken.set()
        await held.road.settled()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._settling.discard(task)
        if not task.cancelled() and (bug := task.exception()) is not None:
            self._died(bug)

    def _died(self, bug: BaseException) -> None:
        self._bug = bug
        self._woken.set()

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(min(TURN, self._life / 6)):
                await self._woken.wait()
        self._woken.clear()


def _about(key: LinkKey, held: _Held) -> dict[str, object]:
    return {"carrier": held.road.carrier.name, "link": key[1]}
