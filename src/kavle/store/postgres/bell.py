"""Tells the other nodes that a queue is no longer empty. It only hurries what their polling finds anyway, so
nobody waits for it and nothing is lost with it."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from kavle.model.message import Priority
from kavle.store.postgres.connection import BY_INDEX, LOST, connect
from kavle.store.postgres.front import Front
from kavle.store.postgres.ranges import Range
from kavle.store.postgres.rows import columns

if TYPE_CHECKING:
    from kavle.store.postgres.connection import Connection

EVERY: Final = 0.02
"""Seconds between two rings. Inside the accepting transaction NOTIFY took 6,100 commits/s to 3,600."""
_AGAIN: Final = 1.0
_ALIVE: Final = 30.0

CHANNEL: Final = "kavle_ready"
URGENT: Final = (
    "!"  # behind the carrier's number; an older node takes that for no number, and finds it itself
)
_AHEAD: Final = 64
_READY: Final = """
SELECT count(*) FROM (
  SELECT FROM unnest($2::smallint[], $3::bigint[], $4::bigint[]) AS range(priority, low, high)
  CROSS JOIN LATERAL (
    SELECT FROM job WHERE carrier_id = $1 AND state = 0 AND priority = range.priority
      AND tag BETWEEN range.low AND range.high ORDER BY tag, message_id LIMIT $5::bigint
  ) AS one LIMIT $5::bigint
) AS ones
"""
_RING: Final = "SELECT pg_notify($1, $2)"

_log = logging.getLogger("kavle.store")


class Bell:
    """A connection of its own, which both rings and listens."""

    def __init__(self, url: str, on_ready: Callable[[int, bool], None]) -> None:
        """`on_ready(carrier, urgent)`."""
        self._url = url
        self._on_ready = on_ready
        # Not Counters: these are written for each message, and one writes an item in Python.
        self._fresh: defaultdict[int, int] = defaultdict(int)
        self._urgent: defaultdict[int, int] = defaultdict(int)
        self._front = Front()
        self._rung = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    def ring(self, fresh: Mapping[int, int], *, urgent: bool = False) -> None:
        """So many more messages are ready, by carrier; urgent ones have a queue of their own to find empty:
        an alarm is not to wait because there is a backlog behind it."""
        counts = self._urgent if urgent else self._fresh
        for carrier_id, count in fresh.items():
            counts[carrier_id] += count
            self._rung.set()

    async def close(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        while True:
            try:
                db = await connect(self._url, BY_INDEX)
                try:
                    await db.add_listener(CHANNEL, self._heard)
                    await self._serve(db)
                finally:
                    db.terminate()
            except (*LOST, asyncpg.PostgresError) as error:
                _log.warning("other nodes can't be called: %s; they find what is new by looking", error)
                await asyncio.sleep(_AGAIN)

    async def _serve(self, db: Connection) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_ALIVE):
                    await self._rung.wait()
            self._rung.clear()
            fresh, self._fresh = self._fresh, defaultdict(int)
            urgent, self._urgent = self._urgent, defaultdict(int)
            for carrier_id in fresh.keys() | urgent.keys():
                if not await self._called(db, carrier_id, fresh[carrier_id], urgent[carrier_id]):
                    # What is committed but not told to us yet made the queue look full: whoever tells of it
                    # next must not take these for an older queue.
                    self._fresh[carrier_id] += min(fresh[carrier_id], _AHEAD)
                    self._urgent[carrier_id] += min(urgent[carrier_id], _AHEAD)
            await asyncio.sleep(EVERY)

    async def _called(self, db: Connection, carrier_id: int, fresh: int, urgent: int) -> bool:
        ranges = await self._front.look(db, carrier_id)
        alarms = [one for one in ranges if one.priority == Priority.URGENT]
        return await self._call(db, carrier_id, alarms, urgent, URGENT) or await self._call(
            db, carrier_id, ranges, fresh + urgent, ""
        )

    async def _call(
        self, db: Connection, carrier_id: int, ranges: Sequence[Range], fresh: int, mark: str
    ) -> bool:
        """Whether the others were called: not if more is ready than what is fresh, for then the queue was not
        empty before. What has come while we looked may be counted already, and is as fresh."""
        if not fresh or not ranges:
            return False
        ready: int = await db.fetchval(_READY, carrier_id, *columns(ranges, 3), fresh + _AHEAD)
        if not 0 < ready <= fresh + self._fresh[carrier_id] + self._urgent[carrier_id]:
            return False
        await db.execute(_RING, CHANNEL, f"{carrier_id}{mark}")
        return True

    def _heard(self, db: Any, pid: int, channel: str, payload: object) -> None:
        if isinstance(payload, str) and (carrier := payload.removesuffix(URGENT)).isdecimal():
            self._on_ready(int(carrier), carrier != payload)
