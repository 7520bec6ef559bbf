"""A line for each text that reaches a phone, and for each that does not.

What is told comes from strangers: no text and no sender may look like a line of somebody else's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from kavle.simulator.handset import Missed, Text

_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_INDENT: Final = "\n      | "
_JOINER: Final = "\u200d"  # makes one emoji of several


class Screen:
    """`show(line)` writes one, which may have further lines that are indented deeper."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show

    def got(self, number: str, text: Text) -> None:
        flash = ", flash" if text.flash else ""
        said = _INDENT.join(map(printable, _LINE_END.split(text.text)))
        self._show(f"  +{printable(number)} got from {printable(text.sender)}{flash}: {said}")

    def missed(self, number: str, missed: Missed) -> None:
        why = f"{missed.why}: {missed.error}" if missed.error else missed.why
        self._show(f"  +{printable(number)} got nothing from {printable(missed.sender)}; {why}")


def printable(text: str) -> str:
    """`text` with all that would move the cursor, colour or turn the line written as `\\x1b` and so on."""
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or one == _JOINER else one.encode("unicode_escape").decode() for one in text
    )
