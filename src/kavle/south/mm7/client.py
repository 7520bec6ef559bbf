"""Submissions to an MMSC over HTTP."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final

from kavle.south.http_client import Answer, HttpClient, Progress
from kavle.south.mm7.settings import Mm7Settings
from kavle.south.tls import client_context

LONGEST_ANSWER: Final = 256 * 1024
_BLOCK: Final = 32 * 1024  # octets, and as many more at most


class Client:
    """Make it in the running loop; `close` in the end. Raises SettingsError for certificates that can't be
    used."""

    def __init__(self, settings: Mm7Settings) -> None:
        self._url = settings.url
        self._http = HttpClient(
            _headers(settings),
            settings.connect_timeout,
            settings.request_timeout,
            LONGEST_ANSWER,
            client_context(settings) if settings.tls else None,
        )

    async def submit(self, content_type: str, body: Sequence[bytes], progress: Progress) -> Answer:
        """`body` in pieces. Raises NoAnswer; sets `progress.written` before anything is written."""
        headers = {
            "Content-Type": content_type,
            "Content-Length": str(sum(map(len, body))),  # or else it would be chunked, which not all can read
            "SOAPAction": '""',  # SOAP 1.1 §6.1.1
        }
        return await self._http.ask("POST", self._url, progress, data=_in_blocks(body), headers=headers)

    async def probe(self) -> Answer:
        """Whether somebody is there, by what sends nothing. Raises NoAnswer."""
        return await self._http.ask("GET", self._url, Progress())

    async def close(self) -> None:
        await self._http.close()


async def _in_blocks(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    """As the socket takes them: whole, the rest would lie in its buffer a second time."""
    block = bytearray()
    for piece in pieces:
        for at in range(0, len(piece), _BLOCK):
            block += memoryview(piece)[at : at + _BLOCK]
            if len(block) >= _BLOCK:
                yield bytes(block)
                block.clear()
    if block:
        yield bytes(block)


def _headers(settings: Mm7Settings) -> dict[str, str]:
    if not settings.user:
        return {}
    pair = base64.b64encode(f"{settings.user}:{settings.user_password}".encode()).decode()  # RFC 7617 §2
    return {"Authorization": f"Basic {pair}"}
