"""The word by which a phone says that it wants no more."""

from __future__ import annotations

from typing import Final

_WORDS: Final = frozenset({"STOP", "STOPP"})
_LONGEST: Final = 20  # with white space round it


def says_stop(text: str) -> bool:
    """`"STOP"`, `" stopp \\n"`; not `"Stop it"`."""
    return len(text) <= _LONGEST and text.strip().upper() in _WORDS
