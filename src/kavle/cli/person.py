"""`kavle person`: all that the gateway has of one person, who is one phone number to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, Final

import click

from kavle.cli.ask import ask
from kavle.cli.config import Settings, read
from kavle.cli.group import Group
from kavle.cli.options import call, config_option, telling_errors
from kavle.core.persons import ErasePerson, ExportPerson, MorePerson, ShowPerson
from kavle.model.person import PersonPage, PersonView
from kavle.model.person_document import PersonDocument

_SHOWN: Final = 5  # ids of a line


@click.group(cls=Group)
def person() -> None:
    """See, hand over and erase all that there is of one phone number.

    What was sent to it and what it sent, whichever account's, is found by it at once, however many messages
    there are. See docs/personal-data.md.
    """


@person.command()
@click.argument("number")
@config_option
@telling_errors
def show(number: str, config: Path) -> None:
    """Show how much there is of NUMBER, and what of it is not over."""
    click.echo("\n".join(_told(_view(read(config), number))))


@person.command()
@click.argument("number")
@click.option("--account", help="What this account has of it alone.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write, for its owner's eyes alone; without it, standard output.",
)
@config_option
@telling_errors
def export(number: str, account: str | None, output: Path | None, config: Path) -> None:
    """Write all that there is of NUMBER as JSON, with texts, files and receipts.

    Files are in base64. The audit log has a line of it.
    """
    settings = read(config)
    pages = _pages(settings, number, account)
    first, document = next(pages), PersonDocument()
    with _opened(output) as file:
        for page in chain((first,), pages):
            file.write(document.page(page))
        file.write(document.end())


@person.command()
@click.argument("number")
@click.option("--stop-lists", is_flag=True, help="From stop lists, too: customers may write to it again.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_option
@telling_errors
def erase(number: str, stop_lists: bool, yes: bool, config: Path) -> None:
    """Erase NUMBER, and the texts and files of its messages, for good.

    What was sent when and for how much stays, without number and text: the books need it. What waits for its
    time is cancelled and refunded first. Nothing is erased while messages are still to be sent, decided on,
    or told their customer. It stays on stop lists, which protect it.
    """
    settings = read(config)
    click.echo("\n".join(_told(_view(settings, number))))
    if not yes:
        click.confirm("Erase all of it?", abort=True, err=True)
    messages = cancelled = gone = 0
    more = True
    while more:
        reply = ask(settings, ErasePerson(number, stop_lists)).erased
        more = reply is not None and reply.more
        if reply is not None:
            messages += reply.messages
            cancelled += reply.cancelled
            gone += reply.stop_lists
    click.echo(f"Erased: {_count(messages, 'message')}, of which {cancelled} had waited for their time.")
    if gone:
        click.echo(f"It is off {_count(gone, 'stop list')}.")
    click.echo("Backups still have it: after a restore from an older one, do this again.")


def _view(settings: Settings, number: str) -> PersonView:
    return ask(settings, ShowPerson(number)).person or PersonView(number)


def _told(view: PersonView) -> Iterator[str]:
    many, stops = " or more" if view.more else "", view.stop_lists
    yield f"{view.number}: {_count(view.messages, 'message')} to it, {view.received:,} from it{many};"
    yield f"  {_count(view.files, 'file')}; on {_count(len(stops), 'stop list')}{_of(stops)}."
    if view.scheduled:
        yield f"  {_count(len(view.scheduled), 'message')} for later: {_some(view.scheduled)}."
    if view.open:
        yield f"  {_count(len(view.open), 'message')} not sent yet, or held: {_some(view.open)}."
        yield f"  They are sent in a moment, or see `{call('held list')}`."
    if view.untold:
        untold = _count(len(view.untold), "message")
        yield f"  {untold} whose customers are still to be told: {_some(view.untold)}."
    if view.unready:
        yield "  A message is just being made of its parts, or of a bundle."
    if view.erased_at is not None:
        yield f"  It was erased at {view.erased_at:%Y-%m-%d %H:%M:%S} UTC; this came since, or from a backup."


@contextmanager
def _opened(output: Path | None) -> Iterator[IO[bytes]]:
    if output is None:
        yield sys.stdout.buffer
        return
    try:
        with open(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            yield file
    except OSError as error:
        raise click.ClickException(f"{output} can't be written: {error.strerror}") from error


def _pages(settings: Settings, number: str, account: str | None) -> Iterator[PersonPage]:
    page = ask(settings, ExportPerson(number, account)).export
    while page is not None:
        yield page
        if not page.further:
            return
        page = ask(settings, MorePerson(number, page.further, account)).export


def _count(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{count:,} {what}s"


def _of(names: list[str]) -> str:
    return f" ({', '.join(names)})" if names else ""


def _some(ids: list[str]) -> str:
    return ", ".join(ids[:_SHOWN]) + (" …" if len(ids) > _SHOWN else "")
