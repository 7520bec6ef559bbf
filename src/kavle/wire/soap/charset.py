"""Which bytes are which characters: a request body in any charset that old clients send, as UTF-8."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

_WINDOWS_1252 = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256))
_CODECS = {
    "ascii": "utf-8",
    "us-ascii": "utf-8",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    # What is called Latin-1 is windows-1252 on the web (WHATWG Encoding §4.2), and on old Windows clients.
    "iso-8859-1": "windows-1252",
    "iso8859-1": "windows-1252",
    "iso_8859-1": "windows-1252",
    "latin1": "windows-1252",
    "latin-1": "windows-1252",
    "cp1252": "windows-1252",
    "windows-1252": "windows-1252",
    "iso-8859-15": "iso-8859-15",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}
_PARAMETER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_PROLOG = re.compile(rb"\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([\w.:-]+)")


def windows_1252(raw: bytes) -> str:
    """Never fails: the five bytes that windows-1252 leaves undefined are read as Latin-1."""
    return codecs.charmap_decode(raw, "strict", _WINDOWS_1252)[0]


def utf8(body: bytes, content_type: str) -> bytes:
    """The body in UTF-8 without a byte order mark: its charset by BOM, then Content-Type, then the XML
    prolog, then UTF-8. Bytes that are not of that charset raise UnicodeDecodeError; a charset that is not
    known raises LookupError; UTF-8 is passed on unchecked, for the XML parser to judge."""
    if body.startswith(codecs.BOM_UTF8):
        return body[3:]
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16").encode()
    codec = _codec(body, content_type)
    if codec == "utf-8":
        return body
    if codec == "windows-1252":
        return windows_1252(body).encode()
    return body.decode(codec).encode()


def _codec(body: bytes, content_type: str) -> str:
    if body[:2] in (b"<\0", b"\0<"):  # UTF-16 without a BOM (XML 1.0 appendix F.1)
        return "utf-16-le" if body[0] else "utf-16-be"
    label = _parameter(content_type) or _declared(body)
    if label is None:
        return "utf-8"
    codec = _CODECS[label]
    # .NET's StringWriter writes "utf-16" into the prolog of what is then sent as UTF-8.
    return "utf-8" if codec.startswith("utf-16") and 0 not in body[:8] else codec


@lru_cache(maxsize=64)  # a handful of values, on every request
def _parameter(content_type: str) -> str | None:
    found = _PARAMETER.search(content_type)
    return found[1].lower() if found is not None else None


def _declared(body: bytes) -> str | None:
    found = _PROLOG.match(body, 0, 256)
    return found[1].decode("ascii").lower() if found is not None else None
