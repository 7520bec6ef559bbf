"""Whether another process still answers, by turns of our own and not by a clock: where we stood still
ourselves, with it or alone (a machine that slept, a busy one, a debugger), that was one turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

STILL: Final = 30
"""Turns without an answer. A loop that does its work answers within one."""


class Pulse:
    """`turn()` again and again, with a rest that is always the same. `beat` asks the other process for
    nothing but an answer."""

    def __init__(self, beat: Callable[[], asyncio.Future[None]]) -> None:
        self._beat = beat
        self._asked: asyncio.Future[None] | None = None
        self._missed = 0

    def turn(self) -> bool:
        """Whether it stands still; said once. That it is gone, others notice."""
        if self._asked is None or self._asked.done():
            self._asked, self._missed = self._beat(), 0
            self._asked.add_done_callback(_seen)
            return False
        self._missed += 1
        return self._missed == STILL


def _seen(asked: asyncio.Future[None]) -> None:
    """An error, too, is an answer."""
    if not asked.cancelled():
        asked.exception()
