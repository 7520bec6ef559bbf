"""What the log says while the database is away: that it began, now and then that it lasts, and that it is
over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

from kavle.store.errors import StoreUnavailable


class Outage:
    """One for each who asks the store again and again. `began(error)` for each failure: the 1st, 2nd, 4th,
    8th … is logged; `over()` for each success, of which the first after a failure is."""

    def __init__(self, log: Any, what: str) -> None:
        """`what` can't be done meanwhile, as "nothing can be leased"."""
        self._log = log
        self._what = what
        self._times = 0

    def began(self, error: Exception, **fields: object) -> None:
        self._times += 1
        if not self._times & (self._times - 1):
            self._log.warning(self._what, error=str(error), times=self._times, **fields)

    def over(self) -> None:
        if self._times:
            self._log.info(f"over: {self._what}", times=self._times)
            self._times = 0


async def each(seconds: float, work: Callable[[], Awaitable[object]], outage: Outage) -> NoReturn:
    """`work()`, a rest of so many seconds, and again, for ever. What it could not do, as the store was away,
    the next one does."""
    while True:
        try:
            await work()
        except StoreUnavailable as error:
            outage.began(error)
        else:
            outage.over()
        await asyncio.sleep(seconds)
