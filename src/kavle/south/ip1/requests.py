"""The messages that wait for a request, and the requests under way: a few at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

from kavle.clock import Clock
from kavle.core.carrier import CarrierEvents
from kavle.model.message import Accepted, Outcome, Parcel, Priority, Refused, Result, Unsent, Unsure
from kavle.model.why import why
from kavle.south.http_carrier import Way
from kavle.south.http_client import NoAnswer, Progress, all_ended
from kavle.south.ip1.batch import Batch, batches, refusal, request
from kavle.south.ip1.client import Client
from kavle.south.ip1.outcomes import meaning_of
from kavle.south.ip1.settings import Ip1Settings
from kavle.south.meaning import Meaning, no_answer
from kavle.south.sparse import SparseLog

PATIENCE: Final = 30.0
"""Seconds that a message may wait here for its request; with the longest time-outs behind it, well within its
lease, whose end gives it to others."""
KEPT: Final = 10
"""A slot of so many is kept for priority 3; of the connections one at least, where there are several: a
request may take as long as `request_timeout`, and whoever waits has no slot of use before."""


class Requests:
    """Every segment that is `put` gets one outcome. `bug` is what a request died of, if one did."""

    def __init__(
        self,
        settings: Ip1Settings,
        way: Way,
        client: Client,
        events: CarrierEvents,
        clock: Clock,
        log: Any,
        report_url: str,
        on_response_seconds: Callable[[float], None],
    ) -> None:
        self._settings = settings
        self._way = way
        self._client = client
        self._events = events
        self._clock = clock
        self._sparse = SparseLog(log)
        self._report_url = report_url
        self._on_response_seconds = on_response_seconds
        self._queue: deque[Batch] = deque()
        self._sending: dict[asyncio.Task[Meaning], tuple[Batch, Progress]] = {}
        self._kept = settings.window // KEPT
        self._kept_connections = max(1, settings.connections // KEPT) if settings.connections > 1 else 0
        self._answered = asyncio.Event()  # nothing is in flight
        self.bug: BaseException | None = None
        self.submits = 0

    @property
    def in_flight(self) -> int:
        return sum(batch.segments for batch, _ in self._sending.values())

    def free(self) -> int:
        if not self._way.open:
            return 0
        if self._way.trial:
            return 0 if self._queue or self._sending else 1
        return max(0, self._settings.window - sum(batch.segments for batch in self._under_way()))

    def kept(self) -> int:
        others = sum(batch.segments for batch in self._under_way() if batch.priority != Priority.URGENT)
        return max(0, self.free() - max(0, self._settings.window - self._kept - others))

    def put(self, parcels: Sequence[Parcel]) -> None:
        """As many requests as may run at once are made; the others as answers come."""
        good: list[Parcel] = []
        for parcel in parcels:
            no = refusal(parcel, self._settings.sender)
            if no is None:
                good.append(parcel)
            else:
                self._end([Batch((parcel,), 0.0)], no)
        made = batches(good, self._settings.batch, asyncio.get_running_loop().time())
        self._wait([*self._queue, *made])
        self.fill()

    def fill(self) -> None:
        """Start as many requests as may run at once."""
        if not self._way.open:
            self.withdraw()  # leased for a way that has closed meanwhile
            return
        late = asyncio.get_running_loop().time() - PATIENCE
        while self._queue and self._free_connection(self._queue[0].priority):
            batch = self._queue.popleft()
            if batch.at < late:
                self._end([batch], Unsent())
                continue
            progress = Progress()
            task = asyncio.create_task(self._send(batch, progress), name=f"send {self._way.name}")
            self._sending[task] = batch, progress
            self.submits += batch.segments
            task.add_done_callback(self._sent)
        if self.free() > 0:
            self._events.room()

    def withdraw(self) -> None:
        """What waits, waits no more."""
        waiting = list(self._queue)
        self._queue.clear()
        self._end(waiting, Unsent())

    async def settle(self, seconds: float) -> None:
        """Wait, so long at most, for the answers to what is under way."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._sending:
                    self._answered.clear()
                    await self._answered.wait()

    async def end(self) -> None:
        """What is under way is given up."""
        await all_ended(self._sending)

    def _wait(self, batches: Iterable[Batch]) -> None:
        """What is urgent goes before what waits already."""
        self._queue = deque(sorted(batches, key=lambda batch: -batch.priority))

    def _free_connection(self, priority: int) -> bool:
        if self._way.trial:
            return not self._sending
        if priority == Priority.URGENT:
            return len(self._sending) < self._settings.connections
        others = sum(batch.priority != Priority.URGENT for batch, _ in self._sending.values())
        most = self._settings.connections
        return len(self._sending) < most and others < most - self._kept_connections

    def _under_way(self) -> Iterator[Batch]:
        yield from self._queue
        yield from (batch for batch, _ in self._sending.values())

    async def _send(self, batch: Batch, progress: Progress) -> Meaning:
        settings, began = self._settings, asyncio.get_running_loop().time()
        body = request(batch, settings.sender, settings.express, self._report_url)
        try:
            answer = await self._client.send(body, progress)
        except NoAnswer as none:
            return no_answer(none.written, none.why)
        self._on_response_seconds(asyncio.get_running_loop().time() - began)
        return meaning_of(answer.status, answer.retry_after, answer.body, self._clock.now())

    def _sent(self, task: asyncio.Task[Meaning]) -> None:
        batch, progress = self._sending.pop(task)
        if task.cancelled():
            self._take(batch, no_answer(progress.written, why("closed")))
        elif (bug := task.exception()) is not None:
            self.bug = bug
            self._take(batch, no_answer(progress.written, why("a bug")))
        else:
            self._take(batch, task.result())
        self.fill()
        if not self._sending:
            self._answered.set()

    def _take(self, batch: Batch, said: Meaning) -> None:
        result = said.result
        if isinstance(result, Refused) and not result.retryable and len(batch.parcels) > 1:
            self._wait([*batch.alone(), *self._queue])  # it is one of them, and nobody says which
            return
        self._end([batch], result or Accepted(batch.reference))
        self._way.meant(said)

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
