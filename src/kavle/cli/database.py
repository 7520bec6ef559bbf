"""Which engine keeps the data, by the address in the settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from kavle.clock import Clock
from kavle.settings import SettingsError
from kavle.store.sqlite.store import SqliteStore
from kavle.store.store import Store

SQLITE: Final = "sqlite:///"
POSTGRES: Final = ("postgresql://", "postgres://")


def check_address(address: str) -> None:
    """Raises `SettingsError` for what is no database of ours."""
    if not address.startswith(POSTGRES):
        file_of(address)


def file_of(address: str) -> Path | None:
    """The file of a SQLite database; None for a server's."""
    if address.startswith(POSTGRES):
        return None
    path = address.removeprefix(SQLITE)
    if not address.startswith(SQLITE) or not path:
        raise SettingsError(
            f'database: write "{SQLITE}kavle-data/kavle.db" for a file, or "postgresql://user@host/name"'
        )
    return Path(path)


async def open_store(
    address: str,
    clock: Clock,
    observe: Callable[[int, float], None] = lambda calls, seconds: None,
    ready: Callable[[int, bool], None] = lambda carrier, urgent: None,
) -> Store:
    """Raises `StoreError` with the reason. `observe(calls, seconds)` is called after each commit,
    `ready(carrier, urgent)` when another node has queued something for a carrier; only a server has other
    nodes."""
    path = file_of(address)
    if path is None:
        # Its driver is imported only where it is called for.
        from kavle.store.postgres.store import PostgresStore

        return await PostgresStore.open(address, clock=clock, on_ready=ready, observe=observe)
    return await SqliteStore.open(path, clock.now(), observe=observe)
