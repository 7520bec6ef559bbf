"""Ranges of a queue's places, by priority and tag: where something may be ready. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from kavle.model.message import Priority

LEAST: Final = -(2**63)
MOST: Final = 2**63 - 1


class Range(NamedTuple):
    """Tags from `low` to `high`, both of them in it."""

    priority: int
    low: int
    high: int


EVERYWHERE: Final = [Range(priority, LEAST, MOST) for priority in sorted(Priority, reverse=True)]


def in_order(ranges: Iterable[Range]) -> list[Range]:
    """As the queue goes: the most urgent first, then by tag."""
    return sorted(ranges, key=lambda one: (-one.priority, one.low))


def gaps(ranges: Sequence[Range]) -> list[Range]:
    """All that is in none of `ranges`, which do not overlap."""
    found = []
    for whole in EVERYWHERE:
        low = whole.low
        for one in in_order(one for one in ranges if one.priority == whole.priority):
            if one.low > low:
                found.append(Range(whole.priority, low, one.low - 1))
            low = one.high + 1
        if low <= whole.high:
            found.append(Range(whole.priority, low, whole.high))
    return found


def joined(ranges: Sequence[Range], most: int) -> list[Range]:
    """In order, and at most so many of each priority: those that lie closest together become one, with the
    narrow gap between them."""
    found = in_order(ranges)
    for priority in {one.priority for one in found}:
        while len(some := [one for one in found if one.priority == priority]) > most:
            one, other = min(pairwise(some), key=lambda pair: pair[1].low - pair[0].high)
            found[found.index(one)] = Range(priority, one.low, other.high)
            found.remove(other)
    return found
