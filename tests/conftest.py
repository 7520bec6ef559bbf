"""What every folder of tests may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings

from support.books import Place
from support.postgres import fresh_database, release

settings.register_profile("untimed", deadline=None)  # how long an example takes says how loaded a machine is
settings.load_profile("untimed")


@pytest.fixture(params=["sqlite", "postgres"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    """Where a store may be opened: every test that takes this runs on both engines."""
    if request.param == "sqlite":
        yield tmp_path / "kavle.db"
        return
    url = await fresh_database()
    yield url
    await release(url)
