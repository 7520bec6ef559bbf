"""One GET, and the beginning of its answer: bounded in time and size, from no address but those allowed."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

import msgspec

from kavle import __version__
from kavle.core.caller import Answer
from kavle.model.callback_url import check_callback_url
from kavle.model.errors import Complaint
from kavle.model.why import Why, why
from kavle.south.callback.addresses import Allowed
from kavle.south.callback.answer import is_ok
from kavle.south.callback.exchange import NoResponse, Response
from kavle.south.callback.guard import NotDialled, guarded
from kavle.south.callback.names import Names, SystemNames
from kavle.south.callback.pool import Place, Pool
from kavle.south.callback.settings import CallbackSettings
from kavle.south.callback.trust import Trust
from kavle.south.system import reason_of

HEAD: Final = 200
"""Characters of an answer that are kept, for whoever looks for what is wrong."""

_ELSEWHERE: Final = frozenset({301, 302, 303, 307, 308})
_PRINTABLE: Final = "".join(map(chr, range(0x21, 0x7F)))
_HEADERS: Final = (
    f"User-Agent: kavle/{__version__}\r\nAccept: text/plain, */*\r\nAccept-Encoding: identity\r\n"
)


class Origin(msgspec.Struct, frozen=True):
    """What stands before a URL's path."""

    secure: bool
    host: str
    port: int
    headers: str


class Client:
    """Make it in the running loop; `close` in the end. It knows no proxy of the environment and keeps no
    cookie. What was set by the operator and what a customer set have pools of their own: a connection that
    one may use is none that the other may."""

    def __init__(self, settings: CallbackSettings, trust: Trust, names: Names | None = None) -> None:
        self._settings = settings
        self._trust = trust
        self._names = names or SystemNames()
        allowed = Allowed(settings.allow)
        self._pools = [
            Pool(guarded(allowed, private=private), self._names, settings.connect_timeout)
            for private in (False, True)
        ]

    async def get(self, url: str, *, private: bool, verify: bool) -> Answer:
        """What came of it; whatever a receiver does is an Answer. `private`: the addresses that the settings
        allow count, too, though not for a redirect to another host: that is the receiver's choice."""
        try:
            async with asyncio.timeout(self._settings.timeout):
                return await self._follow(url, private, verify)
        except TimeoutError:
            seconds = f"{self._settings.timeout:g}"
            return Answer(False, error=why("no whole answer within {seconds} s", seconds=seconds))
        except NoResponse as error:
            return Answer(False, error=error.why)
        except (OSError, ValueError) as error:
            reason = error.why if isinstance(error, NotDialled) else reason_of(error)
            return Answer(False, error=why("no connection: {reason}", reason=reason))

    def close(self) -> None:
        for pool in self._pools:
            pool.close()
        self._names.close()

    async def _follow(self, url: str, private: bool, verify: bool) -> Answer:
        host = _split(url)[0].host
        for _ in range(self._settings.redirects + 1):
            origin, target = _split(url)
            pool = self._pools[private and origin.host == host]
            tls = (self._trust.known if verify else self._trust.anybody) if origin.secure else None
            head = f"GET {target} HTTP/1.1\r\n{origin.headers}\r\n".encode("ascii")
            response = await pool.get(Place(origin.host, origin.port, tls), head)
            if response.status not in _ELSEWHERE or response.location is None:
                return _answer(response)
            url = _elsewhere(url, response.location)
        most = str(self._settings.redirects)
        return Answer(False, response.status, error=why("more than {most} redirects", most=most))


def _answer(response: Response) -> Answer:
    head = response.body[:HEAD].decode("utf-8", "replace")
    if not head.isprintable():
        head = "".join(one if one.isprintable() else " " for one in head)
    return Answer(is_ok(response.status, response.body), response.status, head)


def _split(url: str) -> tuple[Origin, str]:
    """What stands before the path, and the rest as it is asked for. Raises ValueError for what can't be."""
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("the URL is no ASCII")
    scheme, _, rest = url.partition("://")
    authority, slash, target = rest.partition("/")
    return _origin(scheme.lower(), authority), slash + target or "/"


@lru_cache(1000)
def _origin(scheme: str, authority: str) -> Origin:
    parts = urlsplit(f"{scheme}://{authority}/")
    if not parts.hostname or scheme not in ("http", "https") or parts.path != "/":
        raise ValueError("no address that can be called")
    secure = scheme == "https"
    usual = 443 if secure else 80
    port = parts.port or usual
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    headers = f"Host: {name}{'' if port == usual else f':{port}'}\r\n{_HEADERS}"
    if parts.username is not None:
        secret = unquote_to_bytes(f"{parts.username}:{parts.password or ''}")
        headers += f"Authorization: Basic {b64encode(secret).decode()}\r\n"
    return Origin(secure, parts.hostname, port, headers)


def _elsewhere(url: str, location: bytes) -> str:
    to = urljoin(url, quote(location.strip(), safe=_PRINTABLE)).partition("#")[0]
    try:
        check_callback_url(to)
        _split(to)
    except ValueError as error:
        reason = error.why if isinstance(error, Complaint) else Why(str(error)[:HEAD])
        raise NoResponse(why("redirected: {reason}", reason=reason)) from error
    return to
