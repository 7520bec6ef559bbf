"""The MM7 carrier."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from kavle.clock import Clock
from kavle.core.carrier import CarrierEvents
from kavle.south.http_carrier import HttpCarrier
from kavle.south.http_client import NoAnswer
from kavle.south.meaning import Meaning, no_answer
from kavle.south.mm7.client import Client
from kavle.south.mm7.outcomes import probed
from kavle.south.mm7.requests import Requests
from kavle.south.mm7.settings import Mm7Settings

_log = structlog.get_logger("kavle.mm7")


class Mm7Carrier(HttpCarrier):
    """Each MMS is a request of its own. What the MMSC sends us comes to `door.py`, in any process."""

    def __init__(
        self,
        settings: Mm7Settings,
        events: CarrierEvents,
        clock: Clock,
        number: int = 1,
        on_response_seconds: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        log = _log.bind(carrier=settings.name, link=number)
        super().__init__(settings.name, settings.requests, settings.reconnect_max, events, clock, log)
        self._client = Client(settings)
        self._requests = Requests(settings, self, self._client, events, clock, log, on_response_seconds)

    async def _probe(self) -> Meaning:
        try:
            answer = await self._client.probe()
        except NoAnswer as none:
            return no_answer(False, none.why)
        return probed(answer.status)

    async def _close(self) -> None:
        await self._client.close()
