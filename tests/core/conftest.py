from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kavle.clock import SetClock
from support.world import World, open_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await open_world(tmp_path / "kavle.db", SetClock())
    yield world
    await world.store.close()
