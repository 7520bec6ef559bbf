"""One client's connection: HTTP/1.1 by httptools, behind a gate that sees every byte first.

The gate lets one request at a time through and hands the parser whole heads and never more. So it can bound
a head, escape what old clients leave raw in a request line, and know what it has been waiting for."""

from __future__ import annotations

import asyncio
import math
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import unquote

import httptools

from kavle.north.caller import Admission
from kavle.north.exchange import Exchange, status_line
from kavle.north.flow import Flow
from kavle.north.framing import BadHead, Body, ChunkedBody, Heads, SizedBody, escaped, without_upgrade
from kavle.north.http import Scope, service_unavailable
from kavle.north.listener import Arrived
from kavle.north.throttle import network_of

if TYPE_CHECKING:
    from kavle.north.server import HttpServer

_LINGER_SECONDS: Final = 2.0
SPARE: Final = 64  # connections over the limit that are told so; any more are cut off
_ASGI: Final = {"version": "3.0", "spec_version": "2.3"}


class Connection(asyncio.Protocol):
    """`since` is the loop's time when it began to wait for something, `deadline` that by which it must have
    come."""

    transport: asyncio.Transport
    flow: Flow
    parser: httptools.HttpRequestParser

    def __init__(
        self, server: HttpServer, loop: asyncio.AbstractEventLoop, admission: Admission, arrived: Arrived
    ) -> None:
        self.server = server
        self.deadline = math.inf
        self.since = math.inf
        self.network = ""
        self._loop = loop
        self._admission = admission
        self._arrived = arrived
        self._settings = server.settings
        self._heads = Heads(server.settings.head_bytes)
        self._body: Body | None = None  # of the request that is being read, while there is more of it
        self._bare = 0  # bytes of chunks' sizes, extensions and trailers since the body's last byte
        self._exchange: Exchange | None = None  # the last request's
        self._answered = True  # no request waits for its answer
        self.waiting = b""  # requests that came while another waited for its answer
        self._upgrading = False
        self._surplus = False
        self._stopping = False
        self._lingering = False

    # What the transport tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.flow = Flow(self.transport)
        self.parser = httptools.HttpRequestParser(self)
        # The gate decides what is read after a request that was to be the last.
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._scheme = "http" if transport.get_extra_info("sslcontext") is None else "https"
        self._client, self._own = (_address(transport, end) for end in ("peername", "sockname"))
        self._expect_within(self._settings.head_seconds)
        self._arrived()
        peer = self._client[0] if self._client else ""
        self.network = network_of(peer)
        if self.server.stopping or not self._admission.serves(peer) or not self.server.make_room():
            self.transport.abort()
        self.server.connections.add(self)
        self._surplus = self.server.crowd() > self._settings.connections

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.connections.discard(self)
        if self._exchange is not None:
            self._exchange.leave()
        self.flow.resume_writing()  # whoever waits to go on writing sees that there is nobody
        del self.parser  # which knows us, as we know it
        self.server.left()

    def data_received(self, data: bytes) -> None:
        if not self._lingering:
            self._read(self.waiting + data if self.waiting else self._heads.joined(data))

    def eof_received(self) -> bool | None:
        """A client that has said all may still be listening: it gets the answer to a whole request."""
        if self._answered or self._body is not None or self._lingering or self._scheme == "https":
            return None  # TLS closes both ways at once, whatever we return
        self._last()
        return True

    def pause_writing(self) -> None:
        self.flow.pause_writing()
        self._expect_within(self._settings.body_seconds)

    def resume_writing(self) -> None:
        self.flow.resume_writing()
        self._rest()

    # What the server tells

    @property
    def waits(self) -> bool:
        """For its client, and not to be told that it is one too many."""
        if self._surplus or self.transport.is_closing():
            return False
        unread = self._body is not None and not self.flow.read_paused
        return self._answered or self._lingering or unread or self.flow.write_paused

    def give_way(self) -> None:
        """To another connection."""
        self.server.connections.discard(self)
        self.transport.abort()

    def shutdown(self) -> None:
        """Finish the request that is under way, and take no other."""
        self._stopping = True
        if not self._answered:
            self._last()
        elif not self._lingering:
            self.transport.close()
            self.deadline = 0.0  # a client behind TLS need not hear our goodbye, nor be waited for

    def expire(self) -> None:
        """The deadline has passed."""
        reading = self._heads.begun or (self._body is not None and not self._answered)
        if reading and not self._lingering:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.abort()

    def _last(self) -> None:
        """The request that is under way is the connection's last."""
        if self._exchange is not None:
            self._exchange.keep_alive = False

    # The gate

    def _expect_within(self, seconds: float) -> None:
        self.since = self._loop.time()
        self.deadline = self.since + seconds

    def _rest(self) -> None:
        """It is our turn, or the client's to ask for something more."""
        if self._answered:
            self._expect_within(self._settings.idle_seconds)
        else:
            # A commit that takes longer may come yet: who waits for it gets no answer, and is not told 42.
            self._expect_within(self._settings.answer_seconds)

    def _read(self, data: bytes) -> None:
        at, self.waiting = 0, b""
        try:
            while at < len(data) and not self._lingering:
                if self._body is not None:
                    end = self._body.reach(data, at)
                    if end == at:  # we and the parser do not agree on where the body ends
                        raise BadHead(HTTPStatus.BAD_REQUEST)
                    self._feed_body(data[at:end])
                    at = end
                elif self._answered:
                    at = self._read_head(data, at)
                else:
                    self._wait(data[at:])
                    return
        except httptools.HttpParserError:
            self._refuse(HTTPStatus.BAD_REQUEST)
        except BadHead as bad:
            self._refuse(bad.status)

    def _read_head(self, data: bytes, at: int) -> int:
        begun = self._heads.begun
        head = self._heads.take(data, at)
        if head is None:
            if self._heads.begun and not begun:
                self._expect_within(self._settings.head_seconds)
            return len(data)
        self._feed_head(escaped(head))
        return at + len(head)

    def _feed_head(self, head: bytes) -> None:
        try:
            self.parser.feed_data(head)
        except httptools.HttpParserUpgrade:
            # httptools takes what follows such a head for another protocol, though RFC 9110 §7.8 lets us stay
            # with HTTP/1.1, body and all. Java's HttpClient asks for h2c in its first request.
            self._upgrading = False
            self.parser.feed_data(without_upgrade(head))

    def _feed_body(self, piece: bytes) -> None:
        """Raises BadHead where there is nothing but framing for as long as a head may be: nobody needs that,
        and the parser keeps a trailer until it ends."""
        self._bare += len(piece)
        self.parser.feed_data(piece)
        if self._bare > self._settings.head_bytes:
            raise BadHead(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    def _wait(self, requests: bytes) -> None:
        self.waiting = requests
        self.flow.pause_reading()

    # What the parser tells

    def on_message_begin(self) -> None:
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._continues = False

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._body is not None:
            # A trailer. None is asked for, and one that says who calls may have come past a proxy that looks
            # at heads alone (RFC 9110 §6.5.1).
            return
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self._continues = True
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        parser = self.parser
        method = parser.get_method()
        if parser.should_upgrade():
            if method == b"CONNECT":
                raise httptools.HttpParserError("no tunnels here")
            self._upgrading = True
            return
        version = parser.get_http_version()
        self._answered, self._body, self._bare = False, self._framed(), 0
        if self._body is not None:
            self._expect_within(self._settings.body_seconds)
        self._exchange = Exchange(
            self,
            service_unavailable if self._surplus or self.server.overrun else self.server.app,
            self._scope(method, version),
            keep_alive=version == "1.1" and not self._stopping and parser.should_keep_alive(),
            continues=self._continues,
        )
        self.server.run(self._exchange.run())

    def _framed(self) -> Body | None:
        body: Body | None = None
        hosts = 0
        for name, value in self._headers:
            if name == b"host":
                hosts += 1
            elif name == b"content-length":
                body = SizedBody(int(value))
            elif name == b"transfer-encoding":
                if value.lower() != b"chunked":  # RFC 9112 §6.1: we know no other coding
                    raise httptools.HttpParserError("no such coding here")
                body = ChunkedBody()
        if hosts > 1:  # RFC 9112 §3.2: a proxy may have gone by the other one
            raise httptools.HttpParserError("more than one host")
        return body

    def _scope(self, method: bytes, version: str) -> Scope:
        target, _, query = self._url.partition(b"?")
        if not target.startswith(b"/"):  # RFC 9112 §3.2.2: the absolute form
            target = b"/" + target.partition(b"://")[2].partition(b"/")[2]
        path = target.decode("ascii")
        return {
            "type": "http",
            "asgi": _ASGI,
            "http_version": version,
            "server": self._own,
            "client": self._client,
            "scheme": self._scheme,
            "method": method.decode("ascii"),
            "path": unquote(path) if "%" in path else path,
            "raw_path": target,
            "query_string": query,
            "root_path": "",
            "headers": self._headers,
            "listener": self._admission,
        }

    def on_body(self, body: bytes) -> None:
        self._bare = 0
        if self._exchange is not None:
            self._exchange.feed(body)

    def on_message_complete(self) -> None:
        if self._upgrading or self._exchange is None:
            return
        self._body = None
        self._exchange.end()
        self._rest()

    # What the exchange tells

    def on_response_complete(self) -> None:
        self._answered = True
        if self._lingering or self.transport.is_closing():
            return
        if self._body is None:
            if not self.flow.write_paused:
                self._rest()
            if self.waiting:
                self._read(self.waiting)
        self.resume_reading()

    def resume_reading(self) -> None:
        """Whoever wants to read on, nothing more is read while something that was read waits."""
        if not self.waiting:
            self.flow.resume_reading()

    def close(self) -> None:
        """After the answer, of which nothing must be lost."""
        if self._body is None and not self.waiting:
            self.transport.close()
        else:
            self._linger()

    def _linger(self) -> None:
        """To close while the client still sends would make the kernel reset the connection, and the client
        might never see the answer (RFC 9112 §9.6): so it is let talk for a moment, to nobody."""
        if self._lingering or self.transport.is_closing():
            return
        self._lingering = True
        self.waiting = b""
        self._heads.drop()
        self._expect_within(_LINGER_SECONDS)
        self.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer what is no request, or no request that we read further."""
        exchange = None if self._answered else self._exchange
        if self._body is not None and (exchange is None or exchange.started):
            self.transport.abort()
            return
        if exchange is not None:
            exchange.leave()
        body = f"{status.value} {status.phrase}\n".encode()
        self.transport.write(
            status_line(status)
            + self.server.date
            + b"content-type: text/plain; charset=utf-8\r\n"
            + b"content-length: %d\r\nconnection: close\r\n\r\n%s" % (len(body), body)
        )
        self._linger()


def _address(transport: asyncio.BaseTransport, end: str) -> tuple[str, int] | None:
    """Of one of the connection's two ends; None where it is already gone."""
    address = transport.get_extra_info(end)
    return (str(address[0]), int(address[1])) if address else None
