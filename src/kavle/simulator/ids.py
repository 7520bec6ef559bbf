"""The network's names for messages."""

from __future__ import annotations

from datetime import datetime
from enum import Enum


class IdFormat(Enum):
    HEX = "hex"
    DECIMAL = "decimal"


class MessageIds:
    """Numbers that start at the microsecond of `born` and rise by one. Time runs faster than any network
    hands them out, so one that is started later never gives an id again."""

    def __init__(self, born: datetime, form: IdFormat) -> None:
        self._next = int(born.timestamp() * 1_000_000)
        self._spec = "x" if form is IdFormat.HEX else "d"

    def take(self) -> str:
        taken = self._next
        self._next += 1
        return format(taken, self._spec)
