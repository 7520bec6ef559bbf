"""A few threads for what would stall the loop, with a short queue before them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from kavle.model.errors import Reason, Refusal

T = TypeVar("T")


class Workers:
    """Runs functions in `threads` threads. At most `waiting` more wait their turn: others are refused at
    once, so that a flood of dear requests delays nothing but itself."""

    def __init__(self, name: str, threads: int, waiting: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._room = threads + waiting

    async def run(self, function: Callable[..., T], *arguments: object) -> T:
        """Raises Refusal(UNAVAILABLE) when the queue is full."""
        if self._room == 0:
            raise Refusal(Reason.UNAVAILABLE, "too much at once for the workers")
        self._room -= 1
        future = asyncio.get_running_loop().run_in_executor(self._executor, function, *arguments)
        future.add_done_callback(self._done)
        return await asyncio.shield(future)

    def _done(self, _: object) -> None:
        self._room += 1

    def close(self) -> None:
        """What has begun ends in its own time; what waits is dropped."""
        self._executor.shutdown(wait=False, cancel_futures=True)
