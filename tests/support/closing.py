"""What a test opens is closed when its block ends, also where the test fails: else it fails the next one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar


class Closable(Protocol):
    async def close(self) -> None: ...


C = TypeVar("C", bound=Closable)


@asynccontextmanager
async def closing(opened: C) -> AsyncIterator[C]:
    """`async with closing(await connect(url)) as db`; of a store, a world or a connection."""
    try:
        yield opened
    finally:
        await opened.close()
