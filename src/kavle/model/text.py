"""A message's text as its sender meant it."""

from __future__ import annotations

import re
from typing import Final

# The manual: "Line breaks are sent as %0a", as characters of the text, escaped once more or not.
_LINE_BREAK: Final = re.compile(r"%0d%0a|%0a|\r\n?", re.IGNORECASE)


def normalise(text: str) -> str:
    """`text` with every way to write a line break as one LF. Raises ValueError for what neither a phone
    nor a database takes: NUL and lone surrogates."""
    if "%" in text or "\r" in text:
        text = _LINE_BREAK.sub("\n", text)
    if "\0" in text:
        raise ValueError("the text holds a NUL")
    if not text.isascii():
        _refuse_surrogates(text)
    return text


def _refuse_surrogates(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("the text holds half of a surrogate pair") from None


def storable(text: str, most: int) -> str:
    """What a network wrote, as any database takes it: the first `most` characters, without NUL, and whatever
    is half of a surrogate pair as a question mark."""
    return text[:most].replace("\0", "").encode("utf-8", "replace").decode()


def in_latin1(text: str) -> bool:
    """Whether ISO 8859-1 has each character."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
