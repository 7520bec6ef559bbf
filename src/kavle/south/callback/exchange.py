"""One connection to a receiver: a request, and its answer as far as that is of use (RFC 9112)."""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

import httptools
import msgspec

from kavle.model.why import Why, why
from kavle.south.callback.answer import LONGEST_OK

LONGEST_ANSWER: Final = 16 * 1024
"""Octets that are read for one answer, with its head, and whatever stands before it or in between."""


class Response(msgspec.Struct, frozen=True):
    status: int
    location: bytes | None
    body: bytes  # all of it, or more than LONGEST_OK octets


class NoResponse(Exception):
    """`untouched`: the connection was gone before the first octet of an answer."""

    def __init__(self, problem: Why, untouched: bool = False) -> None:
        super().__init__(str(problem))
        self.why = problem
        self.untouched = untouched


class Exchange(asyncio.Protocol):
    """`await get(...)`, again while it is `reusable`. Who gives up on an answer has to `close` it."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._answer: asyncio.Future[Response] | None = None
        self.reusable = False
        self.idle_since = 0.0

    async def get(self, head: bytes) -> Response:
        """Raises NoResponse for anything but an HTTP answer that is whole, or long enough."""
        self.reusable = False
        self._parser: Any = httptools.HttpResponseParser(self)
        self._left = LONGEST_ANSWER
        self._body = bytearray()
        self._location: bytes | None = None
        self._headed = self._framed = False
        self._answer = asyncio.get_running_loop().create_future()
        if self._transport.is_closing():
            raise NoResponse(why("closed without an answer"), untouched=True)
        self._transport.write(head)
        return await self._answer

    def close(self) -> None:
        self._transport.abort()

    # --- asyncio.Protocol -------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self.close()  # nobody asked
            return
        try:
            self._parser.feed_data(data[: self._left])
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(why("no HTTP that can be read: {error}", error=str(error)))
        self._left -= len(data)
        if self._left <= 0 and not self._answer.done():
            self._fail(why("no answer within {octets} octets", octets=str(LONGEST_ANSWER)))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is None or self._answer.done():
            return
        if self._headed and not self._framed and error is None:  # RFC 9112 §6.3: it lasts until the end
            self._tell()
        elif self._left == LONGEST_ANSWER:
            self._answer.set_exception(NoResponse(why("closed without an answer"), untouched=True))
        else:
            self._fail(why("closed in the middle of an answer"))

    # --- httptools.HttpResponseParser -------------------------------------------------------------------

    def on_message_begin(self) -> None:
        if self._answer is not None and self._answer.done():
            self.reusable = False  # it goes on after its end

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"location":
            self._location = value
        elif name in (b"content-length", b"transfer-encoding"):
            self._framed = True

    def on_headers_complete(self) -> None:
        self._headed = self._parser.get_status_code() >= 200

    def on_body(self, body: bytes) -> None:
        self._body += body
        if len(self._body) > LONGEST_OK:
            self._tell()
            self.close()

    def on_message_complete(self) -> None:
        if self._answer is None or self._answer.done():
            return
        if self._headed:
            self.reusable = self._parser.should_keep_alive()
            self._tell()
        else:  # 1xx: the answer is yet to come (RFC 9110 §15.2)
            self._location, self._framed = None, False

    def _tell(self) -> None:
        if self._answer is not None and not self._answer.done():
            status = self._parser.get_status_code()
            self._answer.set_result(Response(status, self._location, bytes(self._body)))

    def _fail(self, problem: Why) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(NoResponse(problem))
        self.close()
