"""Reads, on connections of their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, TypeVar

import asyncpg

from kavle.store.errors import StoreUnavailable
from kavle.store.postgres.connection import BUSY, LOST
from kavle.store.postgres.rows import Db
from kavle.store.together import Together

if TYPE_CHECKING:
    from kavle.store.postgres.connection import Pool

P = ParamSpec("P")
R = TypeVar("R")
K = TypeVar("K")
T = TypeVar("T")

READERS: Final = 4


class Reader:
    """`await read(reads.story, message_id)`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def __call__(
        self, read: Callable[Concatenate[Db, P], Awaitable[R]], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """On another connection when one was lost: as many as there may be lost ones. And again where it was
        in the way of a step of the schema, which takes its locks in an order of its own. Raises
        `StoreUnavailable` when there is none to be had."""
        try:
            for _ in range(READERS):
                with suppress(*LOST, asyncpg.DeadlockDetectedError):
                    return await self._once(read, *args, **kwargs)
            return await self._once(read, *args, **kwargs)
        except (*LOST, *BUSY, asyncpg.DeadlockDetectedError) as error:
            raise StoreUnavailable(f"the database can't be read now: {type(error).__name__}") from error

    def together(self, read: Callable[[Db, Sequence[K]], Awaitable[Sequence[T]]]) -> Together[K, T]:
        """For what is asked for so often that a statement for each would cost too much."""
        return Together(lambda keys: self(read, keys))

    async def _once(
        self, read: Callable[Concatenate[Db, P], Awaitable[R]], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        async with self._pool.acquire() as db:
            try:
                return await read(db, *args, **kwargs)
            except LOST:
                db.terminate()
                raise
