"""What lower priorities are owed of what a carrier takes, so that none of them starves: pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kavle.model.message import Priority

SHARE: Final = 0.1
"""Of what higher priorities get: so much a lower one is to get beside them, if it waits."""
_LONGEST: Final = 10.0
"""Segments that a priority may have had too many, when a message of its was longer than what it was owed."""

_LOWER: Final = (Priority.NORMAL, Priority.BULK)


class Shares:
    """An account for each lower priority, in segments: what goes to those above it is credited by `SHARE`,
    what it gets itself is debited. Whose queue is found empty is owed nothing."""

    def __init__(self) -> None:
        self._credits = {int(priority): 0.0 for priority in _LOWER}

    def owed(self) -> dict[int, int]:
        """Whole segments, by priority."""
        return {priority: int(credit) for priority, credit in self._credits.items() if credit >= 1}

    def leased(self, taken: Mapping[int, int], asked: Mapping[int, int]) -> None:
        """`taken` segments of each priority by a lease that `asked` for what is owed, with room for it."""
        for priority, credit in self._credits.items():
            got = taken.get(priority, 0)
            if not got and priority in asked:
                self._credits[priority] = 0.0
                continue
            above = sum(count for other, count in taken.items() if other > priority)
            self._credits[priority] = max(-_LONGEST, credit + SHARE * above - got)
