"""Messages by their recipient, in runs of ids: what is the same on every engine. ADR 24 has why.

A run's ids are settled once no message can get one of them any more: then its rows are entered, all at once.
The newest ids are in no run yet: a search reads those messages themselves."""

from __future__ import annotations

from typing import Final, NamedTuple

from kavle.store.history import Bounds

RUN: Final = 8_192
"""Ids. Half as many look-ups for twice as many ids, but then a run takes twice as long to be made: 7 ms on a
file, while its writer does nothing else."""


class Runs(NamedTuple):
    """Which there are: from `first` on, up to but not `next`."""

    first: int
    next: int

    @property
    def until(self) -> int:
        """The first id that is in none."""
        return self.next * RUN

    def between(self, bounds: Bounds) -> range:
        """Those with ids within, in their order."""
        return range(max(self.first, (bounds.low + 1) // RUN), min(self.next, (bounds.high - 1) // RUN + 1))
