"""A thread with a connection that only reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import apsw

from kavle.store.sqlite.connection import open_reader

P = ParamSpec("P")
R = TypeVar("R")


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

    def close(self) -> None:
        self._thread.shutdown()
        self.db.close()
