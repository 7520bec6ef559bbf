"""`kavle doctor`: a look at all that a gateway needs, without changing any of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from kavle.cli.config import Settings, check_can_serve, read
from kavle.cli.database import file_of
from kavle.cli.doctor import machine, ways
from kavle.cli.doctor.database import Database
from kavle.cli.doctor.finding import Finding, Level, well, wrong
from kavle.cli.options import config_option
from kavle.settings import SettingsError


@click.command()
@config_option
@click.option("--strict", is_flag=True, help="Hints, too, make the exit code 1.")
@click.option("--quiet", is_flag=True, help="Say nothing of what is well.")
def doctor(config: Path, strict: bool, quiet: bool) -> None:
    """Look at all that a gateway needs, and say what to mend.

    Settings, database, disk, clock, open files, links, certificates, callbacks, and in which foreign
    namespaces SOAP calls came to the gateway that runs. Works while it runs or not, and changes nothing. Run
    it as the gateway's user, with the same settings.

    The exit code is 0 if nothing is wrong, 1 if something is, and 2 for wrong use of the command line.
    """
    found = Counter[Level]()
    for finding in _findings(config):
        found[finding.level] += 1
        if not (quiet and finding.level is Level.WELL):
            click.echo("\n".join(finding.lines()))
    click.echo(_sum(found))
    if found[Level.WRONG] or (strict and found[Level.HINT]):
        raise SystemExit(1)


def _findings(config: Path) -> Iterator[Finding]:
    try:
        settings = read(config)
        check_can_serve(settings)
    except SettingsError as error:
        yield wrong("settings", str(error), _mending(config))
        return
    yield well("settings", _told(settings))
    yield from machine.settings_file(config)
    if (file := file_of(settings.database)) is not None:
        yield from machine.disk(file)
    yield from machine.clock()
    yield from machine.open_files(settings)
    database, gateway = Database(settings), ways.Gateway(settings)
    yield from database.findings()
    yield from gateway.findings()
    yield from ways.links(settings, database)
    yield from ways.certificates(settings)
    yield from ways.callbacks(settings, database)


def _mending(config: Path) -> str:
    if config.exists():
        return "then run this again: all else depends on them"
    return (
        f"there is no {config}: name yours by --config; a demo has its settings in itself, and none to mend"
    )


def _told(settings: Settings) -> str:
    names = ", ".join(one.name for one in settings.carrier)
    return f"carriers {names}; routes: {len(settings.route)}; listeners: {1 + len(settings.http.listener)}"


def _sum(found: Counter[Level]) -> str:
    wrong, hints = found[Level.WRONG], found[Level.HINT]
    if not wrong and not hints:
        return "All is well."
    what = f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong" if wrong else "Nothing is wrong"
    return f"{what}; {hints} {'hint' if hints == 1 else 'hints'}."
