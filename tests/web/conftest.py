from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.pages import Browser, browsing
from support.running import Running, running


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Running]:
    """With the account test/1234 and a network at once."""
    async with running(tmp_path / "kavle.db") as run:
        yield run


@pytest.fixture
async def visitor(gateway: Running) -> AsyncIterator[Browser]:
    """Who is not signed in."""
    async with browsing(gateway.url) as browser:
        yield browser


@pytest.fixture
async def customer(visitor: Browser) -> Browser:
    """Who is signed in as test."""
    page = await visitor.sign_in()
    assert "Sent messages" in page.text
    return visitor
