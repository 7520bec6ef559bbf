"""How long to wait before the next try to connect."""

from __future__ import annotations

from random import SystemRandom
from typing import Final

FIRST: Final = 1.0

_random: Final = SystemRandom()


class Backoff:
    """1, 2, 4 … `most` seconds, each less up to a half by chance, so that many do not return at once."""

    def __init__(self, most: float) -> None:
        self._most = most
        self._tries = 0
        self.last = 0.0  # what `next` said last

    def next(self) -> float:
        delay = min(FIRST * 2.0 ** min(self._tries, 30), self._most)
        self._tries += 1
        self.last = delay * _random.uniform(0.5, 1.0)
        return self.last

    def reset(self) -> None:
        self._tries = 0
