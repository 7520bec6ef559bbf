"""One GET, and the beginning of its answer: bounded in time and size, from no address but those allowed."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urljoin

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from kavle import __version__
from kavle.core.caller import Answer
from kavle.model.callback_url import check_callback_url
from kavle.south.callback.addresses import Allowed
from kavle.south.callback.answer import LONGEST_OK, is_ok
from kavle.south.callback.guard import guarded
from kavle.south.callback.resolver import Resolver
from kavle.south.callback.settings import CallbackSettings

HEAD: Final = 200
"""Characters of an answer that are kept, for whoever looks for what is wrong."""

_ELSEWHERE: Final = frozenset({301, 302, 303, 307, 308})
_PRINTABLE: Final = "".join(map(chr, range(0x21, 0x7F)))


class Trust:
    """Whose certificates are good: those of the system's authorities; or anybody's, for old receivers, which
    may know no more than TLS 1.0. To make it takes tens of milliseconds: not in the event loop."""

    def __init__(self) -> None:
        self.known = ssl.create_default_context()
        self.anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.anybody.check_hostname = False
        self.anybody.verify_mode = ssl.CERT_NONE
        self.anybody.set_ciphers("DEFAULT:@SECLEVEL=0")
        with warnings.catch_warnings():  # that it is out of date is what it is for
            warnings.simplefilter("ignore", DeprecationWarning)
            self.anybody.minimum_version = ssl.TLSVersion.TLSv1


class Client:
    """Make it in the running loop; `close` in the end. It knows no proxy of the environment and keeps no
    cookie. What was set by the operator and what a customer set have pools of their own: a connection
    that one may use is none that the other may."""

    def __init__(
        self, settings: CallbackSettings, trust: Trust, resolver: AbstractResolver | None = None
    ) -> None:
        self._settings = settings
        self._trust = trust
        self._resolver = resolver or Resolver()
        allowed = Allowed(settings.allow)
        self._connectors = [self._connector(allowed, private) for private in (False, True)]
        self._sessions = [self._session(connector) for connector in self._connectors]

    async def get(self, url: str, *, private: bool, verify: bool) -> Answer:
        """What came of it; whatever a receiver does is an Answer. `private`: the addresses that the settings
        allow count, too, though not for a redirect to another host: that is the receiver's choice."""
        try:
            async with asyncio.timeout(self._settings.timeout):
                return await self._follow(URL(url, encoded=True), private, verify)
        except TimeoutError:
            return Answer(False, error=f"no whole answer within {self._settings.timeout:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(False, error=_told(error))

    def forget_names(self) -> None:
        """The next calls look up theirs anew."""
        for connector in self._connectors:
            connector.clear_dns_cache()

    async def close(self) -> None:
        for session in self._sessions:
            await session.close()
        await self._resolver.close()

    async def _follow(self, url: URL, private: bool, verify: bool) -> Answer:
        host = url.raw_host
        for _ in range(self._settings.redirects + 1):
            session = self._sessions[private and url.raw_host == host]
            async with session.get(
                url, allow_redirects=False, ssl=self._trust.known if verify else self._trust.anybody
            ) as response:
                location = response.headers.get("Location")
                if response.status not in _ELSEWHERE or location is None:
                    return await _answer(response)
                response.close()  # whatever its body is
            url = _elsewhere(url, location)
        return Answer(False, response.status, error=f"more than {self._settings.redirects} redirects")

    def _connector(self, allowed: Allowed, private: bool) -> aiohttp.TCPConnector:
        return aiohttp.TCPConnector(
            limit=0,  # who calls keeps to the limits
            resolver=self._resolver,
            socket_factory=guarded(allowed, private=private),
        )

    def _session(self, connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            read_bufsize=4 * LONGEST_OK,
            timeout=aiohttp.ClientTimeout(total=None, connect=self._settings.connect_timeout),
            headers={
                "Accept": "text/plain, */*",
                "Accept-Encoding": "identity",
                "User-Agent": f"kavle/{__version__}",
            },
        )


async def _answer(response: aiohttp.ClientResponse) -> Answer:
    body = bytearray()
    while len(body) <= LONGEST_OK and (chunk := await response.content.readany()):
        body += chunk
    if len(body) > LONGEST_OK:
        response.close()  # it may have no end
    return Answer(is_ok(response.status, bytes(body)), response.status, _head(body))


def _head(body: bytes | bytearray) -> str:
    text = body[:HEAD].decode("utf-8", "replace")
    return "".join(one if one.isprintable() else " " for one in text)


def _elsewhere(url: URL, location: str) -> URL:
    """Raises ValueError, where it leads to no address that can be called."""
    raw = location.strip().encode("utf-8", "surrogateescape")  # as aiohttp reads a header
    to = urljoin(str(url), quote(raw, safe=_PRINTABLE))
    try:
        return URL(check_callback_url(to), encoded=True)
    except ValueError as error:
        raise ValueError(f"redirected: {error}") from error


def _told(error: Exception) -> str:
    """Without the URL: the message is in it."""
    if isinstance(error, aiohttp.ClientResponseError):
        return f"no HTTP that can be read: {error.message or HTTPStatus(500).phrase}"[:HEAD]
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no connection: {error.os_error}"[:HEAD]
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "closed without an answer"
    return f"{type(error).__name__}: {error}"[:HEAD]
