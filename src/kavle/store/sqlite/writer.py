"""The one thread that writes. It takes everything that waits into one transaction (or several, where files
make that much), commits, and hands all results back; while it commits, the next batch gathers by itself."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from queue import Empty, SimpleQueue
from typing import Any, Final, Protocol, TypeVar

import apsw

from kavle.store.errors import RowRefused, StoreUnavailable
from kavle.store.groups import Queue, groups
from kavle.store.sqlite.checkpoint import Checkpointer

P = TypeVar("P")
R = TypeVar("R")
Verb = Callable[[apsw.Connection, Sequence[P]], Sequence[R]]
"""Works on many callers' wishes of one kind in one transaction; a result for each, in order."""

_NO_ROOM: Final = (apsw.FullError, apsw.ReadOnlyError, apsw.NoMemError, apsw.BusyError)
_NOT_COMMITTED: Final = (apsw.FullError, apsw.BusyError)
"""Of a COMMIT only these are believed: its record was not written. After any other error it may have been."""
_CULPRIT: Final = (
    apsw.ConstraintError,
    apsw.MismatchError,
    apsw.TooBigError,
    ValueError,
    TypeError,
    OverflowError,
)

_log = logging.getLogger("kavle.store")


class Writes(Protocol):
    """The one writer: this process's own, or the engine's, by a line to it."""

    def call(self, verb: Verb[P, R], payload: P, octets: int = 0) -> asyncio.Future[R]: ...

    async def close(self) -> None: ...


class _Work:
    __slots__ = ("future", "octets", "payload", "verb")

    def __init__(self, verb: Verb[Any, Any], payload: Any, future: asyncio.Future[Any], octets: int) -> None:
        self.verb, self.payload, self.future, self.octets = verb, payload, future, octets


Done = tuple[_Work, Any, BaseException | None]


class Writer:
    """`await writer.call(verb, payload)` returns when the verb's transaction is on disk. Raises
    `StoreUnavailable` when nothing was stored, and the verb's own error for the one payload that caused it.

    `on_death` is called in the writer's thread when what is in the file is no longer known, and must end
    the process: its callers are left without an answer."""

    def __init__(
        self,
        db: apsw.Connection,
        checkpointer: Checkpointer,
        on_death: Callable[[BaseException], None],
        *,
        observe: Callable[[int, float], None] = lambda calls, seconds: None,
    ) -> None:
        self._db = db
        self._checkpointer = checkpointer
        self._on_death = on_death
        self._observe = observe
        self._loop = asyncio.get_running_loop()
        self._gathered: list[_Work] = []
        self._inbox: SimpleQueue[list[_Work]] = SimpleQueue()
        self._queue = Queue()
        self._closing = False
        self._full = False
        self._thread = threading.Thread(target=self._run, name="kavle-writer", daemon=True)
        self._thread.start()

    def call(self, verb: Verb[P, R], payload: P, octets: int = 0) -> asyncio.Future[R]:
        """`octets`: of what in the payload is large."""
        future: asyncio.Future[R] = self._loop.create_future()
        if self._closing:
            future.set_exception(StoreUnavailable("the store is closing"))
            return future
        if not self._queue.enter(verb, octets):
            future.set_exception(StoreUnavailable("too much waits to be stored"))
            return future
        if not self._gathered:
            # Everything that this turn of the loop asks for goes over together.
            self._loop.call_soon(self._hand_over)
        self._gathered.append(_Work(verb, payload, future, octets))
        return future

    def _hand_over(self) -> None:
        if self._gathered:
            self._inbox.put(self._gathered)
            self._gathered = []

    async def close(self) -> None:
        """Write what waits, then end the thread and close the connection."""
        self._hand_over()
        self._closing = True
        self._inbox.put([])
        await asyncio.to_thread(self._thread.join)

    # --- in the writer's own thread ---------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while taken := self._take():
                # Who has given up waiting (a receipt that the network will send again, say) is not served.
                wanted, left = _parted(taken)
                self._answer([(work, None, None) for work in left])
                for works in groups(wanted, _octets):
                    started = time.perf_counter()
                    done = self._commit(works)
                    self._observe(len(works), time.perf_counter() - started)
                    self._answer(done)
                    self._checkpointer.after_commit(self._db)
            self._db.close()
        except BaseException as error:  # noqa: BLE001 -- whatever it is, this process must not go on
            _log.critical("the writer died: %r", error)
            self._on_death(error)

    def _take(self) -> list[_Work]:
        """All that waits; an empty list is the word to stop."""
        works = self._inbox.get()
        while works:
            try:
                more = self._inbox.get_nowait()
            except Empty:
                break
            if not more:
                self._inbox.put(more)  # after these
                break
            works.extend(more)
        return works

    def _commit(self, works: Sequence[_Work]) -> list[Done]:
        """One transaction; if it fails, its halves, until the culprit stands alone."""
        try:
            done = self._transaction(works)
            self._full = False
            return done
        except _NO_ROOM as error:
            refused = StoreUnavailable(str(error))
            if not self._full:
                _log.error("nothing can be stored until there is room: %s", error)
            self._full = True
            return [(work, None, refused) for work in works]
        except _CULPRIT as error:
            if len(works) == 1:
                _log.error("a row was refused by the database: %s", type(error).__name__)
                poison = RowRefused(f"the database refused the row: {type(error).__name__}")
                return [(works[0], None, poison)]
            half = len(works) // 2
            return self._commit(works[:half]) + self._commit(works[half:])

    def _transaction(self, works: Sequence[_Work]) -> list[Done]:
        done: list[Done] = []
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for verb, group in _grouped(works):
                results = verb(self._db, [work.payload for work in group])
                done.extend((work, result, None) for work, result in zip(group, results, strict=True))
        except (*_NO_ROOM, *_CULPRIT):
            self._roll_back()
            raise
        try:
            self._db.execute("COMMIT")
        except _NOT_COMMITTED:
            self._roll_back()
            raise
        return done

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def _answer(self, done: Sequence[Done]) -> None:
        if not done:
            return
        try:
            self._loop.call_soon_threadsafe(self._deliver, done)
        except RuntimeError:
            _log.warning("%d results came after the event loop had closed", len(done))

    # --- in the event loop's ------------------------------------------------------------------------------

    def _deliver(self, done: Sequence[Done]) -> None:
        for work, result, error in done:
            self._queue.leave(work.verb, work.octets)
            if work.future.done():
                continue  # the caller went away; what it asked for is stored all the same
            if error is None:
                work.future.set_result(result)
            else:
                work.future.set_exception(error)


def _octets(work: _Work) -> int:
    return work.octets


def _parted(taken: Iterable[_Work]) -> tuple[list[_Work], list[_Work]]:
    """Those that somebody waits for, and those that nobody does any more."""
    wanted: list[_Work] = []
    left: list[_Work] = []
    for work in taken:
        (left if work.future.cancelled() else wanted).append(work)
    return wanted, left


def _grouped(works: Iterable[_Work]) -> Iterable[tuple[Verb[Any, Any], list[_Work]]]:
    """By verb, in the order in which each verb was first asked for. Callers that depend on one another
    wait for one another, so none of one batch minds."""
    groups: dict[Verb[Any, Any], list[_Work]] = {}
    for work in works:
        groups.setdefault(work.verb, []).append(work)
    return groups.items()
