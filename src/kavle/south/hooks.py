"""Where networks come to us by HTTP: an ASGI application for one carrier each, at a path that only its
network is told."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from http import HTTPStatus
from typing import Any, Final, Protocol

from kavle.core.room import SHORT, Lease
from kavle.model.message import Receipt

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]

Keep = Callable[[Sequence[Receipt]], Awaitable[None]]
"""Returns when the receipts are on disk; raises `Refusal` when they can't be kept now."""

PREFIX: Final = "/carriers/"


class Hook(Protocol):
    def serves(self, path: str) -> bool:
        """Whether it is ours."""

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None: ...


def with_hooks(hooks: Sequence[Hook], face: App) -> App:
    """The application that answers for them, and is `face` in all else, wrong secrets too."""

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        path = scope["path"]
        if path.startswith(PREFIX):
            for hook in hooks:
                if hook.serves(path):
                    return await hook(scope, receive, send)
        return await face(scope, receive, send)

    return app if hooks else face


class SecretPath:
    """It takes as long to say no to a near miss as to any other."""

    def __init__(self, path: str) -> None:
        self._path = path.encode("utf-8")

    def is_it(self, path: str) -> bool:
        return hmac.compare_digest(path.encode("utf-8", "surrogatepass"), self._path)


async def read_body(receive: Any, most: int, lease: Lease | None = None, told: int = 0) -> bytes | None:
    """The body, or the first of it that is too long. None when the client has left before its end. A long
    one, `told` by its headers where they do, waits unread until `lease` has room for it."""
    body, more = bytearray(), True
    if lease is not None:
        await lease.need(told)
    while more and len(body) <= most:
        if len(body) > SHORT and lease is not None:  # chunked: nothing tells how long it is going to be
            await lease.need(most)
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


async def reply(send: Any, status: HTTPStatus, content_type: str = "", body: bytes = b"") -> None:
    """Without a body of its own, anything but success says what it is."""
    if not body and status is not HTTPStatus.OK:
        body = f"{status.value} {status.phrase}\n".encode()
    headers = [
        (b"content-type", (content_type or "text/plain; charset=utf-8").encode()),
        (b"cache-control", b"no-store"),
        (b"content-length", b"%d" % len(body)),
    ]
    if status is not HTTPStatus.OK:
        headers.append((b"connection", b"close"))  # its body may be unread
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": body})
