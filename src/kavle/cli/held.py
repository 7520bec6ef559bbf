"""`kavle held`: what becomes of messages that a network may have or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click

from kavle.cli.ask import ask
from kavle.cli.config import Settings, read
from kavle.cli.group import Group
from kavle.cli.options import config_option, telling_errors
from kavle.core.held import PAGE, DecideHeld, HeldMessage, ListHeld
from kavle.store.types import Verdict


@click.group(cls=Group)
def held() -> None:
    """Decide on messages that a network may have or not.

    A segment that was sent and never answered, since its link or this gateway died, is unsure. A carrier with
    unsure = "hold" in the settings does not send it again by itself: the message shows as 21, stays paid, and
    waits here. Ask the network what it has of it, then release, fail or keep it.

    Works while the gateway runs, too.
    """


carrier_option = click.option("--carrier", help="Only what this carrier's network may have.")


@held.command(name="list")
@carrier_option
@config_option
@telling_errors
def list_held(carrier: str | None, config: Path) -> None:
    """Show what is held, the oldest first.

    By id, account, carrier, recipient, the held segments of how many, and since when, in UTC.
    """
    count = 0
    for page in _pages(read(config), carrier):
        for one in page:
            if not count:
                click.echo(
                    f"{'id':<10}  {'account':<16}  {'carrier':<16}  {'to':<15}  {'segments':<12}  since (UTC)"
                )
            segments = f"{','.join(map(str, one.segments))} of {one.total}"
            click.echo(
                f"{one.id:<10}  {one.account:<16}  {one.carrier:<16}  {one.recipient:<15}  {segments:<12}"
                f"  {one.since:%Y-%m-%d %H:%M:%S}"
            )
            count += 1
    if not count:
        click.echo("Nothing is held.")


def _verdict(verdict: Verdict, done: str) -> Callable[[Callable[..., None]], click.Command]:
    """A command that carries out `verdict`; the function that it is made of has its help."""

    def make(described: Callable[..., None]) -> click.Command:
        @click.argument("ids", metavar="[ID]...", nargs=-1)
        @click.option("--all", "everything", is_flag=True, help="All that is held, instead of the IDs.")
        @carrier_option
        @config_option
        @telling_errors
        def decide(ids: tuple[str, ...], everything: bool, carrier: str | None, config: Path) -> None:
            if bool(ids) == everything:
                raise click.UsageError("name the IDs that `kavle held list` shows, or say --all")
            if ids and carrier:
                raise click.UsageError("--carrier goes with --all")
            settings = read(config)
            asked = _all(settings, carrier) if everything else list(dict.fromkeys(ids))
            _decide(settings, verdict, asked, done)

        return held.command(name=verdict.value, help=described.__doc__)(decide)

    return make


@_verdict(Verdict.RELEASE, "in the queue again: sent, or ended as 43 where its validity is over")
def release() -> None:
    """Send held segments again.

    At no further cost. If the network had them, the phone gets them twice. A message whose validity is over
    is sent no more: it ends as 43, and stays paid.
    """


@_verdict(Verdict.FAIL, "failed: 51, and the held segments are refunded")
def fail() -> None:
    """Say that no network took the held segments.

    The message has failed, with status 51, and the held segments are refunded; those that the network did
    accept stay paid. Nothing is sent again, so ask the network first: it may have delivered them.
    """


@_verdict(Verdict.KEEP, "kept: 21, and paid")
def keep() -> None:
    """Say that the network has the held segments.

    The message stays 21 and paid, and is not sent again. It will not become 22: the network's receipts for
    these segments bear an id that never arrived here.
    """


def _decide(settings: Settings, verdict: Verdict, ids: Sequence[str], done: str) -> None:
    decided: list[str] = []
    for first in range(0, len(ids), PAGE):
        some = tuple(ids[first : first + PAGE])
        decided += ask(settings, DecideHeld(verdict, some)).done or []
    if not ids:
        click.echo("Nothing is held.")
    if decided:
        click.echo(f"{len(decided)} {'message is' if len(decided) == 1 else 'messages are'} {done}.")
    missed = [id for id in ids if id not in set(decided)]
    if missed:
        raise click.ClickException(
            f"not held, or not any more: {', '.join(missed[:20])}{' …' if len(missed) > 20 else ''};"
            " `kavle held list` shows what is"
        )


def _all(settings: Settings, carrier: str | None) -> list[str]:
    return [one.id for page in _pages(settings, carrier) for one in page]


def _pages(settings: Settings, carrier: str | None) -> Iterator[list[HeldMessage]]:
    if carrier is not None and carrier not in (known := [one.name for one in settings.carrier]):
        raise click.UsageError(f"there is no carrier {carrier} (known: {', '.join(known) or 'none'})")
    command = ListHeld(carrier)
    while page := ask(settings, command).held:
        yield page
        command = ListHeld(carrier, page[-1].since, page[-1].id)
