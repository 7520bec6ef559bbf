"""The REST carrier."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from kavle.clock import Clock
from kavle.core.carrier import CarrierEvents
from kavle.south.http_carrier import HttpCarrier
from kavle.south.http_client import NoAnswer
from kavle.south.ip1.client import Client
from kavle.south.ip1.outcomes import meaning_of
from kavle.south.ip1.requests import Requests
from kavle.south.ip1.settings import Ip1Settings
from kavle.south.meaning import Meaning, no_answer

_log = structlog.get_logger("kavle.ip1")


class Ip1Carrier(HttpCarrier):
    """One message is one of the provider's, however many segments it takes: the outcome of its first segment
    bears the id that reports name it by, and those of the others none. `report_url` is where reports are to
    come; empty: none are asked for."""

    def __init__(
        self,
        settings: Ip1Settings,
        events: CarrierEvents,
        clock: Clock,
        report_url: str,
        number: int = 1,
        on_response_seconds: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        log = _log.bind(carrier=settings.name, link=number)
        super().__init__(settings.name, settings.window, settings.reconnect_max, events, clock, log)
        self._clock = clock
        self._client = Client(settings)
        self._requests = Requests(
            settings, self, self._client, events, clock, log, report_url, on_response_seconds
        )

    async def _probe(self) -> Meaning:
        try:
            answer = await self._client.probe()
        except NoAnswer as none:
            return no_answer(False, none.why)
        return meaning_of(answer.status, answer.retry_after, b"", self._clock.now())

    async def _close(self) -> None:
        await self._client.close()
