"""The inbox on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from kavle.model.callback import CallbackTry
from kavle.model.incoming import Piece
from kavle.model.mms import IncomingMms
from kavle.model.number import Number
from kavle.store.calling import choose
from kavle.store.inbox import (
    CallbackLeases,
    CallbackRequest,
    IncomingLine,
    IncomingPage,
    IncomingStory,
    NewNumber,
    NumberChange,
    NumberPage,
    PartWait,
    StopChange,
    StopLine,
    StopPage,
    Taken,
)
from kavle.store.postgres import callbacks, incoming, incoming_mms, incoming_reads, numbers
from kavle.store.postgres.connection import Link
from kavle.store.postgres.handed import MakeLane, Read
from kavle.store.postgres.ids import Ids
from kavle.store.rows import JobState, to_ms


class PostgresInbox:
    """Part of a `PostgresStore`, on its connections."""

    def __init__(
        self,
        lane: MakeLane,
        links: tuple[Link, Link, Link],
        ids: tuple[Ids, Ids],
        read: Read,
        check_clock: Callable[[], None],
    ) -> None:
        """`links`: for what comes in, for calls, and for what is rare. `ids`: for the first and the last."""
        taking, calling, rare = links
        self._read = read
        self._check_clock = check_clock
        self._take = lane(taking, incoming.Take(ids[0]))
        self._take_mms = lane(taking, incoming_mms.TakeMms(ids[0]))
        self._lease = lane(calling, callbacks.lease)
        self._record = lane(calling, callbacks.record)
        self._promote = lane(calling, callbacks.promote)
        self._end_leases = lane(calling, callbacks.end_leases)
        self._end_parts = lane(rare, incoming.EndParts(ids[1]))
        self._forget_parts = lane(rare, incoming.forget_parts)
        self._forget_mms = lane(rare, incoming_mms.forget)
        self._replay = lane(rare, callbacks.replay)
        self._add = lane(rare, numbers.add)
        self._change = lane(rare, numbers.change)
        self._remove = lane(rare, numbers.remove)
        self._stop = lane(rare, numbers.stop)
        self._unstop = lane(rare, numbers.unstop)

    async def take(self, batch: Sequence[Piece]) -> Taken:
        return await self._take.call(batch)

    async def take_mms(self, message: IncomingMms) -> bool:
        return await self._take_mms.call(message, message.octets)

    async def end_parts(self, wait: PartWait) -> int:
        keys = await self._read(incoming.late, wait)
        return await self._end_parts.call((keys, to_ms(wait.now))) if keys else 0

    async def forget_parts(self, now: datetime) -> int:
        if not await self._read(incoming.some_old, to_ms(now)):
            return 0
        return await self._forget_parts.call(to_ms(now))

    async def forget_mms(self, now: datetime) -> int:
        if not await self._read(incoming_mms.some_old, to_ms(now)):
            return 0
        return await self._forget_mms.call(to_ms(now))

    async def lease(self, request: CallbackRequest) -> CallbackLeases:
        self._check_clock()
        choice = choose(request, await self._read(callbacks.lanes, request.after))
        if not choice.numbers:
            return CallbackLeases([], choice.after)
        return await self._lease.call((request, choice))

    async def record(self, tries: Sequence[CallbackTry]) -> int:
        return await self._record.call(tries)

    async def promote(self, now: datetime) -> int:
        self._check_clock()
        if not await self._read(callbacks.some_due, JobState.WAITING, to_ms(now)):
            return 0
        return await self._promote.call(now)

    async def end_leases(self, now: datetime) -> int:
        self._check_clock()
        if not await self._read(callbacks.some_due, JobState.LEASED, to_ms(now)):
            return 0
        return await self._end_leases.call(now)

    async def replay(self, ids: Sequence[int], now: datetime) -> list[int]:
        return await self._replay.call((ids, now))

    async def uncalled(self) -> int:
        return await self._read(incoming_reads.uncalled)

    async def incoming(self, page: IncomingPage) -> list[IncomingLine]:
        return await self._read(incoming_reads.listing, page)

    async def texts(self, ids: Sequence[int], characters: int) -> dict[int, str]:
        return await self._read(incoming_reads.texts, ids, characters)

    async def story(self, id: int) -> IncomingStory | None:
        return await self._read(incoming_reads.story, id)

    async def add_number(self, new: NewNumber) -> bool:
        return await self._add.call(new)

    async def change_number(self, change: NumberChange) -> bool:
        return await self._change.call(change)

    async def remove_number(self, msisdn: str) -> bool:
        return await self._remove.call(msisdn)

    async def number(self, msisdn: str) -> Number | None:
        return await self._read(numbers.find, msisdn)

    async def numbers(self, page: NumberPage) -> list[Number]:
        return await self._read(numbers.listing, page)

    async def stop(self, change: StopChange) -> bool:
        return await self._stop.call(change)

    async def unstop(self, change: StopChange) -> bool:
        return await self._unstop.call(change)

    async def stopped(self, account_id: int, recipients: Sequence[str]) -> frozenset[str]:
        return await self._read(numbers.stopped, account_id, recipients)

    async def stops(self, page: StopPage) -> list[StopLine]:
        return await self._read(numbers.stops, page)
