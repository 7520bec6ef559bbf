"""A part of a body, or the body itself: octets of some type, or parts again."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from urllib.parse import unquote

import msgspec

from kavle.wire.mime.header import PLAIN, ContentType


class Coding(StrEnum):
    """How the octets are written (RFC 2045 §6). HTTP carries any octets: BINARY, unless a peer is older."""

    BINARY = "binary"
    BASE64 = "base64"
    QUOTED_PRINTABLE = "quoted-printable"


class Part(msgspec.Struct, frozen=True):
    """`body` is decoded. Of a multipart, `parts` are its parts and `body` is empty; its content type holds
    no boundary, which belongs to what is written."""

    content_type: ContentType = PLAIN
    body: bytes = b""
    parts: tuple[Part, ...] = ()
    content_id: str = ""  # without <>
    content_location: str = ""
    filename: str = ""  # of its Content-Disposition
    coding: Coding = Coding.BINARY

    @property
    def name(self) -> str:
        """What its sender calls it, if at all: never to be used as a file's name as it is."""
        named = self.filename or self.content_type.parameters.get("name") or self.content_location
        return named or self.content_id

    @property
    def root(self) -> Part | None:
        """What the others of a multipart/related belong to: its `start`, else the first. RFC 2387 §3.2"""
        start = self.content_type.parameters.get("start", "")
        first = self.parts[0] if self.parts else None
        return (self.find(start) if start else None) or first

    def walk(self) -> Iterator[Part]:
        """Itself, and all parts below it."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def find(self, reference: str) -> Part | None:
        """The part below that `reference` means: cid: (RFC 2392 §2), a Content-ID or a Content-Location."""
        wanted = reference.strip()
        if wanted[:4].lower() == "cid:":
            wanted = unquote(wanted[4:])
        wanted = wanted.removeprefix("<").removesuffix(">")
        if not wanted:
            return None
        inner = [part for below in self.parts for part in below.walk()]
        by_id = (part for part in inner if part.content_id == wanted)
        by_location = (part for part in inner if part.content_location == wanted)
        return next(by_id, None) or next(by_location, None)
