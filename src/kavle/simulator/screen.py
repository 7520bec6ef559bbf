"""A line for each text and picture that reaches a phone, and for each that does not.

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
        self._got(number, text.sender, ", flash" if text.flash else "", text.text)

    def missed(self, number: str, missed: Missed) -> None:
        self._missed(number, "nothing", missed.sender, missed.why, missed.error)

    def picture(self, number: str, sender: str, told: str) -> None:
        """An MMS, `told` in words."""
        self._got(number, sender, ", MMS", told)

    def no_picture(self, number: str, sender: str, why: str, error: str) -> None:
        self._missed(number, "no MMS", sender, why, error)

    def _got(self, number: str, sender: str, kind: str, told: str) -> None:
        said = _INDENT.join(map(printable, _LINE_END.split(told)))
        self._show(f"  +{printable(number)} got from {printable(sender)}{kind}: {said}")

    def _missed(self, number: str, what: str, sender: str, why: str, error: str) -> None:
        because = f"{why}: {error}" if error else why
        self._show(f"  +{printable(number)} got {what} from {printable(sender)}; {because}")


def printable(text: str) -> str:
    """`text` with all that would move the cursor, colour or turn the line written as `\\x1b` and so on."""
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or one == _JOINER else one.encode("unicode_escape").decode() for one in text
    )
