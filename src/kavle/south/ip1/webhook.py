"""Where delivery reports come in: an ASGI application for one carrier each, at a path that only the provider
is told."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import structlog

from kavle.clock import Clock
from kavle.model.errors import Refusal
from kavle.model.message import Receipt
from kavle.south.ip1.reports import receipt_of
from kavle.south.sparse import SparseLog

LONGEST_REPORT: Final = 16 * 1024
"""Octets. The one in the provider's documentation has some 300."""

_log = structlog.get_logger("kavle.ip1")

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]
Keep = Callable[[Sequence[Receipt]], Awaitable[None]]
"""Returns when the receipts are on disk; raises `Refusal` when they can't be kept now."""


def with_webhooks(webhooks: Sequence[Webhook], face: App) -> App:
    """The application that answers for them, and is `face` in all else, wrong secrets too."""

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        path = scope["path"]
        if path.startswith("/carriers/"):
            for webhook in webhooks:
                if webhook.serves(path):
                    return await webhook(scope, receive, send)
        return await face(scope, receive, send)

    return app if webhooks else face


class Webhook:
    """Answers 200 once the report is on disk; anything else has the provider send it again, every ten
    minutes and ten times at most."""

    def __init__(self, name: str, path: str, carrier_id: int, keep: Keep, clock: Clock) -> None:
        self._path = path.encode("utf-8")
        self._carrier_id = carrier_id
        self._keep = keep
        self._clock = clock
        self._sparse = SparseLog(_log.bind(carrier=name))

    def serves(self, path: str) -> bool:
        """Whether it is ours. It takes as long to say no to a near miss as to any other."""
        return hmac.compare_digest(path.encode("utf-8", "surrogatepass"), self._path)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        status = await self._answer(scope, receive)
        if status is not None:
            await _reply(send, status)

    async def _answer(self, scope: Scope, receive: Any) -> HTTPStatus | None:
        """None where nobody waits for it any more."""
        if scope["method"] != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED
        body = await _read(receive)
        if body is None:
            return None
        if len(body) > LONGEST_REPORT:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        try:
            receipt = receipt_of(self._carrier_id, body, self._clock.now())
        except ValueError as error:
            self._sparse.warning("a delivery report that can't be read", error=str(error))
            return HTTPStatus.BAD_REQUEST
        try:
            await self._keep([receipt])
        except Refusal:
            return HTTPStatus.SERVICE_UNAVAILABLE
        return HTTPStatus.OK


async def _read(receive: Any) -> bytes | None:
    """The body, or the first of it that is too long. None when the client has left before its end."""
    body, more = bytearray(), True
    while more and len(body) <= LONGEST_REPORT:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


async def _reply(send: Any, status: HTTPStatus) -> None:
    body = b"" if status is HTTPStatus.OK else f"{status.value} {status.phrase}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"content-length", b"%d" % len(body)),
    ]
    if status is not HTTPStatus.OK:
        headers.append((b"connection", b"close"))  # its body may be unread
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": body})
