"""A carrier that speaks HTTP: requests while its network lets us in, and none while it takes nothing."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from typing import Any, Protocol

from kavle.clock import Clock
from kavle.core.carrier import CarrierEvents
from kavle.model.link import LinkReport
from kavle.model.message import Parcel
from kavle.model.why import why
from kavle.south.backoff import Backoff
from kavle.south.meaning import Closed, Meaning
from kavle.south.standing import Standing


class Way(Protocol):
    """To the network, as its requests see it."""

    @property
    def name(self) -> str: ...

    @property
    def open(self) -> bool:
        """Whether requests may be made now."""

    @property
    def trial(self) -> bool:
        """Whether they are made one at a time: the last one failed by a fault of the network's."""

    def meant(self, said: Meaning) -> None:
        """What an answer, or the lack of one, means for the requests to come."""


class Requests(Protocol):
    """The messages that wait for a request, and the requests under way."""

    bug: BaseException | None  # what a request died of, if one did
    submits: int

    @property
    def in_flight(self) -> int: ...

    def free(self) -> int: ...

    def kept(self) -> int: ...

    def put(self, parcels: Sequence[Parcel]) -> None: ...

    def fill(self) -> None:
        """Start what may be started."""

    def withdraw(self) -> None:
        """What waits, waits no more."""

    async def settle(self, seconds: float) -> None: ...

    async def end(self) -> None:
        """What is under way is given up."""


class LinkState(StrEnum):
    """As an operator is shown it."""

    CLOSED = "closed"
    TRIAL = "trying one message"
    OPEN = "open"


class HttpCarrier(ABC):
    """Implements `core.carrier.Carrier`, but for how its network is asked: `_requests`, `_probe` and `_close`
    are those of the kind of carrier.

    It is `bound` while the network lets us in: asked at the start, and again after each answer, or lack of
    one, by which the next request would fare no better. That it lets us in does not say that it takes
    messages; so once a message has failed by it, only one is tried at a time, as by a circuit breaker that is
    half open, until one is taken. Not bound meanwhile, since messages are better off with other carriers;
    but if none comes for as long as the last wait, it has to be: else none ever might."""

    _requests: Requests

    def __init__(
        self,
        name: str,
        window: int,
        reconnect_max: float,
        events: CarrierEvents,
        clock: Clock,
        log: Any,
    ) -> None:
        self._name = name
        self._window = window
        self._events = events
        self._log = log
        self._backoff = Backoff(reconnect_max)
        self._held = False
        self._pause: asyncio.TimerHandle | None = None
        self._stopping = asyncio.Event()
        self._fell = asyncio.Event()  # it takes nothing any more
        self._state = LinkState.CLOSED
        self.trial = False
        self.down: Closed | None = Closed(why("not yet tried"))
        self._standing = Standing(clock)

    @abstractmethod
    async def _probe(self) -> Meaning:
        """Whether we are let in, by what sends nothing."""

    @abstractmethod
    async def _close(self) -> None:
        """Nothing more is asked."""

    # --- for gauges -----------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self._name

    @property
    def in_flight(self) -> int:
        return self._requests.in_flight

    @property
    def reason(self) -> str:
        """Why it is not bound; it is: empty."""
        return str(self.down.reason) if self.down else ""

    @property
    def bound(self) -> bool:
        return self._state is LinkState.OPEN

    def report(self) -> LinkReport:
        return self._standing.report(
            self._state,
            window=self._window,
            in_flight=self.in_flight,
            submits=self._requests.submits,
        )

    @property
    def reconnects(self) -> int:
        return self._standing.reconnects

    # --- core.carrier.Carrier -------------------------------------------------------------------------

    @property
    def lot(self) -> int:
        return 1 if self.trial else self._window

    def free(self) -> int:
        return self._requests.free()

    def kept(self) -> int:
        return self._requests.kept()

    def submit(self, parcels: Sequence[Parcel]) -> None:
        self._requests.put(parcels)

    async def run(self) -> None:
        try:
            while not self._stopping.is_set():
                await self._link()
                if self._requests.bug is not None:
                    raise self._requests.bug
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), self._backoff.next())
        finally:
            self._stopping.set()
            await self._requests.end()
            await self._close()

    def hold(self) -> None:
        self._held = True
        self._requests.withdraw()

    async def settle(self, seconds: float) -> None:
        await self._requests.settle(seconds)

    async def close(self) -> None:
        self._stopping.set()
        self.hold()
        if self._pause is not None:
            self._pause.cancel()
        await self._requests.end()
        self._fall(Closed(why("closed")))

    # --- the way to the network -----------------------------------------------------------------------

    async def _link(self) -> None:
        """Returns when the network takes nothing, or nothing any more."""
        said = await self._probe()
        if said.down:
            self._fall(said.down)
            return
        if self._stopping.is_set():
            return
        self._fell.clear()
        if said.pause:
            self._wait(said.pause)
        if self.trial:
            await self._try()
        if self._state is not LinkState.OPEN and not self._fell.is_set():
            self._rise()
        await self._fell.wait()

    async def _try(self) -> None:
        """Returns when it fell, or when no message came that would have told."""
        self._enter(LinkState.TRIAL)
        self._room()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._backoff.last):
                await self._fell.wait()

    def _rise(self) -> None:
        self._enter(LinkState.OPEN)
        self.down = None
        self._standing.up()
        self._log.info("the network lets us in")
        self._room()

    def _enter(self, state: LinkState) -> None:
        if state is not self._state:
            self._state = state
            self._standing.entered()

    def _room(self) -> None:
        if self.open:
            self._events.room()

    def _fall(self, down: Closed) -> None:
        if down != self.down and not self._stopping.is_set():
            look_at = f"carrier.{self.name}.{down.look_at}" if down.look_at else ""
            about = {"look_at": look_at} if look_at else {}
            self._log.error("the network takes nothing now", reason=str(down.reason), **about)
            self._standing.wrong(down.reason, look_at)
        self._enter(LinkState.CLOSED)
        self.down = down
        self._fell.set()
        self._requests.withdraw()

    # --- what requests go by --------------------------------------------------------------------------

    @property
    def open(self) -> bool:
        return self._state is not LinkState.CLOSED and not self._held and self._pause is None

    def meant(self, said: Meaning) -> None:
        if said.pause:
            self._wait(said.pause)
        elif said.down:
            self.trial = True
            self._standing.fails()
            self._fall(said.down)
        else:  # whatever it says of this message: it takes messages
            self._works()

    def _works(self) -> None:
        self._backoff.reset()
        self.trial = False
        self._standing.works()
        if self._state is LinkState.TRIAL:
            self._rise()

    # --- pauses ---------------------------------------------------------------------------------------

    def _wait(self, seconds: float) -> None:
        """The longest pause that was asked for counts."""
        loop = asyncio.get_running_loop()
        if self._pause is not None:
            seconds = max(seconds, self._pause.when() - loop.time())
            self._pause.cancel()
        else:
            self._log.warning("the network asks for less: pausing", seconds=seconds)
        self._pause = loop.call_later(seconds, self._go_on)
        self._requests.withdraw()

    def _go_on(self) -> None:
        self._pause = None
        self._requests.fill()
