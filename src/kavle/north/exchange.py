"""One request and its answer: uvicorn's, but that an answer goes out in one piece, and that nobody is
answered where the answer is not known."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    RequestResponseCycle,
)

from kavle.model.errors import OutcomeUnknown
from kavle.north.http import App, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from kavle.north.connection import Connection


class Exchange(RequestResponseCycle):
    """Writes to the connection and not to its transport, so that the connection decides how to close."""

    def __init__(self, connection: Connection, app: App, scope: Scope) -> None:
        super().__init__(
            scope=cast(Any, scope),
            transport=cast(asyncio.Transport, connection),
            flow=connection.flow,
            logger=connection.logger,
            access_logger=connection.access_logger,
            access_log=False,  # the URL holds a password
            default_headers=connection.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=connection.expect_100_continue,
            keep_alive=True,
            on_response=connection.on_response_complete,
        )
        self._app = app
        self._start: Message | None = None

    async def run(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application. Where it can't tell what became of a request, the connection closes without a
        word: a caller who is told of an error calls again, and might pay twice."""
        try:
            await self._app(scope, receive, send)
        except (OutcomeUnknown, asyncio.CancelledError):
            self.disconnected = True
            self.transport.close()

    async def send(self, message: Any) -> None:
        """The head waits for the body, as ASGI wants it. If that is whole, both are one write: one segment
        and one system call instead of two. All else is uvicorn's."""
        start, self._start = self._start, None
        if start is None:
            if message["type"] == "http.response.start" and not self.response_started:
                self._start = message
            else:
                await super().send(message)
        elif message.get("more_body") or self.flow.write_paused or not _plain(start, self.scope["method"]):
            await super().send(cast(Any, start))
            await super().send(message)
        elif not self.disconnected:
            self._answer(start, message["body"])

    def _answer(self, start: Message, body: bytes) -> None:
        headers = [_line(name, value) for name, value in (*self.default_headers, *start["headers"])]
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        if not self.keep_alive:
            headers.append(b"connection: close\r\n")
        self.transport.write(b"".join((STATUS_LINE[start["status"]], *headers, b"\r\n", body)))
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


def _plain(start: Message, method: str) -> bool:
    """Whether an answer with this head is its head and its body, one behind the other."""
    names = [name for name, _ in start["headers"]]
    return b"content-length" in names and b"connection" not in names and method != "HEAD"


@lru_cache(maxsize=1024)  # nearly always one of a few
def _line(name: bytes, value: bytes) -> bytes:
    if HEADER_RE.search(name) or HEADER_VALUE_RE.search(value):
        raise RuntimeError("not a header")
    return b"%s: %s\r\n" % (name, value)
