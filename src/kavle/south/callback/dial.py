"""Implements `core.caller.Caller`: an incoming message becomes a URL, and an answer what it means."""

from __future__ import annotations

import asyncio

from kavle.core.caller import Answer
from kavle.model.callback import LeasedCallback
from kavle.south.callback.client import Client
from kavle.south.callback.settings import CallbackSettings
from kavle.south.callback.trust import Trust
from kavle.south.callback.url import callback_url


class Dial:
    def __init__(self, settings: CallbackSettings) -> None:
        self._settings = settings
        self._client: Client | None = None
        self._opening: asyncio.Task[Client] | None = None

    async def call(self, callback: LeasedCallback, public_id: int) -> Answer:
        client = self._client or await self._opened()
        how = callback.settings
        url = callback_url(callback, public_id)
        return await client.get(url, private=not how.by_customer, verify=how.verify_tls)

    def close(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
        if self._client is not None:
            self._client.close()

    async def _opened(self) -> Client:
        """With the first call: most gateways have no number. Calls that come at once wait for the same one:
        to read the authorities' certificates once for each of fifty took more than a second."""
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
        return await asyncio.shield(self._opening)

    async def _open(self) -> Client:
        try:
            self._client = Client(self._settings, await asyncio.to_thread(Trust))
            return self._client
        finally:
            self._opening = None
