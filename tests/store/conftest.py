from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from kavle.clock import SetClock
from support.postgres import fresh_database, release
from support.world import Place, World, open_world

if TYPE_CHECKING:
    from support.steps import Stage


@pytest.fixture
async def world(place: Place) -> AsyncIterator[World]:
    world = await open_world(place, SetClock())
    yield world
    await world.store.close()


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """A database on PostgreSQL, empty but for the schema."""
    url = await fresh_database()
    yield url
    await release(url)


@pytest.fixture
async def stage(request: pytest.FixtureRequest, url: str, world: World) -> AsyncIterator[Stage]:
    """Of the `POINTS` of who asks for it."""
    from support.steps import Stage  # it wants PostgreSQL's driver, as few files do

    stage = Stage(request.module.POINTS)
    await stage.open(url)
    yield stage
    await stage.close()
