"""`kavle migrate`: the database's schema."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from kavle.cli.config import read
from kavle.cli.database import file_of, open_store
from kavle.cli.options import config_option, opening, telling_errors
from kavle.clock import SystemClock


@click.command()
@config_option
@telling_errors
def migrate(config: Path) -> None:
    """Bring the database's schema up to date.

    `kavle serve` does the same when it starts; this is for those who want it done before.

    On PostgreSQL processes of the version before may run meanwhile, and go on after it: run the new version's
    `kavle migrate` first, then replace them one by one. One of them that starts anew on the newer schema
    refuses to. Back up the database before.
    """
    settings = read(config)

    async def run() -> None:
        store = await open_store(settings.database, SystemClock())
        await store.close()

    with opening(file_of(settings.database)):
        asyncio.run(run())
    click.echo("The database's schema is up to date.")
