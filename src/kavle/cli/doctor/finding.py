"""What a look at a gateway finds."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec


class Level(StrEnum):
    WELL = "ok"
    HINT = "hint"  # it works, and may not for long, or not as it is meant to
    WRONG = "WRONG"


class Finding(msgspec.Struct, frozen=True):
    level: Level
    about: str
    says: str
    do: str = ""  # what mends it

    def lines(self) -> Iterator[str]:
        yield f"{self.level:<6}{self.about:<13}{self.says}"
        if self.do:
            yield f"{'':<19}→ {self.do}"


def well(about: str, says: str) -> Finding:
    return Finding(Level.WELL, about, says)


def hint(about: str, says: str, do: str) -> Finding:
    return Finding(Level.HINT, about, says, do)


def wrong(about: str, says: str, do: str) -> Finding:
    return Finding(Level.WRONG, about, says, do)
