"""Counts over time as lines to be drawn: pure geometry, in the units of the drawing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from kavle.model.traffic import Span, Traffic

WIDTH: Final = 720
HEIGHT: Final = 220
LEFT: Final = 56  # for the figures beside it
BOTTOM: Final = 24  # for the times below
TOP: Final = 10

SLOTS: Final = {Span.MINUTE: 60, Span.HOUR: 48, Span.DAY: 30}
"""How many of them a chart shows, the last of which is now."""
SERIES: Final = {"accepted": "Accepted", "sent": "Sent", "delivered": "Delivered", "failed": "Failed"}


class Row(NamedTuple):
    """What happened within one span."""

    at: datetime
    counts: dict[str, int]  # by the names of SERIES


class Chart(NamedTuple):
    rows: list[Row]
    most: int  # what the upper edge stands for
    lines: dict[str, str]  # the points of each of SERIES
    ticks: list[tuple[float, datetime]]  # where a time is written


def slots(now: datetime, span: Span, zone: ZoneInfo) -> list[datetime]:
    """When each begins, the oldest first, in UTC; days those of `zone`."""
    count = SLOTS[span]
    if span is Span.DAY:
        today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        return [(today - timedelta(days=ago)).astimezone(UTC) for ago in reversed(range(count))]
    step = timedelta(minutes=1) if span is Span.MINUTE else timedelta(hours=1)
    minute = now.minute if span is Span.MINUTE else 0
    newest = now.astimezone(UTC).replace(minute=minute, second=0, microsecond=0)
    return [newest - ago * step for ago in reversed(range(count))]


def chart(begins: Sequence[datetime], found: Iterable[Traffic]) -> Chart:
    """Of all carriers together."""
    counts: dict[datetime, dict[str, int]] = defaultdict(lambda: dict.fromkeys(SERIES, 0))
    for one in found:
        for name in SERIES:
            counts[one.at][name] += getattr(one, name)
    rows = [Row(at, counts[at]) for at in begins]
    most = _rounded(max((max(row.counts.values()) for row in rows), default=0))
    xs = _places(len(rows))
    lines = {
        name: " ".join(f"{x:.1f},{_y(row.counts[name], most):.1f}" for x, row in zip(xs, rows, strict=True))
        for name in SERIES
    }
    marked = (0, len(rows) // 2, len(rows) - 1)
    return Chart(rows, most, lines, [(xs[place], begins[place]) for place in marked])


def _places(count: int) -> list[float]:
    return [LEFT + (WIDTH - LEFT - TOP) * place / max(count - 1, 1) for place in range(count)]


def _y(count: int, most: int) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - count / most)


def _rounded(most: int) -> int:
    """Up to 1, 2 or 5 with zeros, 10 at least: an edge that is easily read."""
    edge = 10
    for factor in (2, 2.5, 2) * 12:
        if edge >= most:
            break
        edge = int(edge * factor)
    return edge
