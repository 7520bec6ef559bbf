"""The SMS web service as a table: every operation is a row, and the dispatcher and the WSDL read the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final

import msgspec

from kavle.clock import Clock
from kavle.core.accept import Accept
from kavle.core.order import SmsOrder
from kavle.core.queries import Queries
from kavle.model.account import Account, Anyone
from kavle.model.errors import Reason, Refusal
from kavle.model.money import format_balance
from kavle.model.status import Status
from kavle.north.auth import Authenticator
from kavle.north.caller import Caller
from kavle.north.throttle import Throttle, network_of

_SPELLINGS: Final = (
    ("konto", "acc"),
    ("passwd", "pass"),
    ("till", "to"),
    ("meddelande", "msg"),
    ("id", "smsid", "bundleid", "mmsid"),
)
"""Clients use one operation's spelling for another's parameter."""

_ALSO: Final = {name: names for names in _SPELLINGS for name in names}


class Arguments(msgspec.Struct, frozen=True):
    """What a call gave: texts by parameter name in lower case, and who calls."""

    given: Mapping[str, str]
    caller: Caller

    def get(self, name: str) -> str | None:
        """By the manual's name in lower case, or another that clients use; None where it is absent."""
        if (value := self.given.get(name)) is not None:
            return value
        return next((self.given[also] for also in _ALSO.get(name, ()) if also in self.given), None)

    def need(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise Refusal(Reason.PARAMETER, f"{name} is missing")
        return value


class Operation(msgspec.Struct, frozen=True):
    """`parameters` are spelled as the manual does; `answer` raises Refusal for what has a status code."""

    name: str
    parameters: tuple[str, ...]
    summary: str
    answer: Callable[[Arguments], Awaitable[str]]


class Service(msgspec.Struct, frozen=True):
    """A web service: its name is the prefix of its ports and bindings in the WSDL."""

    name: str
    operations: tuple[Operation, ...]


def sms_service(accept: Accept, queries: Queries, authenticator: Authenticator, clock: Clock) -> Service:
    """The operations of the manual's SMS web service, in its order."""
    desk = _Desk(accept, queries, authenticator, clock)
    sms = ("konto", "passwd", "till", "from", "meddelande", "prio")
    return Service(
        "sendSms",
        (
            Operation("balans", ("Konto", "Passwd"), "The account's balance.", desk.balans),
            Operation("sms", sms, "Sends an SMS. Answers its id, or a status code below 1000.", desk.sms),
            Operation("status", ("id",), "The latest known status of an SMS.", desk.status),
        ),
    )


class _Desk:
    """The verbs behind the rows."""

    def __init__(self, accept: Accept, queries: Queries, authenticator: Authenticator, clock: Clock) -> None:
        self._accept = accept
        self._queries = queries
        self._authenticator = authenticator
        self._clock = clock
        self._guesses = Throttle(limit=100, window=timedelta(minutes=1))

    async def sms(self, call: Arguments) -> str:
        account = await self._account(call)
        order = SmsOrder(
            recipient=call.need("till"),
            sender=call.get("from") or "",
            text=call.need("meddelande"),
            priority=call.get("prio") or "",
        )
        return str(await self._accept.sms(account, order))

    async def balans(self, call: Arguments) -> str:
        return format_balance(await self._queries.balance(await self._account(call)))

    async def status(self, call: Arguments) -> str:
        """Needs no password by the manual, so that ids must not be found by trying: who has asked for too
        many that are unknown is told that all are."""
        now = self._clock.now()
        if self._guesses.full(network_of(call.caller.address), now):
            raise Refusal(Reason.PARAMETER, "too many unknown ids from this address")
        status = await self._queries.status(Anyone(), call.need("id").strip())
        if status is None:
            self._guesses.add(network_of(call.caller.address), now)
            raise Refusal(Reason.PARAMETER, "the id is unknown")
        return _code(status)

    async def _account(self, call: Arguments) -> Account:
        return await self._authenticator.log_in(call.get("konto"), call.get("passwd"), call.caller)


def _code(status: Status) -> str:
    return str(status.value)
