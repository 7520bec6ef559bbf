"""What lower priorities are owed of what a carrier takes, so that none of them starves: pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from kavle.model.message import Priority

SHARE: Final = 0.1
"""Of what higher priorities get: so much a lower one is to get beside them, if it waits."""
_LONGEST: Final = 10.0
"""Segments that a priority may have had too many, when a message of its was longer than what it was owed."""

_LOWER: Final = (Priority.NORMAL, Priority.BULK)


class Shares:
    """An account for each lower priority, in segments: what goes to those above it is credited by `SHARE`,
    what it gets itself is debited. Of which none waits is owed nothing."""

    def __init__(self) -> None:
        self._credits = {int(priority): 0.0 for priority in _LOWER}

    def owed(self) -> dict[int, int]:
        """Whole segments, by priority."""
        return {priority: int(credit) for priority, credit in self._credits.items() if credit >= 1}

    def took(self, taken: Mapping[int, int], empty: Collection[int]) -> None:
        """So many segments of each priority were taken; of those that are `empty` no other waits."""
        for priority, credit in self._credits.items():
            above = sum(count for other, count in taken.items() if other > priority)
            left = max(-_LONGEST, credit + SHARE * above - taken.get(priority, 0))
            self._credits[priority] = 0.0 if priority in empty else left
