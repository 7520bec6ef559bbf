"""A database of either engine, and a simulated network, for gateways that run as processes of their own; the
network may be one, too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import structlog

from kavle.simulator.journal import MemoryJournal
from kavle.simulator.settings import SmscSettings
from kavle.simulator.smsc import Smsc
from support.accounts import open_accounts
from support.postgres import empty_database
from support.processes import NetworkProcess, simulated_network


@pytest.fixture
def credits() -> Mapping[str, int]:
    """Of the accounts in `database`, by name; a file of tests may have others."""
    return {"test": 100}


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path, credits: Mapping[str, int]) -> str:
    sqlite = f"sqlite:///{tmp_path}/data/kavle.db"
    url = await empty_database() if request.param == "postgres" else sqlite
    await open_accounts(url, credits)
    return url


@pytest.fixture
def journal() -> MemoryJournal:
    return MemoryJournal()


@pytest.fixture
async def network(journal: MemoryJournal) -> AsyncIterator[Smsc]:
    """Not listening yet."""
    network = Smsc(SmscSettings(), structlog.get_logger(), journal)
    yield network
    await network.stop()


@pytest.fixture
async def network_process(tmp_path: Path) -> AsyncIterator[NetworkProcess]:
    async with simulated_network(tmp_path) as network:
        yield network
