"""The inbox on one SQLite file."""

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
from kavle.store.rows import to_ms
from kavle.store.sqlite import callbacks, incoming, incoming_mms, incoming_reads, numbers
from kavle.store.sqlite.reader import Reader
from kavle.store.sqlite.writer import Writes


class SqliteInbox:
    """Part of a `SqliteStore`, with its threads."""

    def __init__(self, writer: Writes, read: Reader, look: Reader, told: Callable[[int], None]) -> None:
        """`told` is called with each id given out."""
        self._writer = writer
        self._read = read
        self._look = look
        self._told = told

    async def take(self, batch: Sequence[Piece]) -> Taken:
        taken, newest = await self._writer.call(incoming.take, batch)
        self._told(newest)
        return taken

    async def take_mms(self, message: IncomingMms) -> bool:
        new, newest = await self._writer.call(incoming_mms.take, message, message.octets)
        self._told(newest)
        return new

    async def end_parts(self, wait: PartWait) -> int:
        keys = await self._look(incoming.late, wait)
        if not keys:
            return 0
        ended, newest = await self._writer.call(incoming.end_parts, (keys, to_ms(wait.now)))
        self._told(newest)
        return ended

    async def forget_parts(self, now: datetime) -> int:
        if not await self._look(incoming.some_old, to_ms(now)):
            return 0
        return await self._writer.call(incoming.forget_parts, to_ms(now))

    async def forget_mms(self, now: datetime) -> int:
        if not await self._look(incoming_mms.some_old, to_ms(now)):
            return 0
        return await self._writer.call(incoming_mms.forget, to_ms(now))

    async def lease(self, request: CallbackRequest) -> CallbackLeases:
        choice = choose(request, await self._read(callbacks.lanes, request.after))
        if not choice.numbers:
            return CallbackLeases([], choice.after)
        return await self._writer.call(callbacks.lease, (request, choice))

    async def record(self, tries: Sequence[CallbackTry]) -> int:
        return await self._writer.call(callbacks.record, tries)

    async def promote(self, now: datetime) -> int:
        if not await self._read(callbacks.some_due, to_ms(now)):
            return 0
        return await self._writer.call(callbacks.promote, now)

    async def end_leases(self, now: datetime) -> int:
        if not await self._read(callbacks.some_ended, to_ms(now)):
            return 0
        return await self._writer.call(callbacks.end_leases, now)

    async def replay(self, ids: Sequence[int], now: datetime) -> list[int]:
        return await self._writer.call(callbacks.replay, (ids, now))

    async def uncalled(self) -> int:
        return await self._look(incoming_reads.uncalled)

    async def incoming(self, page: IncomingPage) -> list[IncomingLine]:
        return await self._look(incoming_reads.listing, page)

    async def texts(self, ids: Sequence[int], characters: int) -> dict[int, str]:
        return await self._look(incoming_reads.texts, ids, characters)

    async def story(self, id: int) -> IncomingStory | None:
        return await self._read(incoming_reads.story, id)

    async def add_number(self, new: NewNumber) -> bool:
        return await self._writer.call(numbers.add, new)

    async def change_number(self, change: NumberChange) -> bool:
        return await self._writer.call(numbers.change, change)

    async def remove_number(self, msisdn: str) -> bool:
        return await self._writer.call(numbers.remove, msisdn)

    async def number(self, msisdn: str) -> Number | None:
        return await self._read(numbers.find, msisdn)

    async def numbers(self, page: NumberPage) -> list[Number]:
        return await self._look(numbers.listing, page)

    async def stop(self, change: StopChange) -> bool:
        return await self._writer.call(numbers.stop, change)

    async def unstop(self, change: StopChange) -> bool:
        return await self._writer.call(numbers.unstop, change)

    async def stopped(self, account_id: int, recipients: Sequence[str]) -> frozenset[str]:
        return await self._read(numbers.stopped, account_id, recipients)

    async def stops(self, page: StopPage) -> list[StopLine]:
        return await self._look(numbers.stops, page)
