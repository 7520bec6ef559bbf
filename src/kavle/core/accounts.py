"""What the operator does with accounts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from kavle.clock import Clock
from kavle.model.account import Account, AccountSettings, check_account_name
from kavle.model.account_change import changed
from kavle.model.errors import OperatorError
from kavle.model.money import format_balance
from kavle.store.store import Store
from kavle.store.types import AccountChange, AccountLine, AccountPage, NewAccount, TopUp


class AccountError(OperatorError):
    """Of an account."""


class CreateAccount(msgspec.Struct, frozen=True, tag="create"):
    name: str
    password_hash: str
    credits: int  # ten-thousandths of a credit


class TopUpAccount(msgspec.Struct, frozen=True, tag="topup"):
    name: str
    amount: int


class CorrectAccount(msgspec.Struct, frozen=True, tag="correct"):
    """Downwards: by what was given too much."""

    name: str
    amount: int  # more than 0


class ChangeAccount(msgspec.Struct, frozen=True, tag="change"):
    """Settings as an operator writes them (`kavle.model.account_change`)."""

    name: str
    given: dict[str, str]


class AdmitAccount(msgspec.Struct, frozen=True, tag="admit"):
    """Whether the account may log in."""

    name: str
    admitted: bool


class SetPassword(msgspec.Struct, frozen=True, tag="password"):
    name: str
    password_hash: str


class SetPortalPassword(msgspec.Struct, frozen=True, tag="portal-password"):
    """Of the pages alone; an empty hash: they are entered by the other password again."""

    name: str
    password_hash: str


class ShowAccount(msgspec.Struct, frozen=True, tag="show"):
    name: str


class ListAccounts(msgspec.Struct, frozen=True, tag="list"):
    pass


Command = (
    CreateAccount
    | TopUpAccount
    | CorrectAccount
    | ChangeAccount
    | AdmitAccount
    | SetPassword
    | SetPortalPassword
    | ShowAccount
    | ListAccounts
)


class Accounts:
    """Each verb raises `AccountError` for what the operator can mend."""

    def __init__(
        self, store: Store, clock: Clock, changed: Callable[[str], None] = lambda name: None
    ) -> None:
        """`changed` is told of each account that is not what it was: whoever remembers it is to forget it."""
        self._store = store
        self._clock = clock
        self._changed = changed
        self._changing = asyncio.Lock()  # settings are read, changed and written whole

    async def create(self, command: CreateAccount) -> Account:
        try:
            check_account_name(command.name)
        except ValueError as error:
            raise AccountError.of(error) from error
        new = NewAccount(command.name, command.password_hash, command.credits, self._clock.now())
        account = await self._store.create_account(new)
        if account is None:
            raise AccountError("there is an account named {name} already", name=command.name)
        return account

    async def top_up(self, command: TopUpAccount) -> int:
        """The balance after."""
        balance = await self._store.top_up(TopUp(command.name, command.amount, self._clock.now()))
        if balance is None:
            raise _unknown(command.name)
        return balance

    async def correct(self, command: CorrectAccount) -> int:
        """The balance after, which is never below 0."""
        one = TopUp(command.name, -command.amount, self._clock.now())
        balance = await self._store.correct(one)
        if balance is None:
            has = format_balance((await self.show(command.name)).balance)
            raise AccountError(
                "account {name} has {credits} credits; take so much at most", name=command.name, credits=has
            )
        return balance

    async def change(self, command: ChangeAccount) -> AccountLine:
        """The account as it is after."""
        return await self._change(command.name, lambda settings: changed(settings, command.given))

    async def admit(self, command: AdmitAccount) -> None:
        disabled = not command.admitted
        await self._change(command.name, lambda settings: replace(settings, disabled=disabled))

    async def set_password(self, command: SetPassword) -> None:
        await self._store_change(AccountChange(command.name, password_hash=command.password_hash))

    async def set_portal_password(self, command: SetPortalPassword) -> None:
        await self._store_change(AccountChange(command.name, portal_hash=command.password_hash))

    async def show(self, name: str) -> AccountLine:
        lines = await self._store.listing.accounts(AccountPage(1, since=name))
        if not lines or lines[0].name != name:
            raise _unknown(name)
        return lines[0]

    async def list(self) -> list[AccountLine]:
        return await self._store.accounts()

    async def _change(self, name: str, change: Callable[[AccountSettings], AccountSettings]) -> AccountLine:
        async with self._changing:
            account = await self._store.account(name)
            if account is None:
                raise _unknown(name)
            try:
                settings = change(account.settings)
            except ValueError as error:
                raise AccountError.of(error) from error
            await self._store_change(AccountChange(name, settings=settings))
        return await self.show(name)

    async def _store_change(self, change: AccountChange) -> None:
        try:
            account = await self._store.change_account(change)
        finally:
            self._changed(change.name)  # it may have been stored even where nobody can say so
        if account is None:
            raise _unknown(change.name)


def _unknown(name: str) -> AccountError:
    return AccountError("there is no account named {name}; `kavle account list` shows all", name=name)
