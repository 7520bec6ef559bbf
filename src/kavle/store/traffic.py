"""Counts on their way into charts: what is alike on every engine."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from kavle.model.status import Status
from kavle.model.traffic import LOST, Traffic
from kavle.store.rows import from_ms

MINUTE: Final = 60_000  # ms
MINUTES_KEPT: Final = timedelta(days=30)
"""So long are counts kept by minute; those by hour for good."""

LOST_CODES: Final = ", ".join(str(int(status)) for status in sorted(LOST))
TOLD: Final = f"{int(Status.IN_NETWORK)}, {int(Status.DELIVERED)}, {LOST_CODES}"
"""Statuses that are counted when a message gets them."""


def lines(rows: Iterable[Any]) -> list[Traffic]:
    """at, carrier's name, and the four counts each."""
    return [Traffic(from_ms(at), carrier, *counts) for at, carrier, *counts in rows]
