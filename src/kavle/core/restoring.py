"""What comes before anything is sent from a database that may be a copy of what it was."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

import msgspec
import structlog

from kavle.clock import Clock
from kavle.core.outage import Outage
from kavle.model.errors import OperatorError
from kavle.store.errors import StoreUnavailable
from kavle.store.restoring import Restored
from kavle.store.store import Store

EVERY: Final = 1.0
"""Seconds between looks whether it has been confirmed."""

_log = structlog.get_logger("kavle.restoring")


class ShowRestored(msgspec.Struct, frozen=True, tag="restored"):
    pass


class ConfirmRestored(msgspec.Struct, frozen=True, tag="confirm restored"):
    pass


class RestoredView(msgspec.Struct, frozen=True):
    """What an operator is told of a copy."""

    why: str
    at: datetime
    until: datetime | None  # the newest that it knows of
    last_id: str  # public; the newest that it had given
    next_id: int  # the internal one behind which new ones go
    missing: int  # ids that are passed over: so many messages may be missing at most
    held: int  # messages that wait for a decision
    erasures: int = 0  # persons whose data are erased in it
    erased: datetime | None = None  # the last of them


class NothingRestored(OperatorError):
    """There is nothing to confirm."""

    def __init__(self) -> None:
        super().__init__("there is nothing to confirm: this database is no copy, or was confirmed before")


class Restoring:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def settle(self) -> bool:
        """Look whether this is a copy. Of one all that was not sent is held, parts of bundles too, before
        this returns. Whether an operator is to confirm it; raises `StoreUnavailable`."""
        store, now = self._store, self._clock.now()
        await store.restoring.recognise(now)
        while (restored := await store.restoring.state()) is not None and not restored.settled:
            while await store.advance(now):
                pass
            while await store.restoring.hold(now):
                pass
        return restored is not None

    async def confirmed(self) -> None:
        """Returns once it is."""
        outage = Outage(_log, "it can't be looked up whether the copy is confirmed")
        while True:
            try:
                if await self._store.restoring.state() is None:
                    _log.info("the copy is confirmed: links are bound")
                    return
            except StoreUnavailable as error:
                outage.began(error)
            else:
                outage.over()
            await asyncio.sleep(EVERY)

    async def show(self) -> RestoredView | None:
        found = await self._store.restoring.state()
        return None if found is None else await self._view(found)

    async def confirm(self) -> RestoredView:
        """Raises `NothingRestored`."""
        found = await self._store.restoring.confirm()
        if found is None:
            raise NothingRestored
        return await self._view(found)

    async def _view(self, one: Restored) -> RestoredView:
        last_id = str(self._store.public_ids.public(one.last_id)) if one.last_id else "-"
        held = sum((await self._store.held_counts()).values())
        missing = one.next_id - one.last_id
        known = await self._store.persons.erasures()
        return RestoredView(
            *(one.why, one.at, one.until, last_id, one.next_id, missing, held), known.count, known.last
        )
