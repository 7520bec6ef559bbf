"""What can be asked. Every query names the viewer it answers."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from kavle.core.ids import internal
from kavle.core.reading import had as _had
from kavle.core.veil import may_not_read, veiled_page, veiled_story
from kavle.model.account import Account, Operator, Viewer
from kavle.model.audit import AuditLine
from kavle.model.history import HistoryLine, HistoryPage, MessageStory, Wanted
from kavle.model.listing import BundleLine, BundleProgress, Keys, LedgerLine, Place, Scheduled, Slice
from kavle.model.mms import mms_code
from kavle.model.number import Number
from kavle.model.operator import OperatorAccount
from kavle.model.service import Service
from kavle.model.status import Status
from kavle.model.traffic import Span, Traffic, by_day
from kavle.store.inbox import NumberPage
from kavle.store.store import Store
from kavle.store.types import AccountLine, AccountPage, Story, TrafficQuery

_NUMBERS: Final = 20

_AT_ONCE: Final = 500  # public ids that are computed before others have a turn: 1.5 ms


class Queries:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def account(self, name: str) -> Account | None:
        """For authentication."""
        return await _had(self._store.account(name))

    async def entrant(self, name: str) -> Account | None:
        """For the pages' log-in: with the password that they are entered by as the account's."""
        account = await self.account(name)
        if account is None or account.portal_hash is None:
            return account
        return replace(account, password_hash=account.portal_hash)

    async def operator(self, name: str) -> OperatorAccount | None:
        """For authentication."""
        return await _had(self._store.office.operator(name))

    async def accounts(
        self, viewer: Operator, limit: int, after: str = "", since: str = ""
    ) -> list[AccountLine]:
        """By name: those behind `after`, or this one and those behind it."""
        return await _had(self._store.listing.accounts(AccountPage(limit, after, since)))

    async def audit(self, viewer: Operator, keys: Keys) -> Slice[AuditLine]:
        """What operators have changed, the newest first."""
        return await _had(self._store.office.audit(keys))

    async def balance(self, account: Account) -> int:
        """In ten-thousandths of a credit."""
        return await _had(self._store.balance(account.id))

    async def status(self, viewer: Viewer, public_id: str) -> Status | None:
        """The latest known status by public id; None for an id that was never given. The manual asks no
        password for it, so that any viewer may."""
        message_id = await self._internal(public_id)
        return None if message_id is None else await _had(self._store.status(message_id))

    async def mms_status(self, viewer: Viewer, public_id: str) -> Status | None:
        """As `status`, of an MMS: in Appendix B's codes. An id of one service is unknown to the other."""
        message_id = await self._internal(public_id)
        status = None if message_id is None else await _had(self._store.status(message_id, Service.MMS))
        return None if status is None else mms_code(status)

    async def bundle(self, viewer: Viewer, public_id: str) -> list[tuple[int, Status]]:
        """The public id and the latest known status of each message, in the order of the recipients; empty
        for an unknown bundle. As `status`, for any viewer."""
        bundle_id = await self._internal(public_id)
        found = None if bundle_id is None else await _had(self._store.bundle(bundle_id))
        public = self._store.public_ids.public
        told: list[tuple[int, Status]] = []
        while found and (some := found[len(told) : len(told) + _AT_ONCE]):
            told += [(public(message_id), status) for message_id, status in some]
            await asyncio.sleep(0)
        return told

    async def due(self, viewer: Viewer, public_id: str) -> datetime | None:
        """When a time-controlled message or bundle is, or was, to be sent; None for an unknown or untimed
        one. As `status`, for any viewer."""
        id = await self._internal(public_id)
        return None if id is None else await _had(self._store.due(id))

    async def owner(self, viewer: Viewer, public_id: str) -> Account | None:
        """Whose message or bundle it is: to know whether a viewer without a password may ask for it."""
        id = await self._internal(public_id)
        return None if id is None else await _had(self._store.owner(id))

    async def story(self, viewer: Operator, public_id: str) -> Story | None:
        """All statuses that a message has had, with their times."""
        message_id = await self._internal(public_id)
        return None if message_id is None else await _had(self._store.story(message_id))

    async def messages(
        self, viewer: Account | Operator, wanted: Wanted, of: Account | None = None
    ) -> HistoryPage:
        """The viewer's, some at a time; for an operator every account's, or those `of` one. `wanted` and
        the answer bear public ids."""
        newest = await _had(self._store.newest_id())
        keys = self._internal_keys(Keys(wanted.limit, wanted.before, wanted.after), newest)
        bundle_id = wanted.bundle_id
        if bundle_id is not None:  # an unknown one is another than every message's
            bundle_id = self._store.public_ids.internal(bundle_id, newest) or -1
        asked = replace(wanted, before=keys.before, after=keys.after, bundle_id=bundle_id)
        whose = of.id if isinstance(viewer, Operator) and of else _whose(viewer)
        page = self._public_page(await _had(self._store.history.messages(whose, asked)))
        return veiled_page(page) if may_not_read(viewer) else page

    async def message(self, viewer: Account | Operator, public_id: str) -> MessageStory | None:
        """The whole story of one of the viewer's; None for what is unknown, or another's."""
        id = await self._internal(public_id)
        if id is None:
            return None
        story = await _had(self._store.history.message(_whose(viewer), id))
        if story is None:
            return None
        story = replace(story, line=self._public_line(story.line))
        return veiled_story(story) if may_not_read(viewer) else story

    async def bundles(self, viewer: Account | Operator, keys: Keys) -> Slice[BundleLine]:
        """The viewer's, the newest first."""
        newest = await _had(self._store.newest_id())
        asked = self._internal_keys(keys, newest)
        found = await _had(self._store.listing.bundles(_whose(viewer), asked))
        lines = [replace(line, id=self._store.public_ids.public(line.id)) for line in found.lines]
        return Slice(lines, self._public(found.older), self._public(found.newer))

    async def progress(self, viewer: Account | Operator, public_id: str) -> BundleProgress | None:
        """How far one of the viewer's bundles has come; None for what is unknown, or another's."""
        id = await self._internal(public_id)
        found = None if id is None else await _had(self._store.listing.bundle(_whose(viewer), id))
        if found is None:
            return None
        return replace(found, line=replace(found.line, id=self._store.public_ids.public(found.line.id)))

    async def scheduled(self, account: Account, now: datetime, after: Place | None, limit: int) -> Scheduled:
        """Its single messages that wait for their time, the next first."""
        if after is not None:
            newest = await _had(self._store.newest_id())
            after = replace(after, id=self._store.public_ids.internal(after.id, newest) or 0)
        found = await _had(self._store.listing.scheduled(account.id, now, after, limit))
        later = found.later and replace(found.later, id=self._store.public_ids.public(found.later.id))
        return Scheduled([self._public_line(line) for line in found.lines], later)

    async def ledger(self, account: Account, keys: Keys) -> Slice[LedgerLine]:
        """The newest first. Entries bear public ids, too: theirs would tell how many everybody has."""
        newest = await _had(self._store.listing.newest_entry())
        asked = self._internal_keys(keys, newest)
        found = await _had(self._store.listing.ledger(account.id, asked))
        public = self._store.public_ids.public
        lines = [replace(line, id=public(line.id), origin=self._public(line.origin)) for line in found.lines]
        return Slice(lines, self._public(found.older), self._public(found.newer))

    def _internal_keys(self, keys: Keys, newest: int) -> Keys:
        def internal(public: int | None) -> int | None:
            # What was never given is older than all: there is nothing beside it to be shown.
            return None if public is None else self._store.public_ids.internal(public, newest) or 0

        return Keys(keys.limit, internal(keys.before), internal(keys.after))

    def _public_page(self, page: HistoryPage) -> HistoryPage:
        lines = [self._public_line(line) for line in page.lines]
        return HistoryPage(lines, self._public(page.older), self._public(page.newer), page.reached)

    def _public_line(self, line: HistoryLine) -> HistoryLine:
        return replace(
            line, id=self._store.public_ids.public(line.id), bundle_id=self._public(line.bundle_id)
        )

    def _public(self, id: int | None) -> int | None:
        return None if id is None else self._store.public_ids.public(id)

    async def traffic(
        self, viewer: Account | Operator, since: datetime, until: datetime, span: Span, zone: ZoneInfo
    ) -> list[Traffic]:
        """What an account's messages came to, or all accounts' together, by carrier, from `since` on and
        before `until`; a second or two old. By minute only for the last 30 days; days are those of `zone`."""
        account_id = viewer.id if isinstance(viewer, Account) else 0
        minutes = 1 if span is Span.MINUTE else 60
        found = await _had(self._store.traffic(TrafficQuery(account_id, since, until, minutes)))
        return by_day(found, zone) if span is Span.DAY else found

    async def numbers(self, viewer: Operator) -> list[Number]:
        """The first of those that phones may write to."""
        return await _had(self._store.inbox.numbers(NumberPage("", None, _NUMBERS)))

    async def _internal(self, public_id: str) -> int | None:
        return await _had(internal(self._store, public_id))


def _whose(viewer: Account | Operator) -> int | None:
    """The account whose rows the viewer may see; None: everybody's."""
    return viewer.id if isinstance(viewer, Account) else None
