"""`kavle carriers`: the ways to the networks, as they are now."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import click

from kavle.cli.ask import ask
from kavle.cli.config import Settings, read
from kavle.cli.options import config_option, telling_errors
from kavle.core.carriers import CarriersView, ShowCarriers
from kavle.core.failover import choose
from kavle.model.link import LinkReport
from kavle.model.message import Priority
from kavle.store.types import CarrierState, LinkLine

_TIME: Final = "%Y-%m-%d %H:%M:%S"
_LINKS: Final = (
    *("carrier", "link", "node", "state", "since (UTC)", "window"),
    *("rate", "submits", "reconnects", "last error (UTC)"),
)
_DOWN: Final = ("carrier", "down since (UTC)", "route", "its messages")
_PRIORITIES: Final = sorted(Priority, reverse=True)


@click.command()
@config_option
@telling_errors
def carriers(config: Path) -> None:
    """Show how each carrier's links are doing, over all processes, and what waits for it.

    A link by its node (host and process) and the state it is in since then, in UTC; how many segments await
    their response, of how many that may; how many a second it may submit, and whether that is the network's
    doing (throttled); those that were submitted, and the times that it was bound again, since that node has
    it; and what went wrong last. Below, the messages in the queue by priority; and each carrier that has no
    link on any process: since when, and what becomes of the messages of its routes.

    What a process tells of its links is a second old.
    """
    settings = read(config)
    view = ask(settings, ShowCarriers()).carriers
    if view is None or not (settings.carrier or any(line.held for line in view.links)):
        click.echo("There are no carriers: the settings have no [[carrier]], and no process has a link.")
        return
    for line in _table([_LINKS, *_links(settings, view)]):
        click.echo(line)
    click.echo()
    for line in _table(
        [("carrier", *(f"priority {one.value}" for one in _PRIORITIES)), *_queues(settings, view)]
    ):
        click.echo(line)
    down = list(_down(settings, view.states))
    if down:
        click.echo()
    for line in _table([_DOWN, *down]) if down else ():
        click.echo(line)


def _links(settings: Settings, view: CarriersView) -> Iterator[tuple[str, ...]]:
    """Those that the settings know of, and any others that are in use."""
    lines = {(line.carrier, line.number): line for line in view.links}
    known = [(one.name, number) for one in settings.carrier for number in range(1, one.binds + 1)]
    more = [key for key, line in lines.items() if line.held and key not in set(known)]
    for key in [*known, *more]:
        yield _cells(lines.get(key) or LinkLine(*key, held=False))


def _cells(line: LinkLine) -> tuple[str, ...]:
    about = line.carrier, str(line.number)
    report = line.report
    if not line.held:
        return *about, "-", "no process has it", *"------"
    if report is None:
        return *about, "?", "taken a moment ago", *"------"
    return (
        *about,
        report.node,
        report.state,
        f"{report.since:{_TIME}}",
        f"{report.in_flight}/{report.window}",
        _rate(report),
        str(report.submits),
        str(report.reconnects),
        _error(report),
    )


def _rate(report: LinkReport) -> str:
    if report.rate is None:
        return "-"
    return f"{report.rate:.1f}/s{', throttled' if report.slowed else ''}"


def _error(report: LinkReport) -> str:
    return "-" if report.error_at is None else f"{report.error_at:{_TIME}} {report.error}"


def _queues(settings: Settings, view: CarriersView) -> Iterator[tuple[str, ...]]:
    waiting = {(one.carrier, one.priority): one.messages for one in view.backlog}
    names = dict.fromkeys([*(one.name for one in settings.carrier), *(one.carrier for one in view.backlog)])
    for name in names:
        yield name, *(str(waiting.get((name, priority), 0)) for priority in _PRIORITIES)


def _down(settings: Settings, states: Sequence[CarrierState]) -> Iterator[tuple[str, ...]]:
    after = settings.gateway.failover_after
    out = {one.carrier for one in states if one.down_since is not None and one.seconds >= after}
    for one in states:
        if one.down_since is None:
            continue
        until = one.down_since + timedelta(seconds=after)
        about, name, routes = (one.carrier, f"{one.down_since:{_TIME}}"), one.carrier, 0
        for route, carriers in _routes(settings):
            if name in carriers and choose(carriers, out - {name}) == name:
                yield *about, route, _fate(name, carriers, out, until)
                routes += 1
        if not routes:
            yield *about, "-", "-"


def _routes(settings: Settings) -> Iterator[tuple[str, list[str]]]:
    for route in settings.route:
        prefix = route.prefix or "all others"
        yield prefix, route.carriers
        yield f"{prefix}, MMS", route.mms


def _fate(down: str, carriers: Sequence[str], out: Collection[str], until: datetime) -> str:
    """Of the messages of a route that would go by that carrier."""
    by = choose(carriers, out)
    if by not in out and by != down:
        return f"go by {by}"
    after = choose(carriers, {*out, down})
    if after in out or after == down:
        return "wait: no other has a link"
    return f"wait until {until:%H:%M:%S} UTC, then go by {after}"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
