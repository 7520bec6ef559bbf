"""What one turn of the event loop shares, in which a read is worked on: its time, what the journal is to
know of it, and the one flush at its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from kavle.clock import Clock
from kavle.simulator.journal import Entry, Journal


class Turn:
    """`flush` is called once at the end of every turn that was woken."""

    def __init__(self, clock: Clock, journal: Journal | None, flush: Callable[[], None]) -> None:
        self.journaled = journal is not None  # else no entry need be made
        self._clock = clock
        self._journal = journal
        self._flush = flush
        self._entries: list[Entry] = []
        self._due = False
        self._now: datetime | None = None

    def now(self) -> datetime:
        """One time for all that the turn brings."""
        if self._now is None:
            self._now = self._clock.now()
            self.wake()  # its end forgets it
        return self._now

    def note(self, entry: Entry) -> None:
        self._entries.append(entry)

    def write(self) -> None:
        """Returns when the journal has all that was noted."""
        if self._journal is not None and self._entries:
            self._journal.write(self._entries)
            self._entries.clear()

    def wake(self) -> None:
        """Something may be there to be written or waited for."""
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self._end)

    def _end(self) -> None:
        self._due = False
        self._flush()
        self._now = None
