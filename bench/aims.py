"""What is to be reached, and whether it was."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Final

import msgspec

from bench.scenarios import (
    ACCEPT_16,
    ACCEPT_64,
    BUNDLE,
    CHURN,
    CHURN_EXPORT,
    CHURN_SNAPSHOT,
    CYCLE_16,
    CYCLE_64,
    CYCLE_NODES,
    DRAIN,
    DUE,
    HISTORY,
    HISTORY_SERVER,
    INCOMING,
    INCOMING_HANGING,
    MMS,
    PAGES,
    PAGES_SERVER,
    PRIORITY_FAST,
    PRIORITY_FAST_NODES,
    PRIORITY_SLOW,
    PRIORITY_SLOW_NODES,
    READY,
    SOAP_16,
    SOAP_64,
    STEADY,
    TOLD_16,
    TOLD_64,
    Figures,
    Scenario,
)
from bench.table import Report, Runs, grown_memory, middle, quiet

Value = Callable[[Report, Runs], float | None]


class Aim(msgspec.Struct, frozen=True):
    """A figure to reach on a machine of two cores."""

    scenario: str
    told: str
    value: Value
    limit: float
    most: bool = False  # the limit is not to be exceeded


def _is(name: str, unit: float = 1.0) -> Value:
    """The median of that figure."""
    return lambda _, runs: middle(runs, name, unit)


def _of_url(by_url: Scenario) -> Value:
    def value(report: Report, soap: Runs) -> float | None:
        pairs = list(zip(soap, report.of(by_url.name, "Kavle"), strict=False))
        return median(100 * one.rate / url.rate for one, url in pairs) if pairs else None

    return value


def _of_kannel(scenario: Scenario) -> Value:
    def value(report: Report, ours: Runs) -> float | None:
        pairs = list(zip(ours, report.of(scenario.name, "Kannel"), strict=False))
        return median(a.rate / b.rate for a, b in pairs) if pairs else None

    return value


def _of_young(verb: str) -> Value:
    def value(_: Report, runs: Runs) -> float | None:
        values = [one.times_young[verb] for one in runs if verb in one.times_young]
        return median(values) if values else None

    return value


def _of_plain_churn(report: Report, beside: Runs) -> float | None:
    pairs = list(zip(beside, report.of(CHURN.name, "Kavle"), strict=False))
    return median(100 * one.rate / plain.rate for one, plain in pairs) if pairs else None


def _of_first_quarter(report: Report, runs: Runs) -> float | None:
    return median(map(_kept, runs)) if runs else None


def _kept(churn: Figures) -> float:
    """The rate of the last quarter, in % of the first's."""
    quarter = max(1, len(churn.parts) // 4)
    return 100 * median(churn.parts[-quarter:]) / median(churn.parts[:quarter])


def _beside_kannel(accept: Scenario, soap: Scenario, cycle: Scenario, told: Scenario) -> tuple[Aim, ...]:
    """With so many connections."""
    many = f"{accept.connections} connections"
    return (
        Aim(accept.name, f"accept by URL, {many}: times Kannel's", _of_kannel(accept), 1.5),
        Aim(accept.name, f"accept by URL, {many}: p99 in ms", _is("p99", 1e3), 10, most=True),
        Aim(cycle.name, f"full cycle, nobody told, {many}: times Kannel's", _of_kannel(cycle), 3),
        Aim(told.name, f"full cycle, each told, {many}: times Kannel's", _of_kannel(told), 3),
        Aim(soap.name, f"accept by SOAP, {many}: % of URL", _of_url(accept), 70),
    )


def _after_a_history(scenario: Scenario, engine: str) -> tuple[Aim, ...]:
    told = f"{engine}, after 10,000,000 messages, times an empty database's: "
    return tuple(
        Aim(scenario.name, told + verb, _of_young(verb), 1.2, most=True)
        for verb in ("accept", "lease", "status")
    )


def _of_pages(scenario: Scenario, engine: str) -> Aim:
    told = f"{engine}, 10,000,000 messages: the slowest page of the history, p95 in ms"
    return Aim(scenario.name, told, lambda _, runs: _slowest_page(runs), 100, most=True)


def _slowest_page(runs: Runs) -> float | None:
    values = [max(one.pages.values()) * 1e3 for one in runs if one.pages]
    return median(values) if values else None


AIMS: Final = (
    *_beside_kannel(ACCEPT_16, SOAP_16, CYCLE_16, TOLD_16),
    *_beside_kannel(ACCEPT_64, SOAP_64, CYCLE_64, TOLD_64),
    Aim(DRAIN.name, "drain without receipts: times Kannel's", _of_kannel(DRAIN), 1),
    Aim(BUNDLE.name, "bundle of 100,000: recipients/s", _is("rate"), 50_000),
    Aim(STEADY.name, "accept by URL, open loop at 70 %: p99 in ms", _is("p99", 1e3), 10, most=True),
    Aim(READY.name, "1,000,000 queued: MB more of memory, while they come", _is("grown", 1e-6), 5, most=True),
    Aim(
        READY.name,
        "1,000,000 queued: MB more of memory, started with them",
        lambda _, runs: grown_memory(runs),
        5,
        most=True,
    ),
    Aim(READY.name, "1,000,000 queued: seconds until it is ready", _is("ready"), 1.5, most=True),
    Aim(CYCLE_64.name, "SQLite: bytes on disk a finished message", _is("disk"), 1_000, most=True),
    Aim(CYCLE_NODES[0].name, "PostgreSQL: bytes on disk a finished message", _is("disk"), 1_000, most=True),
    *_after_a_history(HISTORY, "SQLite"),
    *_after_a_history(HISTORY_SERVER, "PostgreSQL"),
    _of_pages(PAGES, "SQLite"),
    _of_pages(PAGES_SERVER, "PostgreSQL"),
    Aim(ACCEPT_64.name, "accept by URL, 64 connections: messages/s", _is("rate"), 12_000),
    Aim(CYCLE_64.name, "full cycle, 64 connections: messages/s", _is("rate"), 7_000),
    Aim(CYCLE_64.name, "full cycle, 64 connections: p99 in ms", _is("p99", 1e3), 12, most=True),
    Aim(CYCLE_64.name, "full cycle, 64 connections: CPU in µs a message", _is("cpu", 1e6), 110, most=True),
    Aim(
        PRIORITY_SLOW.name,
        "an alarm past 1,000,000 at 100/s, window 10, 500 ms latency: p99 in ms",
        _is("p99", 1e3),
        250 + 500,
        most=True,
    ),
    Aim(
        PRIORITY_FAST.name,
        "an alarm past 1,000,000 with no rate, window 100: p99 in ms",
        _is("p99", 1e3),
        250,
        most=True,
    ),
    Aim(
        PRIORITY_SLOW_NODES.name,
        "on PostgreSQL by a node without a link, past 1,000,000 at 100/s as above: p99 in ms",
        _is("p99", 1e3),
        250 + 500,
        most=True,
    ),
    Aim(
        PRIORITY_FAST_NODES.name,
        "on PostgreSQL by a node without a link, past 1,000,000 with no rate: p99 in ms",
        _is("p99", 1e3),
        250,
        most=True,
    ),
    Aim(
        DUE.name,
        "10,000 due in the same second: the last with the network, in ms",
        _is("longest", 1e3),
        2_000,
        most=True,
    ),
    Aim(
        INCOMING.name,
        "incoming at 2,000/s: from phone to customer, p99 in ms",
        _is("p99", 1e3),
        500,
        most=True,
    ),
    Aim(
        INCOMING_HANGING.name,
        "the same for the nine, while one customer of ten hangs: p99 in ms",
        _is("p99", 1e3),
        500,
        most=True,
    ),
    Aim(MMS.name, "500 MMS of 100 kB: the most memory, in MB", _is("memory", 1e-6), 250, most=True),
    Aim(CHURN_SNAPSHOT.name, "leases beside an old snapshot, % of those without", _of_plain_churn, 50),
    Aim(CHURN_EXPORT.name, "leases beside an export, % of those without", _of_plain_churn, 50),
    Aim(CHURN_SNAPSHOT.name, "the last quarter of them, % of the first", _of_first_quarter, 80),
)


def aims(report: Report) -> list[str]:
    """A line each for those that were measured, reached or not."""
    lines = []
    for aim in AIMS:
        value = aim.value(report, report.of(aim.scenario, "Kavle"))
        if value is not None:
            reached = value <= aim.limit if aim.most else value >= aim.limit
            bound = "at most" if aim.most else "at least"
            verdict = ("reached" if reached else "MISSED") if quiet(report) else "not judged"
            form = ",.0f" if aim.limit >= 100 else ",.3g"
            lines.append(f"{aim.told}: {value:{form}}, to be {bound} {aim.limit:{form}}: {verdict}")
    return lines
