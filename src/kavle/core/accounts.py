"""What the operator does with accounts."""

from __future__ import annotations

import msgspec

from kavle.clock import Clock
from kavle.model.account import Account, check_account_name
from kavle.store.store import Store
from kavle.store.types import AccountLine, NewAccount, TopUp


class AccountError(Exception):
    """The text says what is wrong and what to do."""


class CreateAccount(msgspec.Struct, frozen=True, tag="create"):
    name: str
    password_hash: str
    credits: int  # ten-thousandths of a credit


class TopUpAccount(msgspec.Struct, frozen=True, tag="topup"):
    name: str
    amount: int


class ListAccounts(msgspec.Struct, frozen=True, tag="list"):
    pass


Command = CreateAccount | TopUpAccount | ListAccounts


class Accounts:
    """Each verb raises `AccountError` for what the operator can mend."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(self, command: CreateAccount) -> Account:
        try:
            check_account_name(command.name)
        except ValueError as error:
            raise AccountError(str(error)) from error
        new = NewAccount(command.name, command.password_hash, command.credits, self._clock.now())
        account = await self._store.create_account(new)
        if account is None:
            raise AccountError(f"there is an account named {command.name} already")
        return account

    async def top_up(self, command: TopUpAccount) -> int:
        """The balance after."""
        balance = await self._store.top_up(TopUp(command.name, command.amount, self._clock.now()))
        if balance is None:
            raise AccountError(f"there is no account named {command.name}; `kavle account list` shows all")
        return balance

    async def list(self) -> list[AccountLine]:
        return await self._store.accounts()
