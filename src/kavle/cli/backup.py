"""`kavle backup`: the whole database in one file."""

from __future__ import annotations

from pathlib import Path

import click

from kavle.cli.config import read
from kavle.cli.database import file_of
from kavle.cli.dumping import dump
from kavle.cli.options import config_option, opening, telling_errors
from kavle.clock import SystemClock
from kavle.store.errors import StoreError
from kavle.store.sqlite.copying import copy


@click.command()
@click.argument("target", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@config_option
@telling_errors
def backup(target: Path, config: Path) -> None:
    """Copy the database into FILE, while the gateway runs or not.

    FILE must not be there yet; it is once it is whole, checked and on disk. All in it is of the moment at
    which this began. It holds texts, numbers and password hashes: only its owner may read it.

    Of PostgreSQL it is what pg_dump writes in its custom format; that program must be there.

    The settings, certificates and secrets are not in it: keep them, too. `kavle restore from FILE` puts it
    back.
    """
    settings = read(config)
    database = file_of(settings.database)
    if not target.parent.is_dir():
        raise StoreError(f"there is no folder {target.parent}; make it first, or name a file in another")
    with opening(database):
        if database is None:
            size = dump(settings.database, target)
        else:
            size = copy(database, target, SystemClock().now())
    click.echo(f"The database is in {target}: {size / 1_000_000:.1f} MB.")
