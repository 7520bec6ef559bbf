"""ASGI's shapes (its HTTP specification, 2.3), and the few helpers that raw applications need."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from kavle.core.room import SHORT, Lease
from kavle.model.errors import OutcomeUnknown, Refusal

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Headers = Sequence[tuple[bytes, bytes]]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

TEXT: Final = (b"content-type", b"text/plain; charset=utf-8")
HTML: Final = (b"content-type", b"text/html; charset=utf-8")
XML: Final = (b"content-type", b"text/xml; charset=utf-8")
NO_REFERRER: Final = (b"referrer-policy", b"no-referrer")
NO_SNIFF: Final = (b"x-content-type-options", b"nosniff")
NO_STORE: Final = (b"cache-control", b"no-store")
CLOSE: Final = (b"connection", b"close")


class HttpError(Exception):
    """A request that ends in a bare HTTP error. The connection is closed after it: its body may be unread."""

    def __init__(self, status: HTTPStatus, *more: tuple[bytes, bytes]) -> None:
        super().__init__(status.phrase)
        self.status = status
        self.headers = more


class ClientGone(Exception):
    """The client left before its request was whole: there is nobody to answer."""


async def reply(send: Send, status: int, described: Headers, body: bytes) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": (*described, length)})
    await send({"type": "http.response.body", "body": body})


async def reply_in_pieces(
    scope: Scope, send: Send, described: Headers, size: int, pieces: AsyncIterator[bytes]
) -> None:
    """`size` bytes, with status 200. What `pieces` raise at first is raised; later on the answer ends."""
    wanted = scope["method"] != "HEAD" and size > 0
    piece = await anext(pieces) if wanted else b""
    length = (b"content-length", b"%d" % size)
    await send({"type": "http.response.start", "status": 200, "headers": (*described, length)})
    left = size - len(piece) if wanted else 0
    await send({"type": "http.response.body", "body": piece, "more_body": left > 0})
    while left > 0:
        try:
            piece = await anext(pieces)
        except Refusal as refusal:
            raise OutcomeUnknown from refusal  # nothing can be told any more but that it is not whole
        left -= len(piece)
        await send({"type": "http.response.body", "body": piece, "more_body": left > 0})


async def service_unavailable(scope: Scope, receive: Receive, send: Send) -> None:
    await reply(send, 503, (TEXT, CLOSE), b"Service Unavailable")


def headers(scope: Scope, name: bytes) -> list[bytes]:
    """The values of all headers of that name, which is in lower case."""
    return [value for key, value in scope["headers"] if key == name]


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first of them; None where there is none."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return None


def has_body(scope: Scope) -> bool:
    for key, _ in scope["headers"]:  # noqa: SIM110  (any() takes thrice as long, on every request)
        if key == b"content-length" or key == b"transfer-encoding":
            return True
    return False


async def read_body(scope: Scope, receive: Receive, limit: int, lease: Lease | None = None) -> bytes:
    """The whole body. Raises HttpError 413 when it is longer than `limit` bytes: by the headers if they tell,
    before anything is read. A long one waits unread until `lease` has room for it. Raises ClientGone."""
    announced = int(header(scope, b"content-length") or 0)
    if announced > limit:
        raise HttpError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if lease is not None:
        await lease.need(announced)
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk, more = message.get("body", b""), message.get("more_body", False)
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            raise HttpError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if size > SHORT and lease is not None:  # chunked: nothing tells how long it is going to be
            await lease.need(limit)
    return b"".join(chunks)


class Router:
    """Paths to applications, whatever the letters' case, as on ASP.NET. `below` has those that answer for
    each path one step below the key; `otherwise` answers for all else, and is asked for lower-case paths."""

    def __init__(
        self, routes: Mapping[str, App], below: Mapping[str, App] | None = None, otherwise: App | None = None
    ) -> None:
        self._routes = {path.lower(): app for path, app in routes.items()}
        self._below = {path.lower(): app for path, app in (below or {}).items()}
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            path = scope["path"].lower()
            app = self._routes.get(path) or self._below.get(path.rpartition("/")[0])
            if app is not None:
                await app(scope, receive, send)
            elif self._otherwise is not None:
                await self._otherwise({**scope, "path": path}, receive, send)
            else:
                raise HttpError(HTTPStatus.NOT_FOUND)
        except HttpError as error:
            body = f"{error.status.value} {error.status.phrase}\n".encode()
            await reply(send, error.status, [TEXT, NO_STORE, CLOSE, *error.headers], body)
        except ClientGone:
            return


def allow(scope: Scope, *methods: str) -> None:
    """Raises HttpError 405 for any other method."""
    if scope["method"] not in methods:
        raise HttpError(HTTPStatus.METHOD_NOT_ALLOWED, (b"allow", ", ".join(methods).encode()))
