"""What the operator does with the numbers that phones write to, and with stop lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from kavle.clock import Clock
from kavle.model.account import Account
from kavle.model.callback_url import callback_host, check_callback_url
from kavle.model.errors import OperatorError
from kavle.model.msisdn import parse_msisdn
from kavle.model.number import Number, NumberSettings, check_msisdn
from kavle.store.inbox import NewNumber, NumberChange, NumberPage, StopChange, StopLine, StopPage
from kavle.store.store import Store

PAGE: Final = 200


class AddNumber(msgspec.Struct, frozen=True, tag="add number"):
    msisdn: str
    account: str
    settings: NumberSettings


class ChangeNumber(msgspec.Struct, frozen=True, tag="change number"):
    """What is not given stays: `given` has names and values of `NumberSettings`."""

    msisdn: str
    account: str | None
    given: dict[str, Any]
    customer: str | None = None  # the account who changes it himself, for which it must be his


class RemoveNumber(msgspec.Struct, frozen=True, tag="remove number"):
    msisdn: str


class ListNumbers(msgspec.Struct, frozen=True, tag="numbers"):
    """At most `PAGE` of them: those behind this one."""

    after: str = ""
    account: str | None = None  # its alone


class ChangeStopList(msgspec.Struct, frozen=True, tag="stop"):
    account: str
    recipient: str
    listed: bool  # it is to be on it


class ListStops(msgspec.Struct, frozen=True, tag="stops"):
    """At most `PAGE` of them: those behind this one."""

    account: str
    after: str = ""


NumberCommand = AddNumber | ChangeNumber | RemoveNumber | ListNumbers
StopCommand = ChangeStopList | ListStops


class Numbers:
    """Each verb raises `OperatorError` for what the operator can mend."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def add(self, command: AddNumber) -> Number:
        msisdn = _checked(command.msisdn)
        account = await account_named(self._store, command.account)
        host = _host(command.settings)
        new = NewNumber(msisdn, account.id, host, command.settings, self._clock.now())
        if not await self._store.inbox.add_number(new):
            owner = await self._store.inbox.number(msisdn)
            raise OperatorError(
                "the number {number} is account {name}'s already; `kavle number change` changes what it does",
                number=msisdn,
                name=owner.account if owner else "?",
            )
        return Number(msisdn, account.id, account.name, command.settings)

    async def change(self, command: ChangeNumber) -> Number:
        """The number as it is after."""
        number = await self._find(command.msisdn)
        owner = None if command.customer is None else number.account_id
        if command.customer not in (None, number.account):
            raise _unknown(command.msisdn)
        account_id, account = number.account_id, number.account
        if command.account is not None:
            found = await account_named(self._store, command.account)
            account_id, account = found.id, found.name
        settings = _with(number.settings, command.given)
        settings = replace(settings, by_customer=_by_customer(number.settings, settings, owner is not None))
        change = NumberChange(number.msisdn, account_id, _host(settings), settings, owner)
        if not await self._store.inbox.change_number(change):
            raise _unknown(number.msisdn)
        return Number(number.msisdn, account_id, account, settings)

    async def remove(self, command: RemoveNumber) -> None:
        if not await self._store.inbox.remove_number(command.msisdn):
            raise _unknown(command.msisdn)

    async def list(self, command: ListNumbers) -> list[Number]:
        account_id = None
        if command.account is not None:
            account_id = (await account_named(self._store, command.account)).id
        return await self._store.inbox.numbers(NumberPage(command.after, account_id, PAGE))

    async def _find(self, msisdn: str) -> Number:
        number = await self._store.inbox.number(msisdn)
        if number is None:
            raise _unknown(msisdn)
        return number


class StopLists:
    """As `Numbers`."""

    def __init__(self, store: Store, clock: Clock, region: str) -> None:
        """`region`: of recipients in national form."""
        self._store = store
        self._clock = clock
        self._region = region

    async def change(self, command: ChangeStopList) -> str:
        """The recipient, as it stands on the list or no longer does."""
        account = await account_named(self._store, command.account)
        try:
            msisdn = parse_msisdn(command.recipient, account.settings.region or self._region)
        except ValueError as error:
            raise OperatorError("{text}: {why}", text=repr(command.recipient[:40]), why=error) from error
        change = StopChange(account.id, msisdn, self._clock.now())
        inbox = self._store.inbox
        if not await (inbox.stop(change) if command.listed else inbox.unstop(change)):
            who = {"number": msisdn, "name": account.name}
            if command.listed:
                raise OperatorError("{number} is already on the stop list of account {name}", **who)
            raise OperatorError("{number} is not on the stop list of account {name}", **who)
        return msisdn

    async def list(self, command: ListStops) -> list[StopLine]:
        account = await account_named(self._store, command.account)
        return await self._store.inbox.stops(StopPage(account.id, command.after, PAGE))


async def account_named(store: Store, name: str) -> Account:
    """Raises `OperatorError` where there is none."""
    account = await store.account(name)
    if account is None:
        raise OperatorError("there is no account named {name}; `kavle account list` shows all", name=name)
    return account


def _checked(msisdn: str) -> str:
    try:
        return check_msisdn(msisdn)
    except ValueError as error:
        raise OperatorError.of(error) from error


def _by_customer(before: NumberSettings, after: NumberSettings, customer: bool) -> bool:
    """Whoever set an address last answers for where it leads; the customer does while one of them is his."""
    changed = [name for name, url in after.addresses.items() if before.addresses.get(name) != url]
    if customer:
        return before.by_customer or bool(changed)
    return before.by_customer and len(changed) < len(after.addresses)


def _host(settings: NumberSettings) -> str:
    try:
        for url in settings.addresses.values():
            check_callback_url(url)
        return callback_host(check_callback_url(settings.callback))
    except ValueError as error:
        raise OperatorError.of(error) from error


def _with(settings: NumberSettings, given: Mapping[str, Any]) -> NumberSettings:
    try:
        return msgspec.convert(msgspec.to_builtins(settings) | dict(given), NumberSettings)
    except msgspec.ValidationError as error:
        raise OperatorError("{why}", why=str(error)) from error


def _unknown(msisdn: str) -> OperatorError:
    return OperatorError("there is no number {number}; `kavle number list` shows all", number=msisdn[:40])
