"""The one writer as another process has it: it is handed verbs over a line to the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import TypeVar

from kavle.model.bundle import BundleDraft
from kavle.store.errors import StoreUnavailable
from kavle.store.groups import Queue
from kavle.store.sqlite.bundles import accept_bundle
from kavle.store.sqlite.line import Line, Served, reading
from kavle.store.sqlite.pieces import Pieces, put_together, taken_apart
from kavle.store.sqlite.verbs import BY_FUNCTION, VERBS
from kavle.store.sqlite.writer import Verb, Writes

P = TypeVar("P")
R = TypeVar("R")


class RemoteWriter:
    """As `Writer`, for the verbs of `verbs.NAMES`. Raises `OutcomeUnknown` besides, when the engine is gone
    with what was handed to it."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._queue = Queue()
        self._closing = False

    def call(self, verb: Verb[P, R], payload: P, octets: int = 0) -> asyncio.Future[R]:
        known = BY_FUNCTION[verb]
        if self._closing or not self._queue.enter(verb, octets):
            why = "the store is closing" if self._closing else "too much waits to be stored"
            refused: asyncio.Future[R] = asyncio.get_running_loop().create_future()
            refused.set_exception(StoreUnavailable(why))
            return refused
        written = taken_apart(payload) if isinstance(payload, BundleDraft) else payload
        future: asyncio.Future[R] = self._line.call(known.name, written, known.read_result, octets)
        future.add_done_callback(lambda _: self._queue.leave(verb, octets))
        return future

    async def close(self) -> None:
        """What was handed over is answered."""
        self._closing = True
        await self._line.answered()


def lent(writer: Writes) -> Mapping[str, Served]:
    """The engine's end: what is called is the writer's to do, and bounded as what the engine itself asks."""
    served = {
        name: Served(known.read_payload, partial(writer.call, known.function))
        for name, known in VERBS.items()
    }
    bundle = BY_FUNCTION[accept_bundle].name
    return {**served, bundle: Served(reading(Pieces), partial(_accept_bundle, writer))}


def _accept_bundle(writer: Writes, pieces: Pieces, octets: int) -> asyncio.Future[int | None]:
    async def accept() -> int | None:
        return await writer.call(accept_bundle, await put_together(pieces))

    return asyncio.ensure_future(accept())
