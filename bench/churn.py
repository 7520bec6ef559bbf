"""The queue of PostgreSQL under churn, on the store alone: leases and outcomes as fast as they go, with
nothing beside them, or while a snapshot stays open, or while an export runs. A process of its own:

    python -m bench.churn '{"url": "postgresql://…", "jobs": 200000, "beside": "snapshot"}'

It writes a line after each part of the churn, and the result in the end.
"""

from __future__ import annotations

import asyncio
import resource
import secrets
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg
import msgspec
import uvloop

from kavle.model.message import Accepted, LeasedMessage, Outcome
from kavle.store.postgres.store import PostgresStore
from kavle.store.types import CarrierTerms, LeaseRequest

PART: Final = 10_000
"""Jobs that are ready at the beginning of each part; to put them there is not measured."""
_ROOM: Final = 100  # a window's worth
_PAGE: Final = 1_000
_VALID: Final = 172_800_000  # ms

_MESSAGES: Final = """
INSERT INTO message (id, account_id, carrier_id, segment_price, accepted_at, expires_at, status_at, status,
                     segments, priority, encoding, flash, recipient, sender)
SELECT id, 1, $1, 10000, $4, $5, $4, 10, 1, 2, 0, false, (46700000000 + id)::text, 'Kavle'
FROM generate_series($2::bigint, $3::bigint) AS id
"""
_BODIES: Final = """
INSERT INTO body (message_id, text)
SELECT id, 'Your code is 123456. It is valid for ten minutes.'
FROM generate_series($1::bigint, $2::bigint) AS id
"""
_JOBS: Final = """
INSERT INTO job (message_id, carrier_id, tag, unsent, handed, unsure, due, token, expires_at, attempt,
                 priority, state)
SELECT id, $1, $4 + id, 1, 0, 0, 0, 0, $5, 0, 2, 0 FROM generate_series($2::bigint, $3::bigint) AS id
"""
_EXPORTED: Final = """
SELECT m.id, m.recipient, m.sender, m.status, m.status_at, b.text
FROM message AS m JOIN body AS b ON b.message_id = m.id WHERE m.id > $1 ORDER BY m.id LIMIT $2
"""


class Order(msgspec.Struct, frozen=True):
    url: str
    jobs: int
    beside: str  # "nothing", "snapshot" or "export"


class Result(msgspec.Struct, frozen=True):
    rates: list[float]  # jobs leased and recorded a second, part by part
    seconds: float  # of them all
    cpu: float  # of this process, with that of the filling and of the export
    memory: int


class Churn:
    """One carrier's queue, filled by a connection of its own and emptied as the gateway does."""

    def __init__(self, store: PostgresStore, db: Any, carrier_id: int) -> None:
        self._store = store
        self._db = db
        self._carrier_id = carrier_id

    async def part(self, first: int, last: int) -> float:
        """The seconds that it took to send messages `first` … `last`."""
        at = round(time.time() * 1000)
        async with self._db.transaction():
            await self._db.execute(_MESSAGES, self._carrier_id, first, last, at, at + _VALID)
            await self._db.execute(_BODIES, first, last)
            await self._db.execute(_JOBS, self._carrier_id, first, last, at, at + _VALID)
        began = time.perf_counter()
        if await self._drain() != last - first + 1:
            raise RuntimeError("a lease passed over messages that were ready")
        return time.perf_counter() - began

    async def _drain(self) -> int:
        """Until nothing is ready. While outcomes commit the next lease is under way."""
        total = 0
        recording: asyncio.Future[int] | None = None
        while leased := await self._lease():
            total += len(leased)
            if recording is not None:
                await recording
            recording = asyncio.ensure_future(self._store.record([_taken(one) for one in leased]))
        if recording is not None:
            await recording
        return total

    async def _lease(self) -> list[LeasedMessage]:
        now = datetime.now(UTC)
        until = now + timedelta(minutes=2)
        return await self._store.lease(
            LeaseRequest(self._carrier_id, _ROOM, secrets.randbits(62), now, until)
        )


def _taken(message: LeasedMessage) -> Outcome:
    return Outcome(message.lease, 1, Accepted(f"{message.lease.message_id:x}"), datetime.now(UTC))


@asynccontextmanager
async def _nothing(db: Any) -> AsyncIterator[None]:
    yield


@asynccontextmanager
async def _snapshot(db: Any) -> AsyncIterator[None]:
    """As a pg_dump holds one: nothing that dies meanwhile can be cleared away."""
    async with db.transaction(isolation="repeatable_read", readonly=True):
        await db.fetch("SELECT FROM carrier")  # a snapshot is taken with the first query
        yield


@asynccontextmanager
async def _export(db: Any) -> AsyncIterator[None]:
    """All messages by their keys, each page a transaction of its own; and again from the beginning."""

    async def pages() -> None:
        last = 0
        while True:
            page = await db.fetch(_EXPORTED, last, _PAGE)
            last = page[-1][0] if page else 0
            if not page:
                await asyncio.sleep(0.1)

    task = asyncio.create_task(pages())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _beside(name: str, db: Any) -> AbstractAsyncContextManager[None]:
    return {"nothing": _nothing, "snapshot": _snapshot, "export": _export}[name](db)


async def churn(order: Order) -> Result:
    store = await PostgresStore.open(order.url)
    carrier_id = (await store.carrier_ids([CarrierTerms("simulated")]))["simulated"]
    filling, other = await asyncpg.connect(order.url), await asyncpg.connect(order.url)
    queue = Churn(store, filling, carrier_id)
    sweeping = asyncio.create_task(_sweep(store))
    seconds, sizes = [], []
    async with _beside(order.beside, other):
        for first in range(1, order.jobs + 1, PART):
            last = min(first + PART - 1, order.jobs)
            seconds.append(await queue.part(first, last))
            sizes.append(last - first + 1)
            print(last, flush=True)
    sweeping.cancel()
    for db in (filling, other):
        await db.close()
    await store.close()
    used = resource.getrusage(resource.RUSAGE_SELF)
    rates = [size / taken for size, taken in zip(sizes, seconds, strict=True)]
    return Result(rates, sum(seconds), used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


async def _sweep(store: PostgresStore) -> None:
    """Each second, as a gateway does."""
    while True:
        await store.sweep(datetime.now(UTC))
        await asyncio.sleep(1)


def main() -> None:
    order = msgspec.json.decode(sys.argv[1], type=Order)
    print(msgspec.json.encode(uvloop.run(churn(order))).decode(), flush=True)


if __name__ == "__main__":
    main()
