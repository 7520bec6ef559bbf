from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from kavle.clock import SetClock
from support.world import Place, World, open_world


@pytest.fixture
async def world(place: Place) -> AsyncIterator[World]:
    world = await open_world(place, SetClock())
    yield world
    await world.store.close()
