"""The submissions under way: so many at once, since each holds its files in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from kavle.clock import Clock
from kavle.core.carrier import CarrierEvents
from kavle.model.errors import Refusal
from kavle.model.message import Accepted, Outcome, Parcel, Refused, Result, Unsent, Unsure
from kavle.model.status import Status
from kavle.model.why import why
from kavle.south.http_carrier import Way
from kavle.south.http_client import Answer, NoAnswer, Progress, all_ended
from kavle.south.meaning import Meaning, no_answer
from kavle.south.mm7.client import Client
from kavle.south.mm7.incoming import LONGEST_ID
from kavle.south.mm7.outcomes import http_meaning, meaning_of
from kavle.south.mm7.settings import Mm7Settings
from kavle.south.mm7.submit import submission
from kavle.south.sparse import SparseLog
from kavle.wire.mm7 import NOT_MM7, SubmitRsp, Unreadable, pieces, read

NO_FILES: Final = Refused(Status.INTERNAL_ERROR, True, "its files could not be read")


class _Submitted:
    """What one request comes to."""

    def __init__(self, result: Result, said: Meaning | None) -> None:
        """`said` by the network; None where it was not asked."""
        self.result = result
        self.said = said


class Requests:
    """Implements `http_carrier.Requests`: every MMS that is `put` gets one outcome."""

    def __init__(
        self,
        settings: Mm7Settings,
        way: Way,
        client: Client,
        events: CarrierEvents,
        clock: Clock,
        log: Any,
        on_response_seconds: Callable[[float], None],
    ) -> None:
        self._settings = settings
        self._way = way
        self._client = client
        self._events = events
        self._clock = clock
        self._sparse = SparseLog(log)
        self._on_response_seconds = on_response_seconds
        self._sending: dict[asyncio.Task[_Submitted], tuple[Parcel, Progress]] = {}
        self._answered = asyncio.Event()  # nothing is in flight
        self.bug: BaseException | None = None
        self.submits = 0

    @property
    def in_flight(self) -> int:
        return len(self._sending)

    def free(self) -> int:
        most = 1 if self._way.trial else self._settings.requests
        return max(0, most - len(self._sending)) if self._way.open else 0

    def kept(self) -> int:
        """None: an MMS has no priority."""
        return 0

    def put(self, parcels: Sequence[Parcel]) -> None:
        free = self.free()
        for parcel in parcels[free:]:  # leased for a way that has closed or narrowed meanwhile
            self._end(parcel, Unsent())
        for parcel in parcels[:free]:
            progress = Progress()
            task = asyncio.create_task(self._submit(parcel, progress), name=f"submit {self._way.name}")
            self._sending[task] = parcel, progress
            self.submits += 1
            task.add_done_callback(self._done)

    def fill(self) -> None:
        if self.free() > 0:
            self._events.room()

    def withdraw(self) -> None:
        """Nothing waits here: what is not sent yet is about to be."""

    async def settle(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._sending:
                    self._answered.clear()
                    await self._answered.wait()

    async def end(self) -> None:
        await all_ended(self._sending)

    # --- one request ----------------------------------------------------------------------------------

    async def _submit(self, parcel: Parcel, progress: Progress) -> _Submitted:
        try:
            content_type, body = await self._written(parcel)
        except Refusal:
            return _Submitted(NO_FILES, None)
        if not self._way.open:  # it has closed meanwhile
            return _Submitted(Unsent(), None)
        return await self._ask(content_type, body, progress)

    async def _written(self, parcel: Parcel) -> tuple[str, list[bytes]]:
        """Where the files are not written as they are, nothing holds them once they are written."""
        files = await self._events.files(parcel.lease.message_id)

        def written(now: datetime) -> tuple[str, list[bytes]]:
            return pieces(submission(parcel, files, self._settings, now))

        # Hundreds of thousands of octets to look at, to hash, and maybe to write as base64.
        return await asyncio.to_thread(written, self._clock.now())

    async def _ask(self, content_type: str, body: list[bytes], progress: Progress) -> _Submitted:
        began = asyncio.get_running_loop().time()
        try:
            answer = await self._client.submit(content_type, body, progress)
        except NoAnswer as none:
            return _of(no_answer(none.written, none.why))
        self._on_response_seconds(asyncio.get_running_loop().time() - began)
        return self._read(answer)

    def _read(self, answer: Answer) -> _Submitted:
        by_http = http_meaning(answer.status, answer.retry_after, self._clock.now())
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            return _of(by_http)
        try:
            message = read(answer.headers.get("Content-Type", ""), answer.body)
        except Unreadable:
            return _of(by_http)
        if message.version == NOT_MM7:
            return _of(by_http)
        said = meaning_of(message, self._settings.retry_codes)
        if said.result is None and isinstance(message, SubmitRsp):
            return _Submitted(Accepted(message.message_id[:LONGEST_ID]), said)
        return _of(said)

    # --- and its end ----------------------------------------------------------------------------------

    def _done(self, task: asyncio.Task[_Submitted]) -> None:
        parcel, progress = self._sending.pop(task)
        if task.cancelled():
            submitted = _of(no_answer(progress.written, why("closed")))
        elif (bug := task.exception()) is not None:
            self.bug = bug
            submitted = _of(no_answer(progress.written, why("a bug")))
        else:
            submitted = task.result()
        self._end(parcel, submitted.result)
        if submitted.said is not None:
            self._way.meant(submitted.said)
        self.fill()
        if not self._sending:
            self._answered.set()

    def _end(self, parcel: Parcel, result: Result) -> None:
        if isinstance(result, Refused | Unsure):
            message_id = parcel.lease.message_id
            self._sparse.warning("an MMS was not taken", message_id=message_id, error=result.error)
        at = self._clock.now()
        self._events.outcomes(
            [Outcome(parcel.lease, segment.number, result, at) for segment in parcel.segments]
        )


def _of(said: Meaning) -> _Submitted:
    """Of a message that was not taken, as far as is known."""
    return _Submitted(said.result if said.result is not None else Unsent(), said)
