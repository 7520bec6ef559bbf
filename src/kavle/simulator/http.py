"""As much of HTTP/1.1 as the networks' face needs: one request a connection, JSON in, and JSON, plain text or
a file out."""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus
from typing import Final, TypeVar

import msgspec

LONGEST_HEAD: Final = 16 * 1024
"""Octets; the limit of the reader that `read_request` is given."""

LONGEST_WAIT: Final = 600.0
"""Seconds that may be waited for what a gateway answers."""

_LONGEST_BODY: Final = 1024 * 1024  # an MM in base64

_REQUEST_LINE: Final = re.compile(rb"(GET|POST) (/\S*) HTTP/1\.[01]\r\n")
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,9})[ \t]*\r\n", re.IGNORECASE)
# A page on another site can't send this without asking first, and is never allowed to.
_JSON: Final = re.compile(rb"\r\ncontent-type:[ \t]*application/json\b", re.IGNORECASE)

_encode: Final = msgspec.json.Encoder().encode
_T = TypeVar("_T")


class BadRequest(Exception):
    """To be answered with `status`, and its text."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Request(msgspec.Struct, frozen=True):
    method: str  # GET or POST
    path: str
    body: bytes = b""


class File(msgspec.Struct, frozen=True):
    content_type: str
    data: bytes


Answer = tuple[HTTPStatus, object]
"""Of which octets are plain text, and all but a File is told as JSON."""


def read_json(body: bytes, kind: type[_T]) -> _T:
    """Raises BadRequest."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise BadRequest(HTTPStatus.BAD_REQUEST, str(error)) from None


async def read_request(reader: asyncio.StreamReader) -> Request:
    """Raises BadRequest, and IncompleteReadError where it ends too soon."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise BadRequest(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too long") from None
    line = _REQUEST_LINE.match(head)
    if line is None:
        raise BadRequest(HTTPStatus.BAD_REQUEST, "not a GET or POST of HTTP/1")
    method, path = line[1].decode("latin-1"), line[2].decode("latin-1")
    return Request(method, path, await _body(reader, head) if method == "POST" else b"")


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    length = _LENGTH.search(head)
    if length is None:
        raise BadRequest(HTTPStatus.LENGTH_REQUIRED, "a body needs its Content-Length")
    if not _JSON.search(head):
        raise BadRequest(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json")
    if int(length[1]) > _LONGEST_BODY:
        raise BadRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too long")
    return await reader.readexactly(int(length[1]))


def rendered(status: HTTPStatus, content: object) -> bytes:
    """The whole answer."""
    file = _file(content)
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        f"Content-Type: {file.content_type}\r\nContent-Length: {len(file.data)}\r\n"
        "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + file.data


def _file(content: object) -> File:
    if isinstance(content, File):
        return content
    return (
        File("text/plain", content)
        if isinstance(content, bytes)
        else File("application/json", _encode(content))
    )
