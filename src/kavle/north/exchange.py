"""One request and its answer, as ASGI has them (its HTTP specification, 2.3). An answer that is there in one
piece goes out in one write; nobody is answered where the answer is not known."""

from __future__ import annotations

import asyncio
import logging
import re
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import msgspec

from kavle.model.errors import OutcomeUnknown
from kavle.north.http import App, Headers, Message, Scope

if TYPE_CHECKING:
    from kavle.north.connection import Connection

HIGH_WATER: Final = 64 * 1024
"""Bytes of a body that are read before the application asks for them."""

_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_NO_NAME: Final = re.compile(rb"[^!#$%&'*+.^_`|~0-9A-Za-z-]")  # RFC 9110 §5.6.2
_NO_VALUE: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_WITHOUT_BODY: Final = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)  # RFC 9110 §6.4.1
_FAILED: Final = b"Internal Server Error"

_log = logging.getLogger("kavle.http")


class Exchange:
    """`started`: some of the answer is written; `complete`: all of it is."""

    __slots__ = (
        "_app",
        "_body",
        "_chunked",
        "_connection",
        "_continues",
        "_gone",
        "_more",
        "_news",
        "_owed",
        "_scope",
        "_start",
        "_told",
        "complete",
        "keep_alive",
        "started",
    )

    def __init__(
        self, connection: Connection, app: App, scope: Scope, *, keep_alive: bool, continues: bool
    ) -> None:
        """`continues`: the client waits to be told that its body is wanted."""
        self.keep_alive = keep_alive
        self.started = self.complete = False
        self._connection = connection
        self._app = app
        self._scope = scope
        self._continues = continues
        self._gone = False  # whoever asked, or our will to answer
        self._body = b""  # that came, and nobody has asked for yet
        self._more = True
        self._news = False  # something that `receive` has not told
        self._told: asyncio.Event | None = None  # once somebody waits for it
        self._start: Message | None = None  # the head, until the body that goes out with it
        self._owed: int | None = None  # bytes of the answer's body; None where it is not said
        self._chunked = False

    async def run(self) -> None:
        """The application. Where it can't tell what became of a request, the connection closes without a
        word: a caller who is told of an error calls again, and might pay twice."""
        try:
            await self._app(self._scope, self.receive, self.send)
            if not (self.complete or self._gone):
                raise RuntimeError("the application has not answered")
        except (OutcomeUnknown, asyncio.CancelledError):
            self._gone = True
            self._connection.transport.close()
        except Exception:  # noqa: BLE001 -- whoever asked is to be told, and whoever runs it too
            _log.exception("a request met a bug")
            await self._fail()

    # What the connection tells

    def feed(self, data: bytes) -> None:
        """Some of the request's body."""
        if not self.complete:
            self._body += data
            if len(self._body) > HIGH_WATER:
                self._connection.flow.pause_reading()
            self._tell()

    def end(self) -> None:
        """Of the request."""
        self._more = False
        self._tell()

    def leave(self) -> None:
        """Nobody waits for the answer any more."""
        self._gone = True
        self._tell()

    def _tell(self) -> None:
        self._news = True
        if self._told is not None:
            self._told.set()

    # ASGI

    async def receive(self) -> Message:
        if self._continues and not self._connection.transport.is_closing():
            self._continues = False
            self._connection.transport.write(_CONTINUE)
        self._connection.resume_reading()
        while not (self._news or self._gone or self.complete):
            self._told = self._told or asyncio.Event()
            self._told.clear()
            await self._told.wait()
        self._news = False
        if self._gone or self.complete:
            return {"type": "http.disconnect"}
        body, self._body = self._body, b""
        return {"type": "http.request", "body": body, "more_body": self._more}

    async def send(self, message: Message) -> None:
        """The head waits for the body: where that is whole, both are one segment and one system call."""
        if self._connection.flow.write_paused:
            await self._connection.flow.writable()
        if self._gone:
            return
        if message["type"] == "http.response.start" and self._start is None:
            self._start = message
        elif message["type"] == "http.response.body" and self._start is not None and not self.complete:
            self._write(self._start, message.get("body", b""), more=message.get("more_body", False))
        else:
            raise RuntimeError(f"{message['type']} out of turn")

    def _write(self, start: Message, body: bytes, *, more: bool) -> None:
        if self.started:
            pieces = self._framed(body, more=more)
        else:
            pieces = [*self._head(start), *self._framed(body, more=more)]
        self.started = True
        self._connection.transport.write(b"".join(pieces))
        if not more:
            self._complete()

    def _head(self, start: Message) -> list[bytes]:
        status, http11 = start["status"], self._scope["http_version"] == "1.1"
        head = _rendered(status, tuple(start["headers"]))
        pieces = [head.status, self._connection.server.date, head.lines]
        if self._scope["method"] == "HEAD" or status in _WITHOUT_BODY:
            self._owed = 0
        elif head.length is not None or not http11:
            self._owed = head.length
        else:
            self._chunked = True
            pieces.append(b"transfer-encoding: chunked\r\n")
        if head.closes or (self._owed is None and not self._chunked):  # RFC 9112 §6.3: the end tells it
            self.keep_alive = False
        if not self.keep_alive:
            pieces.append(b"connection: close\r\n")
        pieces.append(b"\r\n")
        self._continues = False
        return pieces

    def _framed(self, body: bytes, *, more: bool) -> list[bytes]:
        """RFC 9112 §6 and §7."""
        if self._chunked:
            pieces = [b"%x\r\n" % len(body), body, b"\r\n"] if body else []
            return pieces if more else [*pieces, b"0\r\n\r\n"]
        if self._scope["method"] == "HEAD":
            return []
        if self._owed is not None:
            self._owed -= len(body)
            if self._owed < 0 or (self._owed and not more):
                raise RuntimeError("an answer that is not as long as its Content-Length")
        return [body]

    def _complete(self) -> None:
        self.complete = True
        self._tell()
        if not self.keep_alive:
            self._connection.close()
        self._connection.on_response_complete()

    async def _fail(self) -> None:
        if self.started:
            self._connection.transport.close()
            return
        length, closes = (b"content-length", b"%d" % len(_FAILED)), (b"connection", b"close")
        text = (b"content-type", b"text/plain; charset=utf-8")
        self._start = {"status": 500, "headers": (text, length, closes)}
        await self.send({"type": "http.response.body", "body": _FAILED})


class _Head(msgspec.Struct, frozen=True):
    status: bytes
    lines: bytes
    length: int | None
    closes: bool


@lru_cache(maxsize=1024)  # nearly always one of a few
def _rendered(status: int, headers: Headers) -> _Head:
    """An answer's head as it goes out, but for what each answer has of its own."""
    lines, length, closes = [], None, False
    for name, value in headers:
        if _NO_NAME.search(name) or _NO_VALUE.search(value):
            raise RuntimeError("not a header")
        if name == b"content-length":
            length = int(value)
        if name == b"connection":
            closes = closes or b"close" in value.lower()
        else:
            lines.append(b"%s: %s\r\n" % (name, value))
    return _Head(status_line(status), b"".join(lines), length, closes)


def status_line(status: int) -> bytes:
    return b"HTTP/1.1 %d %s\r\n" % (status, HTTPStatus(status).phrase.encode())
