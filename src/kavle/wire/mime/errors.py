"""What may be wrong with a body that a peer sent. A caller's own mistakes are plain ValueErrors."""

from __future__ import annotations


class MimeError(Exception):
    """The body can't be read; the message says why, with nothing of the content in it."""


class NotMultipart(MimeError):
    """The content type is no multipart's, or names no boundary."""


class BadHeader(MimeError):
    """A header is no header."""


class BadCoding(MimeError):
    """The transfer encoding is not known, or the body is not in it."""


class Unterminated(MimeError):
    """The last delimiter is missing: some of the body may be, too."""


class TooMuch(MimeError):
    """More parts, deeper ones or longer headers than are read."""
