"""The REST carrier: a few requests at a time, and none while the provider takes nothing."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Final

import structlog

from kavle.clock import Clock
from kavle.core.carrier import CarrierEvents
from kavle.model.link import LinkReport
from kavle.model.message import Accepted, Outcome, Parcel, Priority, Refused, Result, Unsent, Unsure
from kavle.south.backoff import Backoff
from kavle.south.ip1.batch import Batch, batches, refusal, request
from kavle.south.ip1.client import Client, NoAnswer, Progress, all_ended
from kavle.south.ip1.outcomes import Meaning, meaning_of, no_answer
from kavle.south.ip1.settings import Ip1Settings
from kavle.south.sparse import SparseLog
from kavle.south.standing import Standing

PATIENCE: Final = 30.0
"""Seconds that a message may wait here for its request; with the longest time-outs behind it, well within its
lease, whose end gives it to others."""
KEPT: Final = 10
"""A slot of so many is kept for priority 3."""

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
        self._report_url = report_url
        self._on_response_seconds = on_response_seconds
        self._log = _log.bind(carrier=settings.name, link=number)
        self._sparse = SparseLog(self._log)
        self._backoff = Backoff(settings.reconnect_max)
        self._client = Client(settings)
        self._queue: deque[Batch] = deque()
        self._sending: dict[asyncio.Task[Meaning], tuple[Batch, Progress]] = {}
        self._kept = settings.window // KEPT
        self._bug: BaseException | None = None
        self._held = False
        self._pause: asyncio.TimerHandle | None = None
        self._stopping = asyncio.Event()
        self._fell = asyncio.Event()  # it is not bound any more
        self._answered = asyncio.Event()  # nothing is in flight
        self.bound = False
        self.reason = "not yet tried"  # why it is not bound
        self._standing = Standing(clock)
        self._submits = 0

    # --- for gauges -----------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def in_flight(self) -> int:
        return sum(batch.segments for batch, _ in self._sending.values())

    def report(self) -> LinkReport:
        return self._standing.report(
            "open" if self.bound else "closed",
            window=self._settings.window,
            in_flight=self.in_flight,
            submits=self._submits,
        )

    @property
    def reconnects(self) -> int:
        return self._standing.reconnects

    # --- core.carrier.Carrier -------------------------------------------------------------------------

    @property
    def lot(self) -> int:
        return self._settings.window

    def free(self) -> int:
        if not self._open:
            return 0
        return max(0, self.lot - sum(batch.segments for batch in self._under_way()))

    def kept(self) -> int:
        others = sum(batch.segments for batch in self._under_way() if batch.priority != Priority.URGENT)
        return max(0, self.free() - max(0, self.lot - self._kept - others))

    def submit(self, parcels: Sequence[Parcel]) -> None:
        """As many requests as may run at once are made; the others as answers come."""
        good: list[Parcel] = []
        for parcel in parcels:
            no = refusal(parcel, self._settings.sender)
            if no is None:
                good.append(parcel)
            else:
                self._end([Batch((parcel,), 0.0)], no)
        made = batches(good, self._settings.batch, asyncio.get_running_loop().time())
        # What is urgent goes before what waits already.
        self._queue = deque(sorted([*self._queue, *made], key=lambda batch: -batch.priority))
        self._fill()

    async def run(self) -> None:
        try:
            while not self._stopping.is_set():
                await self._link()
                if self._bug is not None:
                    raise self._bug
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), self._backoff.next())
        finally:
            self._stopping.set()
            await all_ended(self._sending)
            await self._client.close()

    def hold(self) -> None:
        self._held = True
        self._withdraw()

    async def settle(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._sending:
                    self._answered.clear()
                    await self._answered.wait()

    async def close(self) -> None:
        self._stopping.set()
        self.hold()
        if self._pause is not None:
            self._pause.cancel()
        await all_ended(self._sending)
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
        elif self._open:
            self._events.room()

    def _fall(self, reason: str) -> None:
        if reason != self.reason and not self._stopping.is_set():
            self._log.error("the provider takes nothing now", reason=reason)
            self._standing.wrong(reason)
        if self.bound:
            self._standing.entered()
        self.bound, self.reason = False, reason
        self._fell.set()
        self._withdraw()

    @property
    def _open(self) -> bool:
        return self.bound and not self._held and self._pause is None

    def _under_way(self) -> Iterator[Batch]:
        yield from self._queue
        yield from (batch for batch, _ in self._sending.values())

    # --- messages -------------------------------------------------------------------------------------

    def _fill(self) -> None:
        """Start as many requests as may run at once."""
        if not self._open:
            self._withdraw()  # leased for a way that has closed meanwhile
            return
        late = asyncio.get_running_loop().time() - PATIENCE
        while self._queue and len(self._sending) < self._settings.connections:
            batch = self._queue.popleft()
            if batch.at < late:
                self._end([batch], Unsent())
                continue
            progress = Progress()
            task = asyncio.create_task(self._send(batch, progress), name=f"send {self.name}")
            self._sending[task] = batch, progress
            self._submits += batch.segments
            task.add_done_callback(self._sent)
        if self.free() > 0:
            self._events.room()

    async def _send(self, batch: Batch, progress: Progress) -> Meaning:
        settings, began = self._settings, asyncio.get_running_loop().time()
        body = request(batch, settings.sender, settings.express, self._report_url)
        try:
            answer = await self._client.send(body, progress)
        except NoAnswer as none:
            return no_answer(none.written, str(none))
        self._on_response_seconds(asyncio.get_running_loop().time() - began)
        return meaning_of(answer.status, answer.retry_after, answer.body, self._clock.now())

    def _sent(self, task: asyncio.Task[Meaning]) -> None:
        batch, progress = self._sending.pop(task)
        if task.cancelled():
            self._take(batch, no_answer(progress.written, "closed"))
        elif (bug := task.exception()) is not None:
            self._bug = bug
            self._take(batch, no_answer(progress.written, "a bug"))
        else:
            self._take(batch, task.result())
        self._fill()
        if not self._sending:
            self._answered.set()

    def _take(self, batch: Batch, said: Meaning) -> None:
        result = said.result
        if result is None:
            self._backoff.reset()
        elif isinstance(result, Refused) and not result.retryable and len(batch.parcels) > 1:
            self._queue.extendleft(reversed(batch.alone()))  # it is one of them, and nobody says which
            return
        self._end([batch], result or Accepted(batch.reference))
        if said.pause:
            self._wait(said.pause)
        if said.down:
            self._fall(said.down.replace("{name}", self.name))

    def _end(self, ended: Iterable[Batch], result: Result) -> None:
        parcels = [parcel for batch in ended for parcel in batch.parcels]
        if isinstance(result, Refused | Unsure):
            for parcel in parcels:
                message_id = parcel.lease.message_id
                self._sparse.warning("a message was not taken", message_id=message_id, error=result.error)
        if parcels:
            self._events.outcomes([told for parcel in parcels for told in self._outcomes(parcel, result)])

    def _outcomes(self, parcel: Parcel, result: Result) -> Iterator[Outcome]:
        at = self._clock.now()
        for segment in parcel.segments:
            yield Outcome(parcel.lease, segment.number, result, at)
            if isinstance(result, Accepted):
                result = Accepted("")  # the report of the first is for all of them

    def _withdraw(self) -> None:
        """What waits, waits no more."""
        waiting = list(self._queue)
        self._queue.clear()
        self._end(waiting, Unsent())

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
        self._withdraw()

    def _go_on(self) -> None:
        self._pause = None
        self._fill()
