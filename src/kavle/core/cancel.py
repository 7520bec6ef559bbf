"""Taking back what is time controlled, while it is not due: cancelled means never sent, and refunded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from kavle.clock import Clock
from kavle.core.ids import internal
from kavle.model.account import Account
from kavle.model.errors import Reason, Refusal
from kavle.store.errors import StoreUnavailable
from kavle.store.store import Store

PATIENCE: Final = 20.0
"""Seconds that a caller waits for a large bundle to be ended and refunded; it is cancelled in any case."""
_PAUSE: Final = 0.02


class Cancel:
    """Each verb raises `Refusal(PARAMETER)` for what is unknown, somebody else's, untimed, due or cancelled
    already: a caller can't tell these apart."""

    def __init__(self, store: Store, clock: Clock, expand: Callable[[], None]) -> None:
        """`expand` wakes whoever ends the messages of a bundle."""
        self._store = store
        self._clock = clock
        self._expand = expand

    async def sms(self, account: Account, public_id: str) -> None:
        """Also one message of a time-controlled bundle."""
        try:
            id = await internal(self._store, public_id)
            done = id is not None and await self._store.cancel(account.id, id, self._clock.now())
        except StoreUnavailable as error:
            raise Refusal(Reason.UNAVAILABLE, str(error)) from error
        if not done:
            raise Refusal(Reason.PARAMETER, "there is no such message to cancel")

    async def bundle(self, account: Account, public_id: str) -> None:
        """Returns when its messages are ended and refunded, or will be."""
        try:
            id = await internal(self._store, public_id)
            if id is None or not await self._store.cancel_bundle(account.id, id, self._clock.now()):
                raise Refusal(Reason.PARAMETER, "there is no such bundle to cancel")
        except StoreUnavailable as error:
            raise Refusal(Reason.UNAVAILABLE, str(error)) from error
        self._expand()
        await self._ended(id)

    async def _ended(self, id: int) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                while await self._store.cancelling(id):  # noqa: ASYNC110 -- it is in the database
                    await asyncio.sleep(_PAUSE)
        except (StoreUnavailable, TimeoutError):
            return  # what is flagged is ended sooner or later, and never sent
