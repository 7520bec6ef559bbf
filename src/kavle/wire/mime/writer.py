"""A body of several parts, written (RFC 2046 §5.1, RFC 2387)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b

from kavle.wire.mime.coding import encode
from kavle.wire.mime.header import ContentType, field, quoted
from kavle.wire.mime.part import Part


def write(part: Part) -> tuple[str, bytes]:
    """The Content-Type and the body of a multipart. Raises ValueError for a part that is none, and for names
    that no header can hold."""
    kind, written = pieces(part)
    return kind, b"".join(written)


def pieces(part: Part) -> tuple[str, list[bytes]]:
    """As `write`, with the body in pieces: what is long and not coded is the part's own."""
    kind, written = _multipart(part)
    return str(kind), written


def _multipart(part: Part) -> tuple[ContentType, list[bytes]]:
    if not part.parts or not part.content_type.multipart:
        raise ValueError("a multipart has a multipart's type, and parts")
    written = [list(_part(inner)) for inner in part.parts]
    boundary = _boundary(written)
    delimiter = f"\r\n--{boundary}".encode()
    body = [delimiter[2:]]  # the first begins the body
    for inner in written:
        body += [b"\r\n", *inner, delimiter]
    body.append(b"--\r\n")
    kind = part.content_type
    return ContentType(kind.type, {**kind.parameters, "boundary": boundary}), body


def _part(part: Part) -> Iterator[bytes]:
    several = part.parts or part.content_type.multipart
    kind, inner = _multipart(part) if several else (part.content_type, None)
    yield field("Content-Type", str(kind))
    if part.content_id:
        yield field("Content-ID", f"<{part.content_id}>")
    if part.content_location:
        yield field("Content-Location", part.content_location)
    if part.filename:
        yield field("Content-Disposition", f"attachment; filename={quoted(part.filename)}")
    if inner is None:
        yield field("Content-Transfer-Encoding", part.coding)
    yield b"\r\n"
    yield from encode(part.coding, part.body) if inner is None else inner


def _boundary(written: Sequence[Sequence[bytes]]) -> str:
    """One that is nowhere in what it is to divide. It is made of all of that, so that nobody can write
    something in which it is."""
    digest = blake2b(digest_size=15)
    for piece in (piece for inner in written for piece in inner):
        digest.update(piece)
    while True:
        boundary = f"kavle-{digest.hexdigest()}"
        octets = boundary.encode()
        if not any(octets in piece for inner in written for piece in inner):
            return boundary
        digest.update(octets)
