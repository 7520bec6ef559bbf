from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kavle.clock import SetClock
from support.postgres import fresh_database, release
from support.world import Place, World, open_world


@pytest.fixture(params=["sqlite", "postgres"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    """Where a store may be opened: every test that takes this runs on both engines."""
    if request.param == "sqlite":
        yield tmp_path / "kavle.db"
        return
    url = await fresh_database()
    yield url
    await release(url)


@pytest.fixture
async def world(place: Place) -> AsyncIterator[World]:
    world = await open_world(place, SetClock())
    yield world
    await world.store.close()
