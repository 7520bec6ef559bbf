"""An outage of the database is a few lines in the log, and its end is one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from kavle.core.schedule import Schedule
from kavle.store.errors import StoreUnavailable
from support.world import World


@pytest.fixture
def away(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    promote, gone = world.store.promote, False

    async def promoted(now: object) -> int:
        if gone:
            raise StoreUnavailable("the database is away")
        return await promote(now)

    def go(state: bool) -> None:
        nonlocal gone
        gone = state

    monkeypatch.setattr(world.store, "promote", promoted)
    return go


async def test_what_is_tried_again_and_again_is_told_ever_more_rarely(
    world: World, away: Callable[[bool], None]
) -> None:
    schedule = Schedule(world.store, world.clock, lambda: None)
    with capture_logs() as told:
        for turn in range(40):
            away(3 <= turn < 33)
            await schedule._all(world.store.promote)
            await asyncio.sleep(0)
    assert [(line["log_level"], line["times"]) for line in told] == [
        *[("warning", times) for times in (1, 2, 4, 8, 16)],
        ("info", 30),
    ]
    assert told[0]["error"] == "the database is away"
    assert told[-1]["event"] == "over: what is due, or a bundle, has to wait"
