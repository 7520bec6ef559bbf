"""The verbs behind the SMS web service's operations."""

from __future__ import annotations

from typing import Final

from kavle.core.accept import Accept
from kavle.core.bundle_order import BundleOrder
from kavle.core.cancel import Cancel
from kavle.core.order import SmsOrder
from kavle.core.queries import Queries
from kavle.model.account import Account
from kavle.model.description import describe
from kavle.model.errors import Reason, Refusal
from kavle.model.money import format_balance
from kavle.north.asmx import Arguments, Listed, Records
from kavle.north.auth import Authenticator
from kavle.north.guesses import Guesses
from kavle.north.settings import Locale

SMS_STATUS: Final = Records("SmsStatus", ("smsID", "status"))


class SmsDesk:
    """Each verb raises `Refusal`."""

    def __init__(
        self,
        accept: Accept,
        cancel: Cancel,
        queries: Queries,
        authenticator: Authenticator,
        guesses: Guesses,
        locale: Locale,
    ) -> None:
        self._accept = accept
        self._cancel = cancel
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

    async def sms_at(self, call: Arguments) -> str:
        account, call = await self._enter(call)
        return str(await self._accept.sms(account, _order(call, at=call.need("sendat"))))

    async def sms_bundle(self, call: Arguments) -> str:
        account, call = await self._enter(call)
        return str(await self._accept.bundle(account, _bundle(call)))

    async def sms_bundle_at(self, call: Arguments) -> str:
        account, call = await self._enter(call)
        return str(await self._accept.bundle(account, _bundle(call, at=call.need("sendat"))))

    async def cancel_sms(self, call: Arguments) -> str:
        account, call = await self._enter(call)
        await self._cancel.sms(account, call.need("smsid"))
        return "0"

    async def cancel_bundle(self, call: Arguments) -> str:
        account, call = await self._enter(call)
        await self._cancel.bundle(account, call.need("bundleid"))
        return "0"

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

    async def status_bundle(self, call: Arguments) -> Listed:
        rows = await self._guesses.look(self._queries.bundle, call.need("bundleid"), call.caller)
        return Listed(SMS_STATUS, rows or ())

    async def tidpunkt(self, call: Arguments) -> str:
        due = await self._guesses.look(self._queries.due, call.need("id"), call.caller)
        return "0" if due is None else f"{due.astimezone(self._locale.zone):%Y-%m-%d %H:%M:%S}"

    async def _enter(self, call: Arguments) -> tuple[Account, Arguments]:
        """Who calls, and the call as that account's charset reads it."""
        account = await self._authenticator.log_in(call.get("konto"), call.get("passwd"), call.caller)
        if call.reread is not None:
            call = await call.read_as(account.settings.charset)
        return account, call


def _order(call: Arguments, *, flash: bool = False, at: str | None = None) -> SmsOrder:
    return SmsOrder(
        recipient=call.need("till"),
        sender=call.get("from") or "",
        text=call.need("meddelande"),
        priority=call.get("prio") or "",
        flash=flash,
        at=at,
    )


def _bundle(call: Arguments, *, at: str | None = None) -> BundleOrder:
    return BundleOrder(
        recipients=call.need("till"),
        sender=call.get("from") or "",
        text=call.need("meddelande"),
        priority=call.get("prio") or "",
        at=at,
    )
