"""Calls to be made after a while, without a timer for each."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

_Call = tuple[float, Callable[..., None], tuple[Any, ...]]


class Later:
    """One queue for each delay: what waits equally long falls due in the order in which it came, so only
    the heads need a look, and one timer serves them all."""

    def __init__(self) -> None:
        self._queues: dict[float, deque[_Call]] = {}
        self._timer: asyncio.Handle | None = None
        self._armed_for = 0.0

    def call(self, delay: float, function: Callable[..., None], *args: Any) -> None:
        """`function(*args)` in `delay` seconds; at once where that is 0."""
        if delay <= 0:
            function(*args)
            return
        due = asyncio.get_running_loop().time() + delay
        queue = self._queues.get(delay)
        if queue is None:
            queue = self._queues[delay] = deque()
        queue.append((due, function, args))
        if self._timer is None or due < self._armed_for:
            self._arm(due)

    def close(self) -> None:
        self._queues.clear()
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
            for queue in list(self._queues.values()):
                while queue and queue[0][0] <= now:
                    _, function, args = queue.popleft()
                    function(*args)
        finally:
            # A delay that was set for a test is not kept for ever.
            self._queues = {delay: queue for delay, queue in self._queues.items() if queue}
            if self._queues:
                self._arm(min(queue[0][0] for queue in self._queues.values()))
