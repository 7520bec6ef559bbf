"""Calls to be made after a while, without a timer for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

_Call = tuple[float, int, Callable[..., None], tuple[Any, ...]]


class Later:
    """What falls due at the same moment is called in the order in which it came. One timer serves all."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []  # a heap
        self._count = 0
        self._timer: asyncio.Handle | None = None
        self._armed_for = 0.0

    def call(self, delay: float, function: Callable[..., None], *args: Any) -> None:
        """`function(*args)` in `delay` seconds; at once where that is 0."""
        if delay <= 0:
            function(*args)
            return
        due = asyncio.get_running_loop().time() + delay
        self._count += 1
        heappush(self._calls, (due, self._count, function, args))
        if self._timer is None or due < self._armed_for:
            self._arm(due)

    def close(self) -> None:
        self._calls.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(due, self._fire)
        self._armed_for = due

    def _fire(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        try:
            while self._calls and self._calls[0][0] <= now:
                _, _, function, args = heappop(self._calls)
                function(*args)
        finally:
            if self._calls:
                self._arm(self._calls[0][0])
