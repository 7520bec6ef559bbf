"""A body of several parts, read (RFC 2046 §5.1).

How lines end is told by the first delimiter: peers that end theirs with LF alone are understood, and one that
writes CRLF loses no line feed of a binary part to that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from kavle.wire.mime import header
from kavle.wire.mime.coding import decode
from kavle.wire.mime.errors import NotMultipart, TooMuch, Unterminated
from kavle.wire.mime.header import PLAIN, ContentType
from kavle.wire.mime.part import Coding, Part
from kavle.wire.mime.words import decoded

_LONGEST_BOUNDARY: Final = 256  # RFC 2046 §5.1.1 says 70; some peers' are longer
_REST: Final = re.compile(rb"(--)?[ \t]*(\r?\n|\Z)")  # of a delimiter's line
_BLANK_LINE: Final = re.compile(rb"\r?\n\r?\n")
_NO_HEADER: Final = re.compile(rb"\r?\n")


class Limits(msgspec.Struct, frozen=True):
    """What is read of a body at most; its length is limited by whoever receives it."""

    parts: int = 250  # on all levels together
    depth: int = 4
    header: int = 8192  # octets of one part's


class _Span(NamedTuple):
    """Octets of the whole body, from its beginning. Parts are sought in it where they stand: a copy for each
    level would hold a picture as often as it is deep."""

    start: int
    end: int


class _Line(msgspec.Struct, frozen=True):
    """A delimiter's, in octets from the beginning of the body."""

    start: int
    end: int  # where the part behind it begins
    last: bool
    ends_in: bytes


def read(content_type: str, body: bytes, limits: Limits | None = None) -> Part:
    """The multipart that `body` is, `content_type` being its header's value. Raises MimeError."""
    kind = header.content_type(content_type)
    if not kind.multipart:
        raise NotMultipart("the content type is not a multipart's")
    return _Reader(body, limits or Limits()).multipart(kind, _Span(0, len(body)), 1)


class _Reader:
    def __init__(self, body: bytes, limits: Limits) -> None:
        self._body = body
        self._limits = limits
        self._parts = 0

    def multipart(self, kind: ContentType, span: _Span, depth: int) -> Part:
        if depth > self._limits.depth:
            raise TooMuch(f"multiparts are {self._limits.depth} deep at most")
        parts = tuple(self._part(one, depth) for one in _spans(self._body, span, _boundary(kind)))
        kept = {name: value for name, value in kind.parameters.items() if name != "boundary"}
        return Part(ContentType(kind.type, kept), parts=parts)

    def _part(self, span: _Span, depth: int) -> Part:
        self._parts += 1
        if self._parts > self._limits.parts:
            raise TooMuch(f"a body has {self._limits.parts} parts at most")
        fields, body = self._divided(span)
        written = fields.get("content-type")
        kind = header.content_type(written) if written else PLAIN
        part = self.multipart(kind, body, depth + 1) if kind.multipart else Part(kind)
        octets = memoryview(self._body)[body.start : body.end]
        coding, content = decode(fields.get("content-transfer-encoding", ""), octets, kind)
        disposition = header.parameters(fields.get("content-disposition", ""))
        return msgspec.structs.replace(
            part,
            body=b"" if kind.multipart else bytes(content),
            content_id=fields.get("content-id", "").removeprefix("<").removesuffix(">"),
            content_location=decoded(fields.get("content-location", "")),
            filename=disposition.get("filename", ""),
            coding=Coding.BINARY if kind.multipart else coding,
        )

    def _divided(self, part: _Span) -> tuple[dict[str, str], _Span]:
        """The header's fields, and what is behind the blank line; without one all is header. RFC 2046 §5.1"""
        longest = self._limits.header
        last = min(part.end, part.start + longest)
        where = self._body, part.start, last
        blank = _NO_HEADER.match(*where) or _BLANK_LINE.search(*where)
        if blank is None and part.end > last:
            raise TooMuch(f"a part's header has {longest} octets at most")
        end, begins = (part.end, part.end) if blank is None else blank.span()
        return header.fields(self._body[part.start : end]), _Span(begins, part.end)


def _boundary(kind: ContentType) -> bytes:
    boundary = kind.parameters.get("boundary", "").encode()
    if not 0 < len(boundary) <= _LONGEST_BOUNDARY:
        raise NotMultipart("the content type of a multipart names no boundary, or too long a one")
    return boundary


def _spans(body: bytes, within: _Span, boundary: bytes) -> Iterator[_Span]:
    """What is between the delimiters; what is before the first and behind the last is nobody's."""
    lines = _delimiters(body, within, b"--" + boundary)
    before = next(lines, None)
    while before is not None and not before.last:
        line = next(lines, None)
        if line is None:
            break
        # The end of the line before a delimiter is the delimiter's.
        yield _Span(before.end, max(before.end, line.start - len(line.ends_in)))
        before = line
    if before is None or not before.last:
        raise Unterminated("the delimiter that ends a multipart is missing")


def _delimiters(body: bytes, within: _Span, marker: bytes) -> Iterator[_Line]:
    ends_in, end = b"", within.end
    first = body.startswith(marker, *within)
    at = within.start if first else _next(body, b"\n", marker, within)
    while at >= 0:
        rest = _REST.match(body, at + len(marker), end)
        if rest is None:  # a boundary may be how another one begins
            at = _next(body, ends_in or b"\n", marker, _Span(at, end))
            continue
        ends_in = ends_in or rest[2] or b"\n"
        yield _Line(at, rest.end(), rest[1] is not None, ends_in)
        at = _next(body, ends_in, marker, _Span(rest.end() - len(ends_in), end))


def _next(body: bytes, line_end: bytes, marker: bytes, within: _Span) -> int:
    """Where a line begins with the marker; -1 if none does. Lines are sought, and not markers: of a boundary
    of hyphens and a file of them there is one at each octet."""
    found = body.find(line_end + marker, *within)
    return found + len(line_end) if found >= 0 else -1
