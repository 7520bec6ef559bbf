"""The network's HTTP face, for benchmarks and test harnesses in another process. It has no log-in: it
listens on loopback only.

    GET  /counts            the counters
    GET  /phones            the phones that last got something, with their texts
    GET  /phones/NUMBER     one of them
    POST /faults            an order for trouble, such as {"drop_links": true, "refuse_binds": 5}

One request a connection, JSON in and out.
"""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus
from typing import Final

import msgspec

from kavle.simulator.faults import Faults
from kavle.simulator.handset import Phone
from kavle.simulator.smsc import Smsc

LOOPBACK: Final = "127.0.0.1"
_PATIENCE: Final = 5.0  # seconds for a request, and for its answer to be taken
_LONGEST_HEAD: Final = 16 * 1024
_LONGEST_BODY: Final = 64 * 1024
_SHOWN: Final = 100  # phones

_REQUEST_LINE: Final = re.compile(rb"(GET|POST) (/\S*) HTTP/1\.[01]\r\n")
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,9})[ \t]*\r\n", re.IGNORECASE)
# A page on another site can't send this without asking first, and is never allowed to.
_JSON: Final = re.compile(rb"\r\ncontent-type:[ \t]*application/json\b", re.IGNORECASE)

_encode: Final = msgspec.json.Encoder().encode
_faults: Final = msgspec.json.Decoder(Faults)

_Answer = tuple[HTTPStatus, object]


class _BadRequest(Exception):
    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Face:
    """Shows `smsc`, and takes orders for it."""

    def __init__(self, smsc: Smsc) -> None:
        self._smsc = smsc
        self._server: asyncio.Server | None = None

    async def start(self, port: int) -> int:
        """Listen on loopback; returns the port really taken. Raises OSError."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, port, limit=_LONGEST_HEAD)
        taken: int = self._server.sockets[0].getsockname()[1]
        return taken

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                writer.write(_rendered(*await self._answer(reader)))
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, OSError):
            return  # who does not finish the request, or does not take the answer, gets none
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> _Answer:
        try:
            method, path, body = await _request(reader)
            return self._routed(method, path, body)
        except _BadRequest as error:
            return error.status, {"error": str(error)}

    def _routed(self, method: str, path: str, body: bytes) -> _Answer:
        if (method, path) == ("POST", "/faults"):
            self._smsc.inflict(_read_faults(body))
            return HTTPStatus.OK, self._smsc.counts
        if (method, path) == ("GET", "/counts"):
            return HTTPStatus.OK, self._smsc.counts
        if (method, path) == ("GET", "/phones"):
            return HTTPStatus.OK, [_shown(phone) for phone in self._smsc.phones.newest(_SHOWN)]
        phone = self._smsc.phones.find(path.removeprefix("/phones/"))
        if method == "GET" and phone is not None:
            return HTTPStatus.OK, _shown(phone)
        raise _BadRequest(HTTPStatus.NOT_FOUND, "there is nothing here")


async def _request(reader: asyncio.StreamReader) -> tuple[str, str, bytes]:
    """Method, path and body."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise _BadRequest(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too long") from None
    line = _REQUEST_LINE.match(head)
    if line is None:
        raise _BadRequest(HTTPStatus.BAD_REQUEST, "not a GET or POST of HTTP/1")
    method, path = line[1].decode("latin-1"), line[2].decode("latin-1")
    return method, path, await _body(reader, head) if method == "POST" else b""


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    length = _LENGTH.search(head)
    if length is None:
        raise _BadRequest(HTTPStatus.LENGTH_REQUIRED, "a body needs its Content-Length")
    if not _JSON.search(head):
        raise _BadRequest(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json")
    if int(length[1]) > _LONGEST_BODY:
        raise _BadRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too long")
    return await reader.readexactly(int(length[1]))


def _read_faults(body: bytes) -> Faults:
    try:
        return _faults.decode(body)
    except msgspec.DecodeError as error:
        raise _BadRequest(HTTPStatus.BAD_REQUEST, str(error)) from None


def _shown(phone: Phone) -> dict[str, object]:
    return {
        "number": phone.number,
        "texts": [
            {
                "at": text.at,
                "sender": text.sender,
                "text": text.text,
                "flash": text.flash,
                "segments": text.segments,
            }
            for text in phone.texts
        ],
    }


def _rendered(status: HTTPStatus, content: object) -> bytes:
    body = _encode(content)
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
