"""Which time a database has seen last. One that is far ahead of it is doubted for a while: what is erased by
a wrong clock is gone when the clock is right again. Pure, and the same on every engine."""

from __future__ import annotations

from typing import Final, NamedTuple

FAR_MS: Final = 24 * 60 * 60 * 1000
"""From one look to the next, which come hourly."""
DOUBT_MS: Final = 7 * FAR_MS
"""So long somebody has to mend the clock."""


class Seen(NamedTuple):
    """In milliseconds."""

    at: int
    doubted: int | None  # since when; None: the clock is believed


def looked(before: Seen | None, now: int) -> Seen:
    """`before` is the last look; None: there was none."""
    if before is None or (before.doubted is not None and now < before.doubted):
        return Seen(now, None)  # it was set back: that it was ahead is over
    if now - before.at > FAR_MS:
        return Seen(now, now)
    over = before.doubted is not None and now - before.doubted >= DOUBT_MS
    return Seen(now, None if over else before.doubted)
