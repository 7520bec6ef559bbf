"""The REST carrier: a few requests at a time, and none while the provider takes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog

from kavle.clock import Clock
from kavle.core.carrier import CarrierEvents
from kavle.model.link import LinkReport
from kavle.model.message import Parcel
from kavle.south.backoff import Backoff
from kavle.south.ip1.client import Client, NoAnswer
from kavle.south.ip1.outcomes import Meaning, meaning_of, no_answer
from kavle.south.ip1.requests import Requests
from kavle.south.ip1.settings import Ip1Settings
from kavle.south.standing import Standing

_log = structlog.get_logger("kavle.ip1")


class Ip1Carrier:
    """Implements `core.carrier.Carrier`. One message is one of the provider's, however many segments it
    takes: the outcome of its first segment bears the id that reports name it by, and those of the others
    none. `report_url` is where reports are to come; empty: none are asked for.

    It is `bound` while the provider lets us in: asked at the start, and again after each answer, or lack of
    one, by which the next request would fare no better."""

    def __init__(
        self,
        settings: Ip1Settings,
        events: CarrierEvents,
        clock: Clock,
        report_url: str,
        number: int = 1,
        on_response_seconds: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        self._settings = settings
        self._events = events
        self._clock = clock
        self._log = _log.bind(carrier=settings.name, link=number)
        self._backoff = Backoff(settings.reconnect_max)
        self._client = Client(settings)
        self._requests = Requests(
            settings, self, self._client, events, clock, self._log, report_url, on_response_seconds
        )
        self._held = False
        self._pause: asyncio.TimerHandle | None = None
        self._stopping = asyncio.Event()
        self._fell = asyncio.Event()  # it is not bound any more
        self.bound = False
        self.reason = "not yet tried"  # why it is not bound
        self._standing = Standing(clock)

    # --- for gauges -----------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def in_flight(self) -> int:
        return self._requests.in_flight

    def report(self) -> LinkReport:
        return self._standing.report(
            "open" if self.bound else "closed",
            window=self._settings.window,
            in_flight=self.in_flight,
            submits=self._requests.submits,
        )

    @property
    def reconnects(self) -> int:
        return self._standing.reconnects

    # --- core.carrier.Carrier -------------------------------------------------------------------------

    @property
    def lot(self) -> int:
        return self._settings.window

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
            await self._client.close()

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
        self._fall("closed")

    # --- the way to the provider ----------------------------------------------------------------------

    async def _link(self) -> None:
        """Returns when the provider takes nothing, or nothing any more."""
        try:
            answer = await self._client.probe()
        except NoAnswer as none:
            said = no_answer(False, str(none))
        else:
            said = meaning_of(answer.status, answer.retry_after, b"", self._clock.now())
        if said.down:
            self._fall(said.down.replace("{name}", self.name))
        elif not self._stopping.is_set():
            self._rise(said.pause)
            await self._fell.wait()

    def _rise(self, pause: float) -> None:
        self.bound, self.reason = True, ""
        self._standing.entered()
        self._standing.up()
        self._fell.clear()
        self._log.info("the provider lets us in", api=self._settings.api)
        if pause:
            self._wait(pause)
        elif self.open:
            self._events.room()

    def _fall(self, reason: str) -> None:
        if reason != self.reason and not self._stopping.is_set():
            self._log.error("the provider takes nothing now", reason=reason)
            self._standing.wrong(reason)
        if self.bound:
            self._standing.entered()
        self.bound, self.reason = False, reason
        self._fell.set()
        self._requests.withdraw()

    # --- requests.Way ---------------------------------------------------------------------------------

    @property
    def open(self) -> bool:
        return self.bound and not self._held and self._pause is None

    def meant(self, said: Meaning) -> None:
        if said.result is None:
            self._backoff.reset()
        if said.pause:
            self._wait(said.pause)
        if said.down:
            self._fall(said.down.replace("{name}", self.name))

    # --- pauses ---------------------------------------------------------------------------------------

    def _wait(self, seconds: float) -> None:
        """The longest pause that was asked for counts."""
        loop = asyncio.get_running_loop()
        if self._pause is not None:
            seconds = max(seconds, self._pause.when() - loop.time())
            self._pause.cancel()
        else:
            self._log.warning("the provider asks for less: pausing", seconds=seconds)
        self._pause = loop.call_later(seconds, self._go_on)
        self._requests.withdraw()

    def _go_on(self) -> None:
        self._pause = None
        self._requests.fill()
