"""Implements `core.caller.Caller`: an incoming message becomes a URL, and an answer what it means."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

from kavle.core.caller import Answer
from kavle.model.callback import LeasedCallback
from kavle.south.callback.settings import CallbackSettings
from kavle.south.callback.url import callback_url

if TYPE_CHECKING:
    from kavle.south.callback.client import Client


class Dial:
    def __init__(self, settings: CallbackSettings) -> None:
        self._settings = settings
        self._client: Client | None = None

    async def call(self, callback: LeasedCallback, public_id: int) -> Answer:
        client = self._client or await self._open()
        how = callback.settings
        return await client.get(
            callback_url(callback, public_id), private=not how.by_customer, verify=how.verify_tls
        )

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    async def _open(self) -> Client:
        """The HTTP client costs a quarter of a second and 9 MB: who has no number pays neither, and beside a
        thread the event loop goes on."""
        module = await asyncio.to_thread(import_module, "kavle.south.callback.client")
        trust = await asyncio.to_thread(module.Trust)
        if self._client is None:  # else another call was quicker
            self._client = module.Client(self._settings, trust)
        return self._client
