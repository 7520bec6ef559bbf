"""How much went through, minute by minute: what charts are drawn of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from kavle.model.status import FAILED, Status

LOST: Final = FAILED - {Status.CANCELLED}
"""What counts as failed: its customer did not take it back."""


class Span(StrEnum):
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


class Traffic(msgspec.Struct, frozen=True):
    """Messages of one carrier within a span that begins `at`, each counted in the minute in which that became
    of it: so one accepted at 11:59 and delivered at 12:01 is in both hours."""

    at: datetime
    carrier: str | None  # None: to what leads nowhere
    accepted: int = 0
    sent: int = 0  # the network has all of it
    delivered: int = 0
    failed: int = 0


def by_day(hours: Iterable[Traffic], zone: ZoneInfo) -> list[Traffic]:
    """Days of that zone, from midnight to midnight, each by the time at which it begins."""
    days: dict[tuple[datetime, str | None], Traffic] = {}
    for one in hours:
        local = one.at.astimezone(zone)
        midnight = datetime(local.year, local.month, local.day, tzinfo=zone).astimezone(UTC)
        before = days.get((midnight, one.carrier), Traffic(midnight, one.carrier))
        days[midnight, one.carrier] = Traffic(
            midnight,
            one.carrier,
            before.accepted + one.accepted,
            before.sent + one.sent,
            before.delivered + one.delivered,
            before.failed + one.failed,
        )
    return list(days.values())
