"""What N machines carry on one PostgreSQL: a model of a few lines, with the constants that were measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from bench.scenarios import ACCEPT_NODES, CYCLE_NODES, Scenario
from bench.table import Report, middle

USED: Final = 0.7
"""Of a core: beyond that waiting grows faster than the load."""
_PRIMARIES: Final = (2, 4, 8, 16, 32)  # cores
_DAY: Final = 86_400


class Constants(NamedTuple):
    """Of one message. CPU is seconds of one core, the log bytes."""

    node: float
    primary: float
    log: float


class Capacity(NamedTuple):
    cores: int  # the primary's
    rate: float  # messages a second
    nodes: float  # cores of nodes that bring so many
    log: float  # bytes a second


def constants(report: Report, scenario: Scenario) -> Constants | None:
    """Medians; None where it was not measured."""
    runs = report.of(scenario.name, "Kavle")
    node, primary, log = (middle(runs, name) for name in ("cpu", "database_cpu", "log"))
    if node is None or primary is None or log is None:
        return None
    return Constants(node, primary, log)


def capacity(of: Constants, cores: int) -> Capacity:
    """Where a primary of so many cores ends, as long as nothing but CPU does."""
    rate = USED * cores / of.primary
    return Capacity(cores, rate, rate * of.node / USED, rate * of.log)


def lines(report: Report) -> Iterator[str]:
    """A section of the page; nothing where there are no constants."""
    measured = {scenario: constants(report, scenario) for scenario in (*ACCEPT_NODES, *CYCLE_NODES)}
    known = [(scenario, one) for scenario, one in measured.items() if one is not None]
    full = [one for scenario, one in known if scenario in CYCLE_NODES]
    if not full:
        return
    yield from (_BEGINNING, "| | node, µs | PostgreSQL, µs | log, bytes |", "| --- | --: | --: | --: |")
    for scenario, one in known:
        name = scenario.name.removeprefix("PostgreSQL, ")
        yield f"| {name} | {one.node * 1e6:.0f} | {one.primary * 1e6:.0f} | {one.log:,.0f} |"
    yield ""
    yield from _model(full)


def _model(full: Sequence[Constants]) -> Iterator[str]:
    """By the dearest that was measured, and the cheapest beside it."""
    dearest, cheapest = (end(full, key=lambda one: one.primary) for end in (max, min))
    yield _MODEL.format(
        node=dearest.node * 1e6,
        primary=dearest.primary * 1e6,
        log=dearest.log,
        used=USED * 100,
        a_node=USED / dearest.node,
        a_core=USED / dearest.primary,
    )
    yield "| primary, cores | messages/s | by the cheapest | millions a day | nodes, cores | log, MB/s |"
    yield "| --: | --: | --: | --: | --: | --: |"
    for cores in _PRIMARIES:
        one, most = capacity(dearest, cores), capacity(cheapest, cores)
        a_day, log = one.rate * _DAY / 1e6, one.log / 1e6
        yield f"| {cores} | {one.rate:,.0f} | {most.rate:,.0f} | {a_day:,.0f} | {one.nodes:.0f} | {log:.0f} |"
    yield ""
    yield _LIMITS


_BEGINNING: Final = """\
## What N machines carry

Measured above with 1, 2 and 4 nodes on one PostgreSQL, all on the same cores: so it is not the rates that
tell what more machines carry, but the CPU and the log of a message.
"""
_MODEL: Final = """\
With the dearest of the full cycles: {node:.0f} µs a message on a node, {primary:.0f} µs on the primary,
{log:,.0f} bytes of log. At {used:.0f} % of a core a node's carries {a_node:,.0f} messages/s, and one of the
primary's {a_core:,.0f}. One process uses little more than one core, so a node of N cores runs N of them.
Nodes add up; the primary is where it ends. The same 64 requests at a time are shared out among the nodes
here, so that each commits fewer at once the more there are; with more to do each commits more at once, and
a message costs less, as the cheapest of the full cycles shows:
"""
_LIMITS: Final = """\
It is a model, and holds as long as CPU is what ends first. More than two cores were not measured. What may
end before: the disk of the log, which has to sync some hundred commits a second; the network to a
synchronous standby, by which commits get larger and not fewer messages go through; and one very busy
account, whose balance is one row that each node's commits lock in turn. When a primary's end is near,
[accounts go to several](several.md#beyond-one-primary)."""
