"""Requests to the provider over https."""

from __future__ import annotations

from typing import Final

from kavle.south.http_client import Answer, HttpClient, Progress
from kavle.south.ip1.settings import Ip1Settings

LONGEST_ANSWER: Final = 64 * 1024


class Client:
    """Make it in the running loop; `close` in the end."""

    def __init__(self, settings: Ip1Settings) -> None:
        self._api = settings.api.rstrip("/")
        headers = {"Authorization": f"Bearer {settings.token}", "Accept": "application/json"}
        self._http = HttpClient(headers, settings.connect_timeout, settings.request_timeout, LONGEST_ANSWER)

    async def send(self, body: bytes, progress: Progress) -> Answer:
        """Raises NoAnswer; sets `progress.written` before anything is written."""
        headers = {"Content-Type": "application/json"}
        return await self._http.ask("POST", f"{self._api}/v2/batches", progress, data=body, headers=headers)

    async def probe(self) -> Answer:
        """Whether we are let in, by what changes nothing: our registered senders. Raises NoAnswer."""
        return await self._http.ask("GET", f"{self._api}/v2/me/senders", Progress())

    async def close(self) -> None:
        await self._http.close()
