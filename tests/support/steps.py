"""Two transactions, stepped through every order of their named points by turns, as two nodes might be."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from itertools import combinations
from typing import Any

import asyncpg

COMMIT = "commits"
Points = Mapping[str, str]  # a statement, and the name of the point before it
Verb = Callable[[Any, Any], Awaitable[tuple[Any, Any]]]


class Session:
    """One verb in a transaction of its own, which halts before each named statement and before COMMIT."""

    def __init__(
        self, name: str, db: Any, points: Points, said: list[str], verb: Verb, payloads: Any
    ) -> None:
        self._name, self._db, self._points, self._said = name, db, points, said
        self._halted = asyncio.Event()
        self._go = asyncio.Event()
        self._at = ""
        self._task = asyncio.create_task(self._run(verb, payloads))

    async def _run(self, verb: Verb, payloads: Any) -> Any:
        async with self._db.transaction():
            results, _ = await verb(self, payloads)
            await self._halt(COMMIT)
        return results

    async def _halt(self, point: str) -> None:
        self._at = point
        self._halted.set()
        await self._go.wait()
        self._go.clear()

    async def step(self, watch: Any) -> bool:
        """On to the next point; False where it waits for the other's lock, or is over."""
        if not await self._stands(watch):
            return False
        self._said.append(f"{self._name} {self._at}")
        self._halted.clear()
        self._go.set()
        await self._stands(watch)
        return True

    @property
    def over(self) -> bool:
        return self._task.done()

    def result(self) -> Any:
        return self._task.result()

    async def _stands(self, watch: Any) -> bool:
        """Whether it halts at a point; otherwise it waits in the server, or is over."""
        while True:
            halted = asyncio.create_task(self._halted.wait())
            await asyncio.wait([halted, self._task], timeout=0.005, return_when=asyncio.FIRST_COMPLETED)
            halted.cancel()
            if self._task.done():
                return False
            if self._halted.is_set():
                return True
            if await watch.fetchval("SELECT pg_blocking_pids($1) <> '{}'", self._db.get_server_pid()):
                return False

    # --- what a verb asks of its connection -----------------------------------------------------------------

    async def _statement(self, method: str, sql: str, args: tuple[Any, ...]) -> Any:
        if sql in self._points:
            await self._halt(self._points[sql])
        return await getattr(self._db, method)(sql, *args)

    async def execute(self, sql: str, *args: Any) -> Any:
        return await self._statement("execute", sql, args)

    async def fetch(self, sql: str, *args: Any) -> Any:
        return await self._statement("fetch", sql, args)

    async def fetchrow(self, sql: str, *args: Any) -> Any:
        return await self._statement("fetchrow", sql, args)

    async def fetchval(self, sql: str, *args: Any) -> Any:
        return await self._statement("fetchval", sql, args)


def orders(first: int, second: int) -> Iterator[list[int]]:
    """Every way to deal out `first` turns to session 0 and `second` to session 1."""
    for places in combinations(range(first + second), first):
        yield [0 if place in places else 1 for place in range(first + second)]


class Stage:
    """Two connections, and a third that sees who waits for whom."""

    def __init__(self, points: Points) -> None:
        self.points = points
        self.said: list[str] = []
        self._dbs: list[Any] = []

    async def open(self, url: str) -> None:
        self._dbs = [await asyncpg.connect(url) for _ in range(3)]

    async def close(self) -> None:
        for db in self._dbs:
            db.terminate()

    async def play(self, order: list[int], one: tuple[Verb, Any], other: tuple[Verb, Any]) -> tuple[Any, Any]:
        """The results of both; a turn that can't be taken is passed over."""
        *dbs, watch = self._dbs
        self.said.clear()
        sessions = [
            Session(name, db, self.points, self.said, *what)
            for name, db, what in zip("AB", dbs, (one, other), strict=True)
        ]
        for turn in order:
            await sessions[turn].step(watch)
        while not all(session.over for session in sessions):
            for session in sessions:
                await session.step(watch)
        return sessions[0].result(), sessions[1].result()
