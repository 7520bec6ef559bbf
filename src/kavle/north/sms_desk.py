"""The verbs behind the SMS web service's operations."""

from __future__ import annotations

from kavle.core.accept import Accept
from kavle.core.order import SmsOrder
from kavle.core.queries import Queries
from kavle.model.account import Account
from kavle.model.description import describe
from kavle.model.errors import Reason, Refusal
from kavle.model.money import format_balance
from kavle.north.asmx import Arguments
from kavle.north.auth import Authenticator
from kavle.north.guesses import Guesses
from kavle.north.settings import Locale


class SmsDesk:
    """Each verb raises `Refusal`."""

    def __init__(
        self,
        accept: Accept,
        queries: Queries,
        authenticator: Authenticator,
        guesses: Guesses,
        locale: Locale,
    ) -> None:
        self._accept = accept
        self._queries = queries
        self._authenticator = authenticator
        self._guesses = guesses
        self._locale = locale

    # Sending

    async def sms(self, call: Arguments) -> str:
        account, call = await self._enter(call)
        return str(await self._accept.sms(account, _order(call)))

    async def flash_sms(self, call: Arguments) -> str:
        account, call = await self._enter(call)
        return str(await self._accept.sms(account, _order(call, flash=True)))

    # Asking

    async def balans(self, call: Arguments) -> str:
        account, _ = await self._enter(call)
        return format_balance(await self._queries.balance(account), account.settings.balance)

    async def beskrivning(self, call: Arguments) -> str:
        return describe(call.need("id"), self._locale.language)

    async def status(self, call: Arguments) -> str:
        status = await self._guesses.look(self._queries.status, call.need("id"), call.caller)
        if status is None:
            raise Refusal(Reason.PARAMETER, "the id is unknown")
        return str(status.value)

    async def _enter(self, call: Arguments) -> tuple[Account, Arguments]:
        """Who calls, and the call as that account's charset reads it."""
        account = await self._authenticator.log_in(call.get("konto"), call.get("passwd"), call.caller)
        return account, await call.read_as(account.settings.charset)


def _order(call: Arguments, *, flash: bool = False) -> SmsOrder:
    return SmsOrder(
        recipient=call.need("till"),
        sender=call.get("from") or "",
        text=call.need("meddelande"),
        priority=call.get("prio") or "",
        flash=flash,
    )
