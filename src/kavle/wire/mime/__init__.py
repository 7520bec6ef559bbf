"""MIME bodies of several parts, as HTTP carries them (RFC 2045, 2046, 2387, 2392): no I/O, exact for binary.

    (Content-Type, body) ──► reader.read ──► Part, of which some hold Parts
    (Content-Type, body) ◄── writer.write ◄───┘

The standard library's `email` is for mail: it rewrites line ends, which a picture does not survive.
"""

from kavle.wire.mime.errors import BadCoding, BadHeader, MimeError, NotMultipart, TooMuch, Unterminated
from kavle.wire.mime.header import ContentType
from kavle.wire.mime.part import Coding, Part
from kavle.wire.mime.reader import Limits, read
from kavle.wire.mime.writer import pieces, write

__all__ = [
    "BadCoding",
    "BadHeader",
    "Coding",
    "ContentType",
    "Limits",
    "MimeError",
    "NotMultipart",
    "Part",
    "TooMuch",
    "Unterminated",
    "pieces",
    "read",
    "write",
]
