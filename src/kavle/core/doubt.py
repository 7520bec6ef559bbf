"""Whether the clock is believed in what can't be undone: erasing, and waiting for a receipt no longer. One
that was set ahead, or stood ahead when the machine came up, is believed after a week if nobody mends it."""

from __future__ import annotations

from datetime import datetime

import msgspec
import structlog

from kavle.clock import Clock
from kavle.store.rows import from_ms
from kavle.store.store import Store

_log = structlog.get_logger("kavle.clock")


class ShowDoubt(msgspec.Struct, frozen=True, tag="doubt"):
    """Since when the clock is doubted."""


class Doubt:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def believed(self) -> datetime | None:
        """The time, if it is believed; to be asked hourly. Raises `StoreUnavailable`."""
        now = self._clock.now()
        doubted = await self._store.see(now)
        if doubted is None:
            return now
        _log.warning(
            "nothing is erased: the clock is more than a day ahead of when it was last looked at; mend it if"
            " it is wrong, else this is over a week after it began",
            since=from_ms(doubted).isoformat(),
        )
        return None

    async def since(self) -> datetime | None:
        """None: it is not doubted."""
        doubted = await self._store.doubted()
        return None if doubted is None else from_ms(doubted)
