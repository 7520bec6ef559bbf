"""What an operator does with all that the gateway has of one person: see how much it is, and erase it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

import msgspec

from kavle.clock import Clock
from kavle.model.errors import OperatorError
from kavle.model.history import HistoryLine, Wanted
from kavle.model.incoming import IncomingState
from kavle.model.msisdn import parse_msisdn
from kavle.model.person import PersonErased, PersonView
from kavle.store.inbox import IncomingLine, IncomingPage
from kavle.store.persons import Ending, Erasing
from kavle.store.store import Store

PAGE: Final = 500
CHUNK: Final = 20
"""Messages that are erased at once: as many as retention takes of files."""
MOST: Final = 2_000
"""Messages that one command erases: it answers within seconds."""
COUNTED: Final = 20_000
"""And that are counted."""
PAUSE: Final = 0.01
_NAMED: Final = 5  # ids of an error


class ShowPerson(msgspec.Struct, frozen=True, tag="person"):
    number: str


class ErasePerson(msgspec.Struct, frozen=True, tag="erase person"):
    """`MOST` messages of it at most."""

    number: str
    stop_lists: bool = False  # it goes from them, too: customers may write to it again


class ExportPerson(msgspec.Struct, frozen=True, tag="export person"):
    """The first page."""

    number: str
    account: str | None = None  # of this one alone


class MorePerson(msgspec.Struct, frozen=True, tag="more person"):
    """Another one, as the one before says."""

    number: str
    after: str
    account: str | None = None


PersonCommand = ShowPerson | ErasePerson | ExportPerson | MorePerson


class Persons:
    """Each verb raises `OperatorError` for what the operator can mend."""

    def __init__(self, store: Store, clock: Clock, region: str) -> None:
        """`region`: of numbers in national form."""
        self._store = store
        self._clock = clock
        self._region = region

    async def show(self, command: ShowPerson) -> PersonView:
        return (await self._look(read_number(command.number, self._region))).view

    async def erase(self, command: ErasePerson) -> PersonErased:
        """Nothing while anything of it is still to be sent, decided on or told. What waits for its time is
        cancelled, and refunded."""
        number = read_number(command.number, self._region)
        found = await self._look(number)
        await self._check(found.view)
        for line in found.scheduled:
            await self._cancel(line)
        erased = await self._erase_sent(number)
        if erased < MOST:
            erased += await self._erase_received(number)
        more, gone = erased >= MOST, 0
        if not more:
            gone = await self._store.persons.end(Ending(number, self._clock.now(), command.stop_lists))
        return PersonErased(erased, len(found.scheduled), gone, more)

    async def _check(self, view: PersonView) -> None:
        owner = await self._store.inbox.number(view.number)
        if owner is not None:
            raise OperatorError(
                "{number} is no person's: phones write to it, and account {name} has it;"
                " `kavle number remove` takes it away",
                number=view.number,
                name=owner.account,
            )
        if view.open:
            raise OperatorError(
                "nothing was erased: messages are still to be sent, or to be decided on (`kavle held list`):"
                " {ids}; do it again when they are",
                ids=_some(view.open),
            )
        if view.untold:
            raise OperatorError(
                "nothing was erased: customers are still to be told of messages from it: {ids}; do it again"
                " when they are, or when their last call is made",
                ids=_some(view.untold),
            )
        if view.unready:
            raise OperatorError(
                "nothing was erased: a message is just being made of its parts, or of a bundle;"
                " do it again in a while"
            )

    async def _cancel(self, line: HistoryLine) -> None:
        owner = await self._store.owner(line.id)
        if owner is None or not await self._store.cancel(owner.id, line.id, self._clock.now()):
            raise OperatorError(
                "message {id} is just being sent: it can't be cancelled any more; do it again in a while",
                id=self._public(line.id),
            )

    async def _look(self, number: str) -> _Found:
        found = _Found(number)
        persons = self._store.persons
        async for lines in self._sent(number, PAGE):
            queued = set(await persons.queued([line.id for line in lines]))
            now = self._clock.now()
            for line in lines:
                if line.id in queued:
                    timed = line.due_at is not None and line.due_at > now
                    (found.scheduled if timed else found.open).append(line)
            found.messages += len(lines)
            found.files += await persons.files([line.id for line in lines])
            if found.messages >= COUNTED:
                break
        async for came in self._received(number, PAGE):
            found.untold += [line for line in came if line.state is IncomingState.WAITING]
            found.received += len(came)
            found.files += await persons.files([line.id for line in came])
            if found.received >= COUNTED:
                break
        loose = await persons.loose(number)
        found.view = PersonView(
            number,
            found.messages,
            found.received,
            found.files,
            [self._public(line.id) for line in found.scheduled],
            [self._public(line.id) for line in found.open],
            [self._public(line.id) for line in found.untold],
            bool(loose.parts or loose.bundles),
            [name for name, _ in await persons.stops(number)],
            await persons.erased_at(number),
            max(found.messages, found.received) >= COUNTED,
        )
        return found

    async def _erase_sent(self, number: str) -> int:
        pages = self._sent(number, CHUNK)
        return await self._erase_pages(pages, lambda ids: Erasing(number, sent=ids))

    async def _erase_received(self, number: str) -> int:
        pages = self._received(number, CHUNK)
        return await self._erase_pages(pages, lambda ids: Erasing(number, received=ids))

    async def _erase_pages(
        self,
        pages: AsyncIterator[Sequence[HistoryLine]] | AsyncIterator[Sequence[IncomingLine]],
        erasing: Callable[[tuple[int, ...]], Erasing],
    ) -> int:
        erased = 0
        async for lines in pages:
            erased += await self._store.persons.erase(erasing(_ids(lines)))
            if erased >= MOST:
                break
            await asyncio.sleep(PAUSE)
        return erased

    async def _sent(self, number: str, limit: int) -> AsyncIterator[Sequence[HistoryLine]]:
        """Those to it, the newest first, found by the index of recipients."""
        wanted = Wanted(limit=limit, recipient=number)
        while True:
            page = await self._store.history.messages(None, wanted)
            if page.lines:
                yield page.lines
            if page.older is None:
                return
            wanted = msgspec.structs.replace(wanted, before=page.older)

    async def _received(self, number: str, limit: int) -> AsyncIterator[Sequence[IncomingLine]]:
        page = IncomingPage(sender=number, limit=limit)
        while lines := await self._store.inbox.incoming(page):
            yield lines
            page = msgspec.structs.replace(page, before=lines[-1].id)

    def _public(self, id: int) -> str:
        return str(self._store.public_ids.public(id))


class _Found:
    """What a look has found so far."""

    def __init__(self, number: str) -> None:
        self.view = PersonView(number)
        self.messages = self.received = self.files = 0
        self.scheduled: list[HistoryLine] = []
        self.open: list[HistoryLine] = []
        self.untold: list[IncomingLine] = []


def read_number(written: str, region: str) -> str:
    """As people write it. Raises `OperatorError`, without the number: it may be somebody's."""
    try:
        return parse_msisdn(written, region)
    except ValueError as error:
        raise OperatorError("this is no phone number: {why}", why=error) from error


def _ids(lines: Sequence[HistoryLine] | Sequence[IncomingLine]) -> tuple[int, ...]:
    return tuple(line.id for line in lines)


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:_NAMED]) + (" …" if len(ids) > _NAMED else "")
