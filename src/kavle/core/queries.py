"""What can be asked. Every query names the viewer it answers."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from kavle.core.ids import internal
from kavle.model.account import Account, Operator, Viewer
from kavle.model.errors import Reason, Refusal
from kavle.model.status import Status
from kavle.store.errors import StoreUnavailable
from kavle.store.store import Store
from kavle.store.types import AccountLine, Story

T = TypeVar("T")


class Queries:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def account(self, name: str) -> Account | None:
        """For authentication."""
        return await _had(self._store.account(name))

    async def accounts(self, viewer: Operator) -> list[AccountLine]:
        return await _had(self._store.accounts())

    async def balance(self, account: Account) -> int:
        """In ten-thousandths of a credit."""
        return await _had(self._store.balance(account.id))

    async def status(self, viewer: Viewer, public_id: str) -> Status | None:
        """The latest known status by public id; None for an id that was never given. The manual asks no
        password for it, so that any viewer may."""
        message_id = await self._internal(public_id)
        return None if message_id is None else await _had(self._store.status(message_id))

    async def story(self, viewer: Operator, public_id: str) -> Story | None:
        """All statuses that a message has had, with their times."""
        message_id = await self._internal(public_id)
        return None if message_id is None else await _had(self._store.story(message_id))

    async def _internal(self, public_id: str) -> int | None:
        return await _had(internal(self._store, public_id))


async def _had(read: Awaitable[T]) -> T:
    """Raises `Refusal` when the database can't be read now."""
    try:
        return await read
    except StoreUnavailable as error:
        raise Refusal(Reason.UNAVAILABLE, str(error)) from error
