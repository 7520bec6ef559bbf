"""A query string or a form as old clients write it: keys in any case, escapes in any of two charsets."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes

from kavle.model.account import Charset
from kavle.model.errors import Reason, Refusal
from kavle.wire.soap import windows_1252

SHORT: Final = 16 * 1024
"""Bytes that may be read on the event loop: the dearest of that length take some 5 ms."""

_LONGEST_KNOWN: Final = 16
_MOST_FIELDS: Final = 1000  # as on ASP.NET
_UNITS: Final = re.compile("((?:%u[0-9A-Fa-f]{4})+)")
"""UTF-16 as JavaScript's escape() and .NET's stubs of the HTTP bindings write it, and ASP.NET reads it."""
_CHARSETS: Final[dict[str, Charset]] = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "windows-1252": "latin-1",
}


def texts(query: bytes, charset: Charset) -> dict[str, str]:
    """What a query says, by key in lower case; of doubled keys the first. Raises Refusal(PARAMETER) where it
    is not in the charset."""
    found: dict[str, str] = {}
    for pair in query.decode("latin-1").split("&", _MOST_FIELDS)[:_MOST_FIELDS]:
        key, _, value = pair.partition("=")
        key = _known(key) if len(key) <= _LONGEST_KNOWN else _key(key)
        if key not in found:
            found[key] = text(value, charset)
    return found


def _key(escaped: str) -> str:
    return text(escaped).lower()


_known = lru_cache(maxsize=256)(_key)  # the same few in every call


def text(escaped: str, charset: Charset = "auto") -> str:
    """What a key or a value says. Escapes that are valid UTF-8 are UTF-8, all others windows-1252: Swedish in
    windows-1252 is next to never valid UTF-8 by accident. `%u20AC` is a code unit of UTF-16. An account may
    be set to either charset; Refusal(PARAMETER) where it is UTF-8 and this is not."""
    if "%" not in escaped and escaped.isascii():
        return escaped.replace("+", " ")
    if "%u" in escaped:
        pieces = enumerate(_UNITS.split(escaped))
        return "".join(_code_units(piece) if at % 2 else _octets(piece, charset) for at, piece in pieces)
    return _octets(escaped, charset)


def _code_units(escaped: str) -> str:
    return bytes.fromhex(escaped.replace("%u", "")).decode("utf-16-be", "replace")


def _octets(escaped: str, charset: Charset) -> str:
    raw = _unquoted(escaped.replace("+", " ").encode("latin-1"))
    if charset == "latin-1":
        return windows_1252(raw)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        if charset == "utf-8":
            raise Refusal(Reason.PARAMETER, "a parameter is not in UTF-8, as the account's are") from None
        return windows_1252(raw)


def _unquoted(escaped: bytes) -> bytes:
    """In pieces: on the way to its result unquote_to_bytes takes a hundred times what an escape does."""
    if len(escaped) <= SHORT:
        return unquote_to_bytes(escaped)
    pieces, at = [], 0
    while at < len(escaped):
        end = at + SHORT
        cut = escaped.rfind(b"%", end - 2, end)  # an escape that would be torn
        end = end if cut < 0 else cut
        pieces.append(unquote_to_bytes(escaped[at:end]))
        at = end
    return b"".join(pieces)


def form_charset(label: str) -> Charset | None:
    """What a form calls its charset; None for one that it does not tell, or that is not known."""
    return _CHARSETS.get(label.lower())
