"""What the operator sees of incoming messages, and does with them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from kavle.clock import Clock
from kavle.core.ids import internal
from kavle.core.numbers import account_named
from kavle.mms.text import beginning
from kavle.model.errors import OperatorError
from kavle.model.incoming import IncomingState
from kavle.model.mms import FileLine
from kavle.model.service import Service
from kavle.store.inbox import IncomingLine, IncomingPage, TryLine
from kavle.store.store import Store

PAGE: Final = 200
LONGEST: Final = 10_000
"""Characters that are shown of what an MMS says in all its texts; the rest is in its files."""
_OCTETS: Final = 4  # of a character, at most


class ListIncoming(msgspec.Struct, frozen=True, tag="incoming"):
    """At most `PAGE` of them, the newest first: those before this one. Filters go together."""

    account: str | None = None
    number: str | None = None
    unowned: bool = False
    failed: bool = False
    before: str = ""  # a public id
    limit: Annotated[int, Meta(ge=1, le=PAGE)] = PAGE
    characters: int = 0  # of each text, to be told, too


class ShowIncoming(msgspec.Struct, frozen=True, tag="show incoming"):
    id: str


class ReplayIncoming(msgspec.Struct, frozen=True, tag="replay"):
    """By public ids, `PAGE` of them at most."""

    ids: tuple[str, ...]


IncomingCommand = ListIncoming | ShowIncoming | ReplayIncoming


class IncomingMessage(msgspec.Struct, frozen=True):
    """As an operator is shown it."""

    id: str  # the public one, `incsmsid` of its callbacks
    account: str | None
    carrier: str
    sender: str
    recipient: str
    received_at: datetime
    parts: int
    got: int
    state: IncomingState
    state_at: datetime
    beginning: str | None = None  # of its text, where that was asked for and is not erased
    service: Service = Service.SMS


class IncomingWhole(msgspec.Struct, frozen=True):
    """With all that is known of it."""

    message: IncomingMessage
    text: str  # an MMS's subject
    tries: list[TryLine]
    due: datetime | None
    files: tuple[FileLine, ...] = ()  # of an MMS
    said: str = ""  # by the texts among them


class Inbox:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def page(self, command: ListIncoming) -> list[IncomingMessage]:
        """Raises `OperatorError` for an account or an id that there is not."""
        account_id = None
        if command.account is not None:
            account_id = (await account_named(self._store, command.account)).id
        before = await self._internal(command.before) if command.before else None
        page = IncomingPage(
            before, account_id, command.unowned, command.number, command.failed, command.limit
        )
        lines = await self._store.inbox.incoming(page)
        texts = await self._beginnings(lines, command.characters) if command.characters and lines else {}
        return [self._shown(line, texts.get(line.id)) for line in lines]

    async def show(self, command: ShowIncoming) -> IncomingWhole:
        """Raises `OperatorError` where there is none of that id."""
        story = await self._store.inbox.story(await self._internal(command.id))
        if story is None:
            raise _unknown(command.id)
        line = story.line
        said = {} if line.mms is None else await self._said([line.id], LONGEST)
        whole = self._shown(line), story.text, story.tries, story.due, story.files, said.get(line.id, "")
        return IncomingWhole(*whole)

    async def replay(self, command: ReplayIncoming) -> list[str]:
        """The public ids of those that are brought to their customers anew."""
        known = {given: await internal(self._store, given) for given in command.ids}
        ids = [id for id in known.values() if id is not None]
        done = set(await self._store.inbox.replay(ids, self._clock.now()))
        return [given for given, id in known.items() if id in done]

    async def _beginnings(self, lines: list[IncomingLine], characters: int) -> dict[int, str]:
        """Of what is not erased. An MMS's subject stands before what it says."""
        texts = await self._store.inbox.texts([line.id for line in lines], characters)
        said = await self._said([line.id for line in lines if line.mms is not None], characters)
        for id in texts.keys() & said.keys():
            texts[id] = "\n".join(filter(None, (texts[id], said[id])))[:characters]
        return texts

    async def _said(self, ids: list[int], characters: int) -> dict[int, str]:
        octets = characters * _OCTETS
        texts = await self._store.files.texts(ids, octets) if ids else {}
        return {id: _told(found, octets)[:characters] for id, found in texts.items()}

    async def _internal(self, public: str) -> int:
        id = await internal(self._store, public)
        if id is None:
            raise _unknown(public)
        return id

    def _shown(self, line: IncomingLine, beginning: str | None = None) -> IncomingMessage:
        return IncomingMessage(
            str(self._store.public_ids.public(line.id)),
            line.account,
            line.carrier,
            line.sender,
            line.recipient,
            line.received_at,
            line.parts,
            line.got,
            line.state,
            line.state_at,
            beginning,
            Service.SMS if line.mms is None else Service.MMS,
        )


def _told(texts: list[bytes], octets: int) -> str:
    """What the texts among a phone's files say, one below the other; of each so many octets at most were
    read."""
    said = (beginning(data, cut=len(data) == octets).strip() for data in texts)
    return "\n".join(text for text in said if text)


def _unknown(id: str) -> OperatorError:
    return OperatorError("there is no incoming message {id}; `kavle incoming list` shows them", id=id[:20])
