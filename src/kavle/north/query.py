"""A query string as old clients write it: keys in any case, escapes in any of two charsets."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote_to_bytes

from kavle.wire.soap import windows_1252

_MOST_FIELDS: Final = 1000  # as on ASP.NET


def fields(query: bytes) -> dict[str, str]:
    """Values by key in lower case, still escaped, a character a byte; of doubled keys the first."""
    found: dict[str, str] = {}
    for pair in query.decode("latin-1").split("&", _MOST_FIELDS)[:_MOST_FIELDS]:
        key, _, value = pair.partition("=")
        found.setdefault(text(key).lower(), value)
    return found


def text(escaped: str) -> str:
    """What a key or a value says. Escapes that are valid UTF-8 are UTF-8, all others windows-1252: Swedish in
    windows-1252 is next to never valid UTF-8 by accident."""
    if escaped.isascii() and "%" not in escaped and "+" not in escaped:
        return escaped
    raw = unquote_to_bytes(escaped.replace("+", " ").encode("latin-1"))
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return windows_1252(raw)
