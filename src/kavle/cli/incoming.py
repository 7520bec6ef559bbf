"""`kavle incoming`: what phones have sent, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from kavle.cli.ask import ask
from kavle.cli.config import Settings, read
from kavle.cli.group import Group
from kavle.cli.options import call, config_option, telling_errors
from kavle.core.inbox import PAGE, IncomingMessage, IncomingWhole, ListIncoming, ReplayIncoming, ShowIncoming
from kavle.model.incoming import IncomingState
from kavle.model.service import Service
from kavle.store.inbox import TryLine

_TOLD: Final = 20  # of which it is told why they could not be replayed
_TIME: Final = "%Y-%m-%d %H:%M:%S"  # UTC, as the head of a column or the line says
_COLUMNS: Final = "{:<10}  {:<19}  {:<15}  {:<15}  {:<16}  {}"
_STATES: Final = {
    IncomingState.KEPT: "nobody's",
    IncomingState.WAITING: "waiting",
    IncomingState.DONE: "done",
    IncomingState.FAILED: "failed",
}


@click.group(cls=Group)
def incoming() -> None:
    """See messages from phones, and have their customers called again.

    A message is waiting until its customer's address has answered OK: then it is done, or failed after the
    last try. One to a number of nobody's is kept, and can be replayed once `kavle number add` has given the
    number to an account.

    Works while the gateway runs, too.
    """


@incoming.command(name="list")
@click.option("--account", help="Only this account's.")
@click.option("--number", help="Only what was sent to this number.")
@click.option("--unowned", is_flag=True, help="Only what was sent to numbers of nobody's.")
@click.option("--failed", is_flag=True, help="Only what was given up.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="So many at most.")
@config_option
@telling_errors
def list_incoming(
    account: str | None, number: str | None, unowned: bool, failed: bool, limit: int, config: Path
) -> None:
    """Show messages from phones, the newest first.

    By id, when it came (UTC), from, to, account, state, how many of its parts came if not all did, and
    whether it is an MMS.
    """
    if account is not None and unowned:
        raise click.UsageError("--unowned and --account: what is nobody's is no account's")
    count = 0
    for one in _messages(read(config), ListIncoming(account, number, unowned, failed)):
        if not count:
            click.echo(_COLUMNS.format("id", "received (UTC)", "from", "to", "account", "state"))
        click.echo(_line(one))
        count += 1
        if count == limit:
            click.echo(f"There may be more: --limit {2 * limit} shows more.")
            break
    if not count:
        click.echo("There is none.")


@incoming.command()
@click.argument("id")
@config_option
@telling_errors
def show(id: str, config: Path) -> None:
    """Show a message and every call that was made for it.

    Each with its number, when it began (UTC), how long it took, the HTTP status, what the answer began with,
    and what was wrong with it.
    """
    whole = ask(read(config), ShowIncoming(id)).message
    for line in [] if whole is None else _told(whole):
        click.echo(line)


@incoming.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@config_option
@telling_errors
def replay(ids: tuple[str, ...], config: Path) -> None:
    """Bring messages to their customers again, with all tries that a new one has.

    Whether the customer had them or not; under the same ids.
    """
    settings, asked = read(config), list(dict.fromkeys(ids))
    done: list[str] = []
    for first in range(0, len(asked), PAGE):
        done += ask(settings, ReplayIncoming(tuple(asked[first : first + PAGE]))).done or []
    if done:
        click.echo(f"{len(done)} {'message is' if len(done) == 1 else 'messages are'} brought anew.")
    missed = [id for id in asked if id not in set(done)]
    if missed:
        told = [f"{id}: {_why_not(settings, id)}" for id in missed[:_TOLD]]
        more = [f"and {len(missed) - _TOLD} more"] if len(missed) > _TOLD else []
        between = "\n" if missed[1:] else " "
        raise click.ClickException(between.join(["not brought anew:", *told, *more]))


def _why_not(settings: Settings, id: str) -> str:
    try:
        whole = ask(settings, ShowIncoming(id)).message
    except click.ClickException as error:
        return error.message
    if whole is None or whole.message.account is not None:
        return "its number is not its account's any more; `kavle number list` shows whose it is"
    add = call(f"number add {whole.message.recipient} --account NAME --callback URL")
    return f"its number is nobody's; `{add}` gives it to an account"


def _messages(settings: Settings, command: ListIncoming) -> Iterator[IncomingMessage]:
    while page := ask(settings, command).incoming:
        yield from page
        command = ListIncoming(command.account, command.number, command.unowned, command.failed, page[-1].id)


def _line(one: IncomingMessage) -> str:
    told = one.id, f"{one.received_at:{_TIME}}", one.sender, one.recipient, one.account or "-"
    mms = "" if one.service is Service.SMS else ", MMS"
    return _COLUMNS.format(*told, _STATES[one.state] + _missing(one) + mms)


def _missing(one: IncomingMessage) -> str:
    return "" if one.got == one.parts else f", {one.got} of {one.parts} parts"


def _told(whole: IncomingWhole) -> Iterator[str]:
    one = whole.message
    yield f"id        {one.id}"
    yield f"from      {one.sender}"
    yield f"to        {one.recipient}, {'nobody' if one.account is None else 'account ' + one.account}"
    yield f"received  {one.received_at:{_TIME}} UTC by {one.carrier}{_missing(one)}"
    yield f"state     {_STATES[one.state]} since {one.state_at:{_TIME}} UTC{_next(whole.due)}"
    yield f"{'text' if one.service is Service.SMS else 'subject':<10}{_harmless(whole.text)}"
    if whole.said:
        yield f"says      {_harmless(whole.said)}"
    for file in whole.files:
        yield f"file      {file.name}  {file.content_type}  {file.size} octets"
    for line in whole.tries:
        yield _try(line)


def _harmless(text: str) -> str:
    """What a phone writes is not to move the operator's cursor, or worse."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def _next(due: datetime | None) -> str:
    return "" if due is None or not due.timestamp() else f", next try at {due:{_TIME}} UTC"


def _try(one: TryLine) -> str:
    status = "no answer" if one.status is None else str(one.status)
    told = [status, *([repr(one.head)] if one.head else []), *([str(one.error)] if one.error else [])]
    return f"try {one.number:<5} {one.at:{_TIME}} UTC  {one.milliseconds} ms  {'  '.join(told)}"
