"""The way from the MMSC to the gateway: reports and MMs from phones, each kept until the gateway has it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import aiohttp
from structlog.typing import FilteringBoundLogger

from kavle.clock import Clock
from kavle.simulator.later import Later
from kavle.simulator.mmsc.counts import Owed
from kavle.simulator.mmsc.journal import MmAnswered, MmEntry, MmSent
from kavle.simulator.mmsc.settings import MmscSettings
from kavle.wire import mm7
from kavle.wire.mm7 import Code, DeliverReq, DeliveryReportReq, ReadReplyReq

NO_ANSWER: Final = 0
"""Instead of a StatusCode."""

_AGAIN: Final = {
    NO_ANSWER,
    *(Code.SERVER_ERROR, Code.GENERAL_SERVICE_ERROR, Code.SERVICE_ERROR, Code.SERVICE_UNAVAILABLE),
}
"""Errors that pass."""

_LONGEST_ANSWER: Final = 64 * 1024  # octets

Request = DeliverReq | DeliveryReportReq | ReadReplyReq


class Delivery:
    """One request, the same each time that it is sent, its TransactionID too, so that a double can be known.
    `id` is the MM's; `said` goes into the journal."""

    def __init__(self, request: Request, id: str, said: str) -> None:
        self.request = request
        self.id = id
        self.said = said
        self.answers: list[int] = []  # StatusCodes, and NO_ANSWER
        self._over = asyncio.Event()

    @property
    def ended(self) -> bool:
        """It was taken, refused for good, or given up."""
        return self._over.is_set()

    def end(self) -> None:
        self._over.set()

    async def wait(self, seconds: float | None = None) -> None:
        """Until it has ended, so long at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()


class Deliveries:
    """`look` is called whenever something was counted."""

    def __init__(
        self,
        settings: MmscSettings,
        later: Later,
        clock: Clock,
        note: Callable[[MmEntry], None],
        look: Callable[[], None],
        log: FilteringBoundLogger,
    ) -> None:
        self._settings = settings
        self._later = later
        self._clock = clock
        self._note = note
        self._look = look
        self._log = log
        self._url = settings.vasp
        self._reachable = asyncio.Event()
        self._queue: asyncio.Queue[tuple[Delivery, Owed]] = asyncio.Queue()
        self._workers: list[asyncio.Task[None]] = []

    @property
    def full(self) -> bool:
        """No MM is taken while so many reports are owed for others."""
        return self._queue.qsize() >= self._settings.most_reports

    def start(self) -> None:
        timeout = aiohttp.ClientTimeout(total=self._settings.patience)
        self._session = aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
        self._workers = [asyncio.create_task(self._work()) for _ in range(self._settings.window)]
        self.reach(self._url)

    async def stop(self) -> None:
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        await self._session.close()

    def reach(self, url: str) -> None:
        """Where the gateway is, from now on; empty: nowhere, and all waits."""
        self._url = url
        self._reachable.set() if url else self._reachable.clear()

    def post(self, delivery: Delivery, owed: Owed) -> None:
        """`owed` counts it."""
        self._queue.put_nowait((delivery, owed))

    async def _work(self) -> None:
        while True:
            delivery, owed = await self._queue.get()
            await self._reachable.wait()
            await self._deliver(delivery, owed)
            self._look()

    async def _deliver(self, delivery: Delivery, owed: Owed) -> None:
        request, at = delivery.request, self._clock.now()
        attempt = len(delivery.answers) + 1
        kind = type(request).__name__
        self._note(MmSent(at, kind, request.transaction, delivery.id, delivery.said, attempt))
        owed.sent += 1
        code = await self._sent(request)
        self._note(MmAnswered(self._clock.now(), request.transaction, delivery.id, code))
        delivery.answers.append(code)
        self._go_on(delivery, owed, code)

    def _go_on(self, delivery: Delivery, owed: Owed, code: int) -> None:
        """Again after a while, as real networks do, but not for ever."""
        if 1000 <= code < 2000:
            owed.acked += 1
            delivery.end()
            return
        owed.refused += 1
        self._log.info("delivery refused", status=code)
        if code in _AGAIN and len(delivery.answers) < self._settings.attempts:
            self._later.call(self._settings.retry, self.post, delivery, owed)
        else:
            owed.given_up += 1
            delivery.end()

    async def _sent(self, request: Request) -> int:
        """The StatusCode of the answer, or NO_ANSWER."""
        content_type, body = mm7.write(request)
        headers = {"Content-Type": content_type, "SOAPAction": '""'}
        try:
            async with self._session.post(
                self._url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                told = await answer.content.read(_LONGEST_ANSWER)
                return _status(answer.headers.get("Content-Type", ""), told)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return NO_ANSWER


def _status(content_type: str, body: bytes) -> int:
    try:
        message = mm7.read(content_type, body)
    except mm7.Unreadable:
        return NO_ANSWER
    status = getattr(message, "status", None)
    return status.code if isinstance(status, mm7.Status) else NO_ANSWER
