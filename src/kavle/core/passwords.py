"""A customer's own passwords, as he changes them himself."""

from __future__ import annotations

from kavle.core.accounts import AccountError, Accounts, SetPassword, SetPortalPassword
from kavle.model.account import Account
from kavle.model.errors import Reason, Refusal
from kavle.store.errors import StoreUnavailable


class Passwords:
    """Each verb raises `Refusal`. Who asks has shown the password that is in force."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def set_for_programs(self, account: Account, password_hash: str) -> None:
        """By which the interfaces are called."""
        await self._set(SetPassword(account.name, password_hash))

    async def set_for_portal(self, account: Account, password_hash: str) -> None:
        """By which the pages are entered; from now on the other does not."""
        await self._set(SetPortalPassword(account.name, password_hash))

    async def _set(self, command: SetPassword | SetPortalPassword) -> None:
        try:
            if isinstance(command, SetPassword):
                await self._accounts.set_password(command)
            else:
                await self._accounts.set_portal_password(command)
        except StoreUnavailable as error:
            raise Refusal(Reason.UNAVAILABLE, str(error)) from error
        except AccountError as error:
            raise Refusal(Reason.CREDENTIALS, str(error)) from error
