"""Requests to the provider over https. What is written to it is bounded in time, what it answers in size."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, Final

import aiohttp
import msgspec

from kavle import __version__
from kavle.south.ip1.settings import Ip1Settings

LONGEST_ANSWER: Final = 64 * 1024
"""Octets of an answer that are read; the rest is left, with the connection."""

_LOST: Final = (aiohttp.ClientError, TimeoutError, OSError)


class Answer(msgspec.Struct, frozen=True):
    status: int
    retry_after: str
    body: bytes


class NoAnswer(Exception):
    """`written` unless it is certain that nothing of the request has gone out."""

    def __init__(self, written: bool, error: BaseException) -> None:
        super().__init__(str(error) or "no answer in time")
        self.written = written


class Progress:
    """How far a request has come."""

    written = False


class Client:
    """Make it in the running loop; `close` in the end. It follows no redirect, and knows no proxy of the
    environment, no cookie and no compression: nothing that could carry the token elsewhere, or swell."""

    def __init__(self, settings: Ip1Settings) -> None:
        self._api = settings.api.rstrip("/")
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            trace_configs=[_tracing()],
            timeout=aiohttp.ClientTimeout(
                total=settings.connect_timeout + settings.request_timeout, connect=settings.connect_timeout
            ),
            headers={
                "Authorization": f"Bearer {settings.token}",
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": f"kavle/{__version__}",
            },
        )

    async def send(self, body: bytes, progress: Progress) -> Answer:
        """Raises NoAnswer; sets `progress.written` before anything is written."""
        headers = {"Content-Type": "application/json"}
        return await self._ask("POST", "/v2/batches", progress, data=body, headers=headers)

    async def probe(self) -> Answer:
        """Whether we are let in, by what changes nothing: our registered senders. Raises NoAnswer."""
        return await self._ask("GET", "/v2/me/senders", Progress())

    async def close(self) -> None:
        await self._session.close()

    async def _ask(self, method: str, path: str, progress: Progress, **more: Any) -> Answer:
        try:
            async with self._session.request(
                method, self._api + path, allow_redirects=False, trace_request_ctx=progress, **more
            ) as response:
                retry_after = response.headers.get("Retry-After", "")
                return Answer(response.status, retry_after, await _beginning(response))
        except _LOST as error:
            raise NoAnswer(progress.written, error) from error


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    read = bytearray()
    try:
        async for chunk in response.content.iter_any():
            read += chunk
            if len(read) > LONGEST_ANSWER:
                response.close()
                break
    except _LOST:
        response.close()  # the status is here, and says what counts
    return bytes(read[:LONGEST_ANSWER])


def _tracing() -> aiohttp.TraceConfig:
    async def connected(session: aiohttp.ClientSession, context: SimpleNamespace, params: object) -> None:
        context.trace_request_ctx.written = True

    trace = aiohttp.TraceConfig()
    # From the moment that there is a connection, something may have gone out by it.
    trace.on_connection_create_end.append(connected)
    trace.on_connection_reuseconn.append(connected)
    return trace


async def all_ended(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancels them, and returns once none runs."""
    running = set(tasks)
    for task in running:
        task.cancel()
    if running:
        await asyncio.wait(running)
