"""What customers do on their pages beside sending: each verb names the account, and touches what is its own
alone. Changes go over the operators' desk, so that each has its line in the audit log, and are bounded: it
is kept for years."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from kavle.clock import Clock
from kavle.core.accounts import SetPassword, SetPortalPassword
from kavle.core.allowance import Changes
from kavle.core.caller import Answer, Caller
from kavle.core.desk import Command, Desk
from kavle.core.inbox import Inbox, IncomingMessage, IncomingWhole, ListIncoming, ReplayIncoming, ShowIncoming
from kavle.core.numbers import ChangeNumber, ChangeStopList
from kavle.core.reading import had
from kavle.core.reply import Reply
from kavle.model.account import Account, Operator
from kavle.model.callback import CallbackLease, LeasedCallback
from kavle.model.callback_url import callback_host
from kavle.model.errors import OperatorError
from kavle.model.number import Number
from kavle.model.operator import CUSTOMER
from kavle.model.why import why
from kavle.store.inbox import NumberPage, StopLine, StopPage
from kavle.store.store import Store

TEST_ID: Final = 1
"""Below all ids that are given out, and true in the languages where 0 is not."""
TEST_SENDER: Final = "46701740605"
"""Of the series that is kept for fiction."""
PATIENCE: Final = 10.0
"""Seconds that somebody waits before a page for the answer to a test call."""
EXCERPT: Final = 300
"""Characters of a text in a list."""


class Portal:
    """Each verb raises `Refusal` UNAVAILABLE where the database can't be had, and `OperatorError` for what
    the customer can mend."""

    def __init__(self, store: Store, clock: Clock, desk: Desk, caller: Caller) -> None:
        self._store = store
        self._clock = clock
        self._desk = desk
        self._caller = caller
        self._inbox = Inbox(store, clock)
        self._changes = Changes()

    # --- passwords, of which the one in force has been shown --------------------------------------------

    async def set_for_programs(self, account: Account, password_hash: str) -> None:
        """By which the interfaces are called."""
        await self._ask(account, SetPassword(account.name, password_hash))

    async def set_for_portal(self, account: Account, password_hash: str) -> None:
        """By which the pages are entered; from now on the other does not."""
        await self._ask(account, SetPortalPassword(account.name, password_hash))

    # --- messages from phones ---------------------------------------------------------------------------

    async def incoming(
        self, account: Account, limit: int, before: str = "", number: str = "", *, failed: bool = False
    ) -> list[IncomingMessage]:
        """Some of them, the newest first; `number`: to this one alone. Raises `OperatorError` where there is
        none before which they are to be."""
        wanted = ListIncoming(
            account.name, number or None, failed=failed, before=before, limit=limit, characters=EXCERPT
        )
        return await had(self._inbox.page(wanted))

    async def message(self, account: Account, id: str) -> IncomingWhole | None:
        """With the calls that were made for it; None for what is unknown, or another's."""
        try:
            whole = await had(self._inbox.show(ShowIncoming(id)))
        except OperatorError:
            return None
        return whole if whole.message.account == account.name else None

    async def replay(self, account: Account, id: str) -> bool | None:
        """Call the customer anew for one of his messages; False where its number is no longer his, None where
        the message is none of his."""
        if await self.message(account, id) is None:
            return None
        return bool((await self._ask(account, ReplayIncoming((id,)))).done)

    # --- numbers ----------------------------------------------------------------------------------------

    async def numbers(self, account: Account, after: str, limit: int) -> list[Number]:
        return await had(self._store.inbox.numbers(NumberPage(after, account.id, limit)))

    async def number(self, account: Account, msisdn: str) -> Number | None:
        """None for what is nobody's, or another's."""
        number = await had(self._store.inbox.number(msisdn))
        return number if number and number.account_id == account.id else None

    async def change_number(self, account: Account, msisdn: str, given: dict[str, Any]) -> None:
        await self._ask(account, ChangeNumber(msisdn, None, given, customer=account.name))

    async def test_call(self, account: Account, msisdn: str, text: str) -> Answer | None:
        """Call a number's address as if a phone had written `text`; None where it is none of his. Nothing
        is kept of it."""
        number = await self.number(account, msisdn)
        if number is None:
            return None
        call = LeasedCallback(
            CallbackLease(TEST_ID, token=0, number=1, round=1),
            account.id,
            callback_host(number.settings.callback),
            TEST_SENDER,
            text,
            msisdn,
            self._clock.now(),
            number.settings,
        )
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._caller.call(call, TEST_ID)
        except TimeoutError:
            return Answer(False, error=why("no whole answer within {seconds} s", seconds=f"{PATIENCE:g}"))

    # --- the stop list ----------------------------------------------------------------------------------

    async def stops(self, account: Account, after: str, limit: int) -> list[StopLine]:
        return await had(self._store.inbox.stops(StopPage(account.id, after, limit)))

    async def change_stop_list(self, account: Account, recipient: str, *, listed: bool) -> str:
        """The recipient, as it stands on the list or no longer does."""
        reply = await self._ask(account, ChangeStopList(account.name, recipient, listed))
        return reply.recipient or recipient

    async def _ask(self, account: Account, command: Command) -> Reply:
        self._changes.take(account, self._clock.now())
        return await self._desk.ask(Operator(CUSTOMER + account.name, "admin"), command)
