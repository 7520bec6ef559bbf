from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from kavle.clock import SetClock
from support.postgres import fresh_database, release
from support.world import Place, World, open_world


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
