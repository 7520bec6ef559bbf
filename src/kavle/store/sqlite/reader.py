"""A thread with a connection that only reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import apsw

from kavle.store.sqlite.connection import open_reader
from kavle.store.together import Together

P = ParamSpec("P")
R = TypeVar("R")
K = TypeVar("K")
T = TypeVar("T")


class Reader:
    """A thread with a connection that only reads. There is one for what somebody waits for, and one for
    looks through whole tables."""

    def __init__(self, path: Path, name: str) -> None:
        self.db = open_reader(path)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"kavle-{name}")

    async def __call__(
        self, read: Callable[Concatenate[apsw.Connection, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: read(self.db, *args, **kwargs))

    def together(self, read: Callable[[apsw.Connection, Sequence[K]], Sequence[T]]) -> Together[K, T]:
        """For what is asked for so often that a step to the thread for each would cost more than the read."""
        return Together(lambda keys: self(read, keys))

    def close(self) -> None:
        self._thread.shutdown()
        self.db.close()
