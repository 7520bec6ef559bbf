"""Warnings of what a peer may repeat at will."""

from __future__ import annotations

from collections import Counter
from typing import Any


class SparseLog:
    """Of each event the 1st, 2nd, 4th, 8th … time is logged, with its number: a flood costs a few lines."""

    def __init__(self, log: Any) -> None:
        self._log = log
        self._times: Counter[str] = Counter()

    def warning(self, event: str, **fields: object) -> None:
        self._times[event] += 1
        times = self._times[event]
        if not times & (times - 1):
            self._log.warning(event, times=times, **fields)
