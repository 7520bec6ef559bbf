"""Days of a time zone, out of hours."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from kavle.model.traffic import Traffic, by_day

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def hour(month: int, day: int, hour: int, accepted: int, carrier: str | None = "telia") -> Traffic:
    return Traffic(datetime(2026, month, day, hour, tzinfo=UTC), carrier, accepted, 1, 2, 3)


def test_a_day_is_from_midnight_to_midnight_of_the_zone() -> None:
    hours = [hour(1, 1, 22, 1), hour(1, 1, 23, 2), hour(1, 2, 22, 4), hour(1, 2, 23, 8)]
    assert [(one.at, one.accepted) for one in by_day(hours, STOCKHOLM)] == [
        (datetime(2025, 12, 31, 23, tzinfo=UTC), 1),
        (datetime(2026, 1, 1, 23, tzinfo=UTC), 6),
        (datetime(2026, 1, 2, 23, tzinfo=UTC), 8),
    ]


def test_the_day_on_which_clocks_change_has_its_25_hours() -> None:
    hours = [hour(10, 24, 22, 1), hour(10, 25, 22, 2), hour(10, 25, 23, 4)]  # summer time ended at 01:00 UTC
    assert [one.accepted for one in by_day(hours, STOCKHOLM)] == [3, 4]


def test_carriers_are_kept_apart_and_all_counts_added() -> None:
    hours = [hour(1, 1, 1, 5), hour(1, 1, 2, 6), hour(1, 1, 2, 7, None)]
    told = [
        (one.carrier, one.accepted, one.sent, one.delivered, one.failed) for one in by_day(hours, STOCKHOLM)
    ]
    assert told == [("telia", 11, 2, 4, 6), (None, 7, 1, 2, 3)]
