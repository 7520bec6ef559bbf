"""How much goes into one group commit: a bound on its octets, so that nobody waits long for others' files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

W = TypeVar("W")

MOST_OCTETS: Final = 4 * 1024 * 1024
"""Of files, in one transaction: as much as is written in some 30 ms."""


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
