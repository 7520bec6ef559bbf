"""All that the gateway has of one person, to be handed over: some at a time."""

from __future__ import annotations

from typing import Final

from kavle.core.ids import internal
from kavle.core.numbers import account_named
from kavle.core.persons import ExportPerson, MorePerson, read_number
from kavle.model.errors import OperatorError
from kavle.model.history import MessageStory, Wanted
from kavle.model.person import (
    PersonCall,
    PersonFile,
    PersonMessage,
    PersonPage,
    PersonReceived,
    PersonStatus,
    PersonStop,
)
from kavle.model.service import Service
from kavle.store.inbox import IncomingPage, IncomingStory, TryLine
from kavle.store.store import Store

PAGE: Final = 20
OCTETS: Final = 4_000_000
"""Of files, with which a page ends early."""
_SENT, _RECEIVED = "sent", "received"


class PersonExport:
    """Each verb raises `OperatorError` for what the operator can mend."""

    def __init__(self, store: Store, region: str) -> None:
        self._store = store
        self._region = region

    async def begin(self, command: ExportPerson) -> PersonPage:
        number, account_id = await self._of(command)
        stops = [
            PersonStop(name, at)
            for name, at in await self._store.persons.stops(number)
            if command.account in (None, name)
        ]
        return await self._page_of_sent(number, account_id, None, stops)

    async def more(self, command: MorePerson) -> PersonPage:
        number, account_id = await self._of(command)
        which, _, written = command.after.partition(" ")
        before = await internal(self._store, written)
        if which == _SENT and before is not None:
            return await self._page_of_sent(number, account_id, before, [])
        if which == _RECEIVED and (before is not None) == bool(written):
            return await self._page_of_received(number, account_id, before)
        raise OperatorError("the export can't go on from there; begin it again")

    async def _of(self, command: ExportPerson | MorePerson) -> tuple[str, int | None]:
        number = read_number(command.number, self._region)
        if command.account is None:
            return number, None
        return number, (await account_named(self._store, command.account)).id

    async def _page_of_sent(
        self, number: str, account_id: int | None, before: int | None, stops: list[PersonStop]
    ) -> PersonPage:
        wanted = Wanted(limit=PAGE, recipient=number, before=before)
        page = await self._store.history.messages(account_id, wanted)
        found: list[PersonMessage] = []
        octets, older = 0, page.older
        for line in page.lines:
            if octets > OCTETS:
                break
            story = await self._store.history.message(account_id, line.id)
            if story is not None:
                found.append(await self._message(story))
                octets += sum(len(file.data) for file in found[-1].files)
            older = line.id if line is not page.lines[-1] else page.older
        further = _RECEIVED if older is None else f"{_SENT} {self._public(older)}"
        return PersonPage(number, messages=found, stop_lists=stops, further=further)

    async def _page_of_received(self, number: str, account_id: int | None, before: int | None) -> PersonPage:
        page = IncomingPage(before, account_id, sender=number, limit=PAGE)
        lines = await self._store.inbox.incoming(page)
        found: list[PersonReceived] = []
        octets, last = 0, None
        for line in lines:
            if octets > OCTETS:
                break
            story = await self._store.inbox.story(line.id)
            if story is not None:
                found.append(await self._message_received(story))
                octets += sum(len(file.data) for file in found[-1].files)
            last = line.id
        whole = last is None or (last == lines[-1].id and len(lines) < PAGE)
        further = "" if whole or last is None else f"{_RECEIVED} {self._public(last)}"
        return PersonPage(number, received=found, further=further)

    async def _message(self, story: MessageStory) -> PersonMessage:
        line = story.line
        files = await self._store.files.all(line.id) if line.service is Service.MMS else []
        return PersonMessage(
            self._public(line.id),
            line.account,
            line.service.name,
            line.recipient,
            line.sender,
            line.text,
            line.accepted_at,
            line.due_at,
            None if line.bundle_id is None else self._public(line.bundle_id),
            [PersonStatus(at, int(status)) for status, at in story.told],
            story.attempts,
            story.receipts,
            [PersonFile(file.name, file.content_type, file.data) for file in files],
        )

    async def _message_received(self, story: IncomingStory) -> PersonReceived:
        line = story.line
        files = await self._store.files.all(line.id) if line.mms is not None else []
        return PersonReceived(
            self._public(line.id),
            line.account,
            (Service.SMS if line.mms is None else Service.MMS).name,
            line.recipient,
            line.sender,
            story.text,
            line.received_at,
            [_call(call) for call in story.tries],
            [PersonFile(file.name, file.content_type, file.data) for file in files],
        )

    def _public(self, id: int) -> str:
        return str(self._store.public_ids.public(id))


def _call(one: TryLine) -> PersonCall:
    return PersonCall(one.at, one.status, one.head, None if one.error is None else str(one.error))
