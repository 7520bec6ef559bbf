"""Requests to a network over HTTP. What is written to it is bounded in time, what it answers in size."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any, Final

import aiohttp
import msgspec

from kavle import __version__
from kavle.model.why import Why, why
from kavle.south.system import reason_of

_LOST: Final = (aiohttp.ClientError, TimeoutError, OSError)


class Answer(msgspec.Struct, frozen=True):
    status: int
    headers: Mapping[str, str]  # whatever the case
    body: bytes

    @property
    def retry_after(self) -> str:
        return self.headers.get("Retry-After", "")


class NoAnswer(Exception):
    """`written` unless it is certain that nothing of the request has gone out."""

    def __init__(self, written: bool, error: BaseException) -> None:
        self.why = _why(error)
        super().__init__(str(self.why))
        self.written = written


class Progress:
    """How far a request has come."""

    written = False


class HttpClient:
    """Make it in the running loop; `close` in the end. It follows no redirect, and knows no proxy of the
    environment, no cookie and no compression: nothing that could carry what is secret elsewhere, or swell."""

    def __init__(
        self,
        headers: Mapping[str, str],
        connect_timeout: float,
        request_timeout: float,
        longest_answer: int,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`longest_answer`: octets of an answer that are read; the rest is left, with the connection. `tls`:
        for a network that is to be known by other authorities than all the world."""
        self._longest = longest_answer
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=tls if tls is not None else True),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            trace_configs=[_tracing()],
            timeout=aiohttp.ClientTimeout(total=connect_timeout + request_timeout, connect=connect_timeout),
            headers={"Accept-Encoding": "identity", "User-Agent": f"kavle/{__version__}", **headers},
        )

    async def ask(self, method: str, url: str, progress: Progress, **more: Any) -> Answer:
        """Raises NoAnswer; sets `progress.written` before anything is written."""
        try:
            async with self._session.request(
                method, url, allow_redirects=False, trace_request_ctx=progress, **more
            ) as response:
                return Answer(response.status, response.headers, await self._beginning(response))
        except _LOST as error:
            raise NoAnswer(progress.written, error) from error

    async def close(self) -> None:
        await self._session.close()

    async def _beginning(self, response: aiohttp.ClientResponse) -> bytes:
        read = bytearray()
        try:
            async for chunk in response.content.iter_any():
                read += chunk
                if len(read) > self._longest:
                    response.close()
                    break
        except _LOST:
            response.close()  # the status is here, and says what counts
        return bytes(read[: self._longest])


def _why(error: BaseException) -> Why:
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return reason_of(error.certificate_error)
        case aiohttp.ClientConnectorError():
            return why("no connection: {reason}", reason=reason_of(error.os_error))
        case OSError() if not isinstance(error, TimeoutError):
            return reason_of(error)
        case _:
            return Why(str(error)) if str(error) else why("no answer in time")


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
