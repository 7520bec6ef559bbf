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

    async def call(self, callback: LeasedCallback, public_id: int) -> Answer:
        client = self._client or await self._open()
        how = callback.settings
        url = callback_url(callback, public_id)
        return await client.get(url, private=not how.by_customer, verify=how.verify_tls)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    async def _open(self) -> Client:
        """With the first call: most gateways have no number."""
        trust = await asyncio.to_thread(Trust)
        if self._client is None:  # else another call was quicker
            self._client = Client(self._settings, trust)
        return self._client
