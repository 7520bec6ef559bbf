"""Group commit: everything of one kind that waits goes into one transaction, one transaction at a time; while
it commits, the next group gathers by itself."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final, Generic, TypeVar

import asyncpg

from kavle.model.errors import OutcomeUnknown
from kavle.store.errors import RowRefused, StoreUnavailable
from kavle.store.groups import Queue, groups
from kavle.store.postgres.connection import LOST, Link
from kavle.store.postgres.doubt import committed
from kavle.store.postgres.rows import Db, Proof

P = TypeVar("P")
R = TypeVar("R")
Verb = Callable[[Db, Sequence[P]], Awaitable[tuple[Sequence[R], Proof | None]]]
"""Works on many callers' wishes of one kind in one transaction: a result for each, in order, and what proves
later that this transaction was committed; None where doing it again does no harm."""

MOST: Final = 1000  # calls of one transaction
RETRIES: Final = 5

_CULPRIT: Final = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    ValueError,  # asyncpg's own, for what it can't encode
    TypeError,
    OverflowError,
)

_log = logging.getLogger("kavle.store")


class _Lost(Exception):
    """The connection went while COMMIT was under way."""


class _Call(Generic[P, R]):
    __slots__ = ("future", "octets", "payload")

    def __init__(self, payload: P, future: asyncio.Future[R], octets: int) -> None:
        self.payload, self.future, self.octets = payload, future, octets


class Lane(Generic[P, R]):
    """`await lane.call(payload)` returns when the verb's transaction is on disk. Raises `StoreUnavailable`
    when nothing was stored, `OutcomeUnknown` when that can't be found out.

    `on_death` is called with what is not the database's error but a bug, and must end the process."""

    def __init__(
        self,
        link: Link,
        verb: Verb[P, R],
        on_death: Callable[[BaseException], None],
        observe: Callable[[int, float], None] = lambda calls, seconds: None,
        *,
        repeatable: bool = False,
        queue: Queue | None = None,
    ) -> None:
        """`repeatable`: its callers do it again when it fails, and twice does no harm. They are told
        `StoreUnavailable` in doubt as well. `queue`: that of all lanes of one store."""
        self._repeatable = repeatable
        self._link = link
        self._verb = verb
        self._on_death = on_death
        self._observe = observe
        self._waiting: list[_Call[P, R]] = []
        self._queue = queue or Queue()
        self._running: asyncio.Task[None] | None = None
        self._last: asyncio.Future[R] | None = None
        self._failing = False

    def call(self, payload: P, octets: int = 0) -> asyncio.Future[R]:
        """`octets`: of what in the payload is large."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        if not self._queue.enter(self, octets):
            future.set_exception(StoreUnavailable("too much waits to be stored"))
            return future
        self._waiting.append(_Call(payload, future, octets))
        self._last = future
        if self._running is None:
            # It begins with the next turn of the loop: all that this turn asks for goes together.
            self._running = asyncio.create_task(self._run())
        return future

    async def caught_up(self, seconds: float) -> None:
        """Returns when what was asked for so far is written, or can't be; or after so long."""
        if self._last is not None and not self._last.done():
            await asyncio.wait([self._last], timeout=seconds)

    async def close(self) -> None:
        """Write what waits."""
        if self._running is not None:
            await asyncio.wait([self._running])

    async def _run(self) -> None:
        try:
            while self._waiting:
                taken = next(groups(self._waiting[:MOST], _octets))
                self._waiting = self._waiting[len(taken) :]
                # Who has given up meanwhile is not served: a receipt that came too late is sent again.
                if group := [one for one in taken if not one.future.done()]:
                    started = time.perf_counter()
                    await self._commit(group)
                    self._observe(len(group), time.perf_counter() - started)
                for one in taken:
                    self._queue.leave(self, one.octets)
        except Exception as error:  # noqa: BLE001 -- a bug, and its callers would wait for ever
            _log.critical("a transaction died of a bug: %r", error)
            self._on_death(error)
        finally:
            self._running = None

    async def _commit(self, group: Sequence[_Call[P, R]]) -> None:
        """One transaction; if it fails by a row of it, its halves, until the culprit stands alone."""
        try:
            results = await self._stored([one.payload for one in group])
        except _CULPRIT as error:
            if len(group) > 1:
                half = len(group) // 2
                await self._commit(group[:half])
                await self._commit(group[half:])
                return
            _log.error("a row was refused by the database: %s", type(error).__name__)
            _fail(group, RowRefused(f"the database refused the row: {type(error).__name__}"))
        except (*LOST, asyncpg.PostgresError) as error:
            if not self._failing:  # else it is the same outage: one line, however many call meanwhile
                _log.error("nothing can be stored for now: %s: %s", type(error).__name__, error)
            self._failing = True
            _fail(group, StoreUnavailable(f"the database can't store now: {type(error).__name__}"))
        except OutcomeUnknown as error:
            _log.error("what became of a commit is not known: %s", error)
            _fail(group, StoreUnavailable(str(error)) if self._repeatable else error)
        else:
            self._failing = False
            for one, result in zip(group, results, strict=True):
                if (
                    not one.future.done()
                ):  # else the caller went away; what it asked for is stored all the same
                    one.future.set_result(result)

    async def _stored(self, payloads: Sequence[P]) -> Sequence[R]:
        """Does it again where two nodes got into each other's way."""
        for _ in range(RETRIES):
            with suppress(asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                return await self._transaction(payloads)
        return await self._transaction(payloads)

    async def _transaction(self, payloads: Sequence[P]) -> Sequence[R]:
        """The verb's results, once they are on disk. Raises `OutcomeUnknown`, or anything else when it is
        known that nothing was stored."""
        async with self._link.use() as (db, backend):
            await db.execute("BEGIN")
            try:
                results, proof = await self._verb(db, payloads)
            except BaseException:
                with suppress(*LOST, asyncpg.PostgresError):
                    await db.execute("ROLLBACK")
                raise
            try:
                await _end(db)
                return results
            except _Lost:
                db.terminate()
        _log.warning("the connection went during a commit; looking whether it is stored")
        if await committed(self._link.url, backend, proof):
            return results
        if proof is None:
            return await self._transaction(payloads)
        raise ConnectionError("the connection went before the commit was on disk")


async def _end(db: Db) -> None:
    try:
        done = await db.execute("COMMIT")
    except asyncpg.PostgresError as error:
        if isinstance(error, asyncpg.PostgresConnectionError) or error.severity_en in ("FATAL", "PANIC"):
            raise _Lost from error
        raise
    except LOST as error:
        raise _Lost from error
    if done != "COMMIT":  # PostgreSQL answers so when a statement had failed before
        raise RuntimeError(f"COMMIT was answered by {done}")


def _fail(group: Sequence[_Call[P, R]], error: Exception) -> None:
    for one in group:
        if not one.future.done():
            one.future.set_exception(error)


def _octets(call: _Call[P, R]) -> int:
    return call.octets
