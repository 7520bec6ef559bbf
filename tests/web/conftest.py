from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kavle.core.numbers import AddNumber, Numbers
from kavle.model.number import NumberSettings
from kavle.south.callback.settings import CallbackSettings
from support.pages import Browser, browsing
from support.running import Running, running


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Running]:
    """With the account test/1234 and a network at once."""
    async with running(tmp_path / "kavle.db") as run:
        yield run


@pytest.fixture
async def tried(tmp_path: Path) -> AsyncIterator[Running]:
    """As a demo: with phones to look at, and a number of test's whose callbacks come back to their page."""
    callbacks = CallbackSettings(allow=["127.0.0.0/8"])
    carrier = {"unsure": "hold"}
    async with running(tmp_path / "kavle.db", callbacks=callbacks, carrier=carrier, phones=True) as run:
        numbers = Numbers(run.gateway.store, run.gateway.clock)
        settings = NumberSettings(run.customer_url, charset="utf-8")
        await numbers.add(AddNumber("46701740699", "test", settings))
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
