"""`kavle restore`: a copy of the database is put back, and an operator says when it may send."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import click

from kavle.cli.ask import ask
from kavle.cli.config import Settings, read
from kavle.cli.database import file_of, open_store
from kavle.cli.dumping import put_back
from kavle.cli.group import Group
from kavle.cli.options import call, config_option, opening, telling_errors
from kavle.clock import SystemClock
from kavle.core.restoring import ConfirmRestored, RestoredView, Restoring, ShowRestored
from kavle.store.errors import DatabaseInUse, StoreError
from kavle.store.sqlite.connection import EngineLock, make_folder
from kavle.store.sqlite.copying import copy


@click.group(cls=Group)
def restore() -> None:
    """Put a copy of the database back, and say when it may send again.

    A copy has forgotten what came after it. So the first start from one passes over the ids that may have
    been given since, holds every message that was not sent by then, and binds no link before `kavle restore
    confirm`.

    A copy that was put back by hand is seen, too, as far as that can be: see docs/backup.md. Where it
    can't, say so by `kavle restore mark` before the start.
    """


@restore.command(name="from")
@click.argument("source", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@config_option
@telling_errors
def from_file(source: Path, config: Path) -> None:
    """Put FILE, which `kavle backup` wrote, in the database's place. The gateway must not run.

    A SQLite database that is there is not lost: it is moved aside. On PostgreSQL the database that the
    settings name must be empty, and pg_restore must be there.
    """
    settings = read(config)
    database, now = file_of(settings.database), SystemClock().now()
    with opening(database):
        if database is None:
            put_back(settings.database, source)
        else:
            aside = _put_in_place(source, database, now)
            if aside is not None:
                click.echo(f"The database that was there is now {aside}.")
        view = asyncio.run(_marked(settings, "it was put back by `kavle restore`"))
    click.echo(told_of_copy(view))


@restore.command()
@config_option
@telling_errors
def mark(config: Path) -> None:
    """Say that the database is a copy, where that can't be seen.

    After a PostgreSQL server's own files were copied back or rolled forward to a moment, for instance, or a
    fail-over to a server that had not heard of everything. No process may run meanwhile.
    """
    settings = read(config)
    with opening(file_of(settings.database)):
        view = asyncio.run(_marked(settings, "an operator said so"))
    click.echo(told_of_copy(view))


@restore.command()
@config_option
@telling_errors
def show(config: Path) -> None:
    """Show what is known of a copy that is not confirmed."""
    view = ask(read(config), ShowRestored()).restored
    click.echo("Nothing waits for `kavle restore confirm`." if view is None else told_of_copy(view))


@restore.command()
@config_option
@telling_errors
def confirm(config: Path) -> None:
    """Say that a copy may send again: links are bound, and customers called.

    What is held stays held: ask the network what it has of it, or decide that it is lost or sent again; then
    `kavle held release`, `fail` or `keep` it. Works while the gateway runs, too.
    """
    view = ask(read(config), ConfirmRestored()).restored
    held = view.held if view is not None else 0
    click.echo("The copy is confirmed: links are bound within some seconds.")
    if view is not None:
        click.echo(f"{_erasures(view)}: mind to erase again whoever was erased since.")
    if held:
        click.echo(f"{_messages(held)} held: see `{call('held list')}`.")


def told_of_copy(view: RestoredView) -> str:
    until = "nothing" if view.until is None else f"nothing after {view.until:%Y-%m-%d %H:%M:%S} UTC"
    return "\n".join(
        (
            f"This database is a copy: {view.why}.",
            f"  It knows of {until}. What came then is missing: messages, receipts, money, accounts.",
            f"  The newest id that it had given is {view.last_id}; {view.missing:,} are passed over.",
            f"  {_messages(view.held)} held, not known to have been sent: see `{call('held list')}`.",
            f"  {_erasures(view)}: erase again whoever was erased since, by `{call('person erase NUMBER')}`.",
            f"  No link is bound and no customer called before `{call('restore confirm')}`.",
        )
    )


def _erasures(view: RestoredView) -> str:
    """What it knows of persons who are erased: fingerprints, and when."""
    if view.erased is None:
        return "It knows of no person who was erased"
    persons = "1 person who was" if view.erasures == 1 else f"{view.erasures:,} persons who were"
    return f"It knows of {persons} erased, the last at {view.erased:%Y-%m-%d %H:%M:%S} UTC"


def _messages(count: int) -> str:
    return "1 message is" if count == 1 else f"{count:,} messages are"


async def _marked(settings: Settings, why: str) -> RestoredView:
    clock = SystemClock()
    store = await open_store(settings.database, clock)
    try:
        await store.restoring.mark(clock.now(), why)
        restoring = Restoring(store, clock)
        await restoring.settle()
        view = await restoring.show()
    finally:
        await store.close()
    if view is None:
        raise StoreError("another process has confirmed the copy meanwhile")
    return view


def _put_in_place(source: Path, database: Path, now: datetime) -> Path | None:
    """Where the database is now that was there before, with its log."""
    if not source.is_file():
        raise StoreError(f"{source}: no such file")
    make_folder(database.parent)
    try:
        lock = EngineLock(database, patience=0)
    except DatabaseInUse as error:
        raise StoreError(f"a gateway has {database}; stop it, then give this command again") from error
    try:
        new = database.with_name(database.name + ".new")
        new.unlink(missing_ok=True)  # of a restore that was cut short
        copy(source, new, now)
        aside = _move_aside(database, now) if database.exists() else None
        new.rename(database)
    finally:
        lock.release()
    return aside


def _move_aside(database: Path, now: datetime) -> Path:
    aside = database.with_name(f"{database.name}.before-{now:%Y%m%d-%H%M%S}")
    for end in ("-wal", "-shm", ""):
        file = database.with_name(database.name + end)
        if file.exists():
            file.rename(aside.with_name(aside.name + end))
    return aside
