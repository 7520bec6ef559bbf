"""Reads of one kind that many ask for at once, made one read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from kavle.store.errors import StoreUnavailable

K = TypeVar("K")
R = TypeVar("R")

MOST: Final = 500
"""Keys of one read: some milliseconds, as long as what they lead to is in memory."""


class Together(Generic[K, R]):
    """`await together(key)`. What a turn of the loop asks for goes as one read; while that is under way the
    next one gathers by itself, so that nobody is told of a time before he asked."""

    def __init__(self, read: Callable[[Sequence[K]], Awaitable[Sequence[R]]]) -> None:
        """`read`: a result for each key, in order."""
        self._read = read
        self._waiting: list[tuple[K, asyncio.Future[R]]] = []
        self._task: asyncio.Task[None] | None = None

    def __call__(self, key: K) -> asyncio.Future[R]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        self._waiting.append((key, future))
        if self._task is None:
            self._task = loop.create_task(self._run())
        return future

    async def settle(self) -> None:
        """Returns when all that was asked for is answered."""
        while self._task is not None:
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._answer(asked)
        finally:
            self._task = None

    async def _answer(self, asked: Sequence[tuple[K, asyncio.Future[R]]]) -> None:
        """What is wrong with one key, a damaged page say, is told to who asked for that one: when a read
        fails, its halves are read."""
        [found] = await asyncio.gather(self._read([key for key, _ in asked]), return_exceptions=True)
        if not isinstance(found, BaseException):
            for (_, future), result in zip(asked, found, strict=True):
                if not future.done():  # else the caller went away
                    future.set_result(result)
        elif len(asked) == 1 or isinstance(found, StoreUnavailable):
            for _, future in asked:
                if not future.done():
                    future.set_exception(found)
        else:
            half = len(asked) // 2
            await self._answer(asked[:half])
            await self._answer(asked[half:])
