"""How far this node's clock is from the database's. Leases end by nodes' clocks, so a node whose clock is
wrong would end others' early, or its own late."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from kavle.clock import Clock
from kavle.store.postgres.rows import Db

MOST: Final = timedelta(seconds=1)


async def offset(db: Db, clock: Clock) -> timedelta:
    """This node's time less the database's: the least that it can be, the answer having been under way."""
    before = clock.now()
    there: datetime = await db.fetchval("SELECT clock_timestamp()")
    after = clock.now()
    if there < before:
        return before - there
    return after - there if there > after else timedelta(0)


def complaint(off: timedelta) -> str | None:
    if abs(off) <= MOST:
        return None
    where = "ahead of" if off > timedelta(0) else "behind"
    seconds = abs(off).total_seconds()
    return (
        f"this node's clock is {seconds:.1f} s {where} the database's: it leases nothing until that is mended"
    )
