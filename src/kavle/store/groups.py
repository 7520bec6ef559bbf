"""How much goes into one group commit, and how much may wait for one: bounds on calls and octets, so that
nobody waits long for others' files, and a disk that stands still fills no memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Final, TypeVar

W = TypeVar("W")

MOST_OCTETS: Final = 4 * 1024 * 1024
"""Of files, in one transaction: as much as is written in some 30 ms."""

MOST_WAITING: Final = 10_000
"""Calls of one kind. What comes beyond is refused; of each kind by itself, so that a flood of messages keeps
no receipt from its commit."""
MOST_WAITING_OCTETS: Final = 64 * 1024 * 1024
"""Of files, in all calls of all kinds."""


class Queue:
    """Counts what waits for its commit, those included that were given up by whoever asked: they are in the
    queue until it is their turn."""

    def __init__(self) -> None:
        self._calls: Counter[Hashable] = Counter()
        self._octets = 0

    def enter(self, kind: Hashable, octets: int) -> bool:
        """False where there is no room for it."""
        if self._calls[kind] >= MOST_WAITING or (octets and self._octets + octets > MOST_WAITING_OCTETS):
            return False
        self._calls[kind] += 1
        self._octets += octets
        return True

    def leave(self, kind: Hashable, octets: int) -> None:
        self._calls[kind] -= 1
        self._octets -= octets


def groups(waiting: Sequence[W], octets: Callable[[W], int]) -> Iterator[list[W]]:
    """`waiting` in its order, cut where the next one would be too much; one that is so alone goes alone."""
    group: list[W] = []
    total = 0
    for one in waiting:
        size = octets(one)
        if group and total + size > MOST_OCTETS:
            yield group
            group, total = [], 0
        group.append(one)
        total += size
    if group:
        yield group
