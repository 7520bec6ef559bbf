"""The database: whether it is there, of which schema, and what it says of itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import apsw
import click

from kavle.cli.ask import ask
from kavle.cli.config import Settings
from kavle.cli.database import file_of
from kavle.cli.doctor.finding import Finding, hint, well, wrong
from kavle.clock import SystemClock
from kavle.core.accounts import ListAccounts
from kavle.core.desk import Command
from kavle.core.doubt import ShowDoubt
from kavle.core.held import ListHeld
from kavle.core.reply import Reply
from kavle.core.restoring import ShowRestored
from kavle.store.errors import StoreError
from kavle.store.sqlite.connection import migrations, open_reader

_ROOM: Final = 20  # connections, for this process and another


class Database:
    """`findings` first; then `usable` says whether it can be asked for more. Nothing is changed by that."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._file = file_of(settings.database)
        self.usable = False

    def findings(self) -> Iterator[Finding]:
        yield from self._server() if self._file is None else self._of_file(self._file)
        if self.usable:
            yield from self._told()

    def ask(self, command: Command) -> Reply | Finding:
        try:
            return ask(self._settings, command)
        except (StoreError, click.ClickException) as error:
            said = error.message if isinstance(error, click.ClickException) else str(error)
            return wrong("database", said, "see docs/troubleshooting.md")

    def _of_file(self, file: Path) -> Iterator[Finding]:
        if not file.exists():
            yield hint(
                "database", f"{file} is not there yet", "`kavle serve` or `kavle account create` makes it"
            )
            return
        try:
            with closing(open_reader(file)) as db:  # beside a gateway that runs, and reading its log
                step = int(db.pragma("user_version"))
        except apsw.NotADBError:
            yield wrong(
                "database", f"{file} is no SQLite database", "name another by `database` in the settings"
            )
            return
        except (apsw.Error, StoreError) as error:
            yield wrong("database", f"{file} can't be read: {error}", "run this as the gateway's user")
            return
        yield from self._schema(f"{file}, {file.stat().st_size / 1e6:,.1f} MB", step, len(migrations()))

    def _server(self) -> Iterator[Finding]:
        # Its driver is imported only where it is called for.
        from kavle.store.postgres.checkup import check_up

        try:
            seen = asyncio.run(check_up(self._settings.database, SystemClock()))
        except StoreError as error:
            yield wrong("database", str(error), "see docs/several.md")
            return
        if seen.clock is not None:
            yield wrong("clock", seen.clock, "keep both clocks right, by NTP")
        free = seen.most_connections - seen.connections
        if free < _ROOM:
            yield hint(
                "database",
                f"{free} of {seen.most_connections} connections are free; a process has some 12",
                "raise max_connections of the server",
            )
        yield from self._schema(f"PostgreSQL {seen.version}", seen.step, seen.newest_step)

    def _schema(self, what: str, step: int, newest: int) -> Iterator[Finding]:
        if step == newest:
            self.usable = True
            yield well("database", f"{what}, schema of step {step}")
        elif step < newest:
            yield hint("database", f"{what} has the schema of step {step} of {newest}", "run `kavle migrate`")
        else:
            yield wrong(
                "database", f"{what} has the schema of step {step}, we know {newest}", "upgrade Kavle"
            )

    def _told(self) -> Iterator[Finding]:
        restored = self.ask(ShowRestored())
        if isinstance(restored, Finding):
            self.usable = False
            yield restored
            return
        if restored.restored is not None:
            yield wrong(
                "database",
                f"it is a copy: {restored.restored.why}; no link is bound",
                "`kavle restore show`, then `kavle restore confirm`",
            )
        doubt = self.ask(ShowDoubt())
        if isinstance(doubt, Reply) and doubt.doubted is not None:
            yield wrong(
                "clock",
                f"it was more than a day ahead on {doubt.doubted:%Y-%m-%d %H:%M} UTC: nothing is erased",
                "if it is wrong, mend it; if nothing ran for so long, this is over in a week",
            )
        accounts, held = self.ask(ListAccounts()), self.ask(ListHeld())
        if isinstance(accounts, Reply) and not accounts.accounts:
            yield hint("accounts", "there is none", "`kavle account create NAME`")
        if isinstance(held, Reply) and held.held:
            yield hint(
                "held", "messages wait for your decision", "`kavle held list`, then release, fail or keep"
            )
