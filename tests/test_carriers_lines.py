"""What `kavle carriers` says of carriers that are down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kavle.cli.carriers import _down
from kavle.cli.config import RouteSettings, Settings
from kavle.store.types import CarrierState

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTINGS = Settings(
    route=[
        RouteSettings(["a", "b"], "46"),
        RouteSettings(["a", "c", "b"], "47"),
        RouteSettings(["a"], ""),
        RouteSettings(["b", "a"], "45"),
        RouteSettings(prefix="48", mms=["m", "n"]),
    ]
)
NO_LINK = "wait: no other has a link"
SOON = "wait until 12:00:20 UTC, then go by {}"


@pytest.mark.parametrize(
    ("down", "told"),
    [
        (
            {"a": 60},
            [("a", "46", "go by b"), ("a", "47", "go by c"), ("a", "all others", NO_LINK)],
        ),
        (
            {"a": 10},
            [("a", "46", SOON.format("b")), ("a", "47", SOON.format("c")), ("a", "all others", NO_LINK)],
        ),
        (
            {"a": 60, "b": 60},
            [
                ("a", "46", NO_LINK),
                ("a", "47", "go by c"),
                ("a", "all others", NO_LINK),
                ("a", "45", NO_LINK),
                ("b", "46", NO_LINK),
                ("b", "45", NO_LINK),
            ],
        ),
        ({"c": 60}, [("c", "-", "-")]),
        ({"m": 60}, [("m", "48, MMS", "go by n")]),
        ({"m": 60, "n": 60}, [("m", "48, MMS", NO_LINK), ("n", "48, MMS", NO_LINK)]),
    ],
)
def test_where_the_messages_of_each_route_go(down: dict[str, int], told: list[tuple[str, ...]]) -> None:
    lines = [
        CarrierState(0, name, NOW - timedelta(seconds=seconds), seconds) for name, seconds in down.items()
    ]
    assert [(line[0], *line[2:]) for line in _down(SETTINGS, lines)] == told
