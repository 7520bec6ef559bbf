"""What is to be reached, and whether it was."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Final

import msgspec

from bench.scenarios import (
    ACCEPT_64,
    BUNDLE,
    CHURN,
    CHURN_EXPORT,
    CHURN_SNAPSHOT,
    CYCLE_64,
    DRAIN,
    DUE,
    HISTORY,
    INCOMING,
    INCOMING_HANGING,
    MMS,
    PRIORITY_FAST,
    PRIORITY_FAST_NODES,
    PRIORITY_SLOW,
    PRIORITY_SLOW_NODES,
    READY,
    SOAP_64,
    STEADY,
    Figures,
    Scenario,
)
from bench.table import Report, Runs, grown_memory, middle, quiet


class Aim(msgspec.Struct, frozen=True):
    """A figure to reach on a machine of two cores."""

    scenario: str
    told: str
    value: Callable[[Report, Runs], float | None]
    limit: float
    most: bool = False  # the limit is not to be exceeded


def _of_url(report: Report, soap: Runs) -> float | None:
    pairs = list(zip(soap, report.of(ACCEPT_64.name, "Kavle"), strict=False))
    return median(100 * by_soap.rate / by_url.rate for by_soap, by_url in pairs) if pairs else None


def _of_kannel(scenario: Scenario) -> Callable[[Report, Runs], float | None]:
    def value(report: Report, ours: Runs) -> float | None:
        pairs = list(zip(ours, report.of(scenario.name, "Kannel"), strict=False))
        return median(a.rate / b.rate for a, b in pairs) if pairs else None

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


AIMS: Final = (
    Aim(ACCEPT_64.name, "accept by URL, messages/s", lambda _, runs: middle(runs, "rate"), 12_000),
    Aim(ACCEPT_64.name, "accept by URL, p99 in ms", lambda _, runs: middle(runs, "p99", 1e3), 12, most=True),
    Aim(ACCEPT_64.name, "accept by URL, times Kannel's", _of_kannel(ACCEPT_64), 1.5),
    Aim(
        STEADY.name,
        "accept by URL at 70 % of that, p99 in ms",
        lambda _, runs: middle(runs, "p99", 1e3),
        10,
        most=True,
    ),
    Aim(CYCLE_64.name, "full cycle, times Kannel's", _of_kannel(CYCLE_64), 3),
    Aim(
        CYCLE_64.name,
        "full cycle, disk in bytes a message",
        lambda _, runs: middle(runs, "disk"),
        1_000,
        most=True,
    ),
    Aim(DRAIN.name, "drain of a backlog, times Kannel's", _of_kannel(DRAIN), 1),
    Aim(
        READY.name,
        "ready with 1,000,000 in the queue, seconds",
        lambda _, runs: middle(runs, "ready"),
        1.5,
        most=True,
    ),
    Aim(READY.name, "memory of these, in MB", lambda _, runs: grown_memory(runs), 5, most=True),
    Aim(
        HISTORY.name,
        "CPU after 10,000,000 others, times that of an empty database",
        lambda _, runs: middle(runs, "of_empty"),
        1.2,
        most=True,
    ),
    Aim(SOAP_64.name, "accept by SOAP, % of URL", _of_url, 70),
    Aim(CYCLE_64.name, "full cycle, messages/s", lambda _, runs: middle(runs, "rate"), 7_000),
    Aim(CYCLE_64.name, "full cycle, p99 in ms", lambda _, runs: middle(runs, "p99", 1e3), 12, most=True),
    Aim(
        CYCLE_64.name,
        "full cycle, CPU in µs a message",
        lambda _, runs: middle(runs, "cpu", 1e6),
        110,
        most=True,
    ),
    Aim(BUNDLE.name, "bundle of 100,000, recipients/s", lambda _, runs: middle(runs, "rate"), 50_000),
    Aim(
        PRIORITY_SLOW.name,
        "an alarm past 1,000,000 at 100/s, window 10, 500 ms latency: p99 in ms",
        lambda _, runs: middle(runs, "p99", 1e3),
        250 + 500,
        most=True,
    ),
    Aim(
        PRIORITY_FAST.name,
        "an alarm past 1,000,000 with no rate, window 100: p99 in ms",
        lambda _, runs: middle(runs, "p99", 1e3),
        250,
        most=True,
    ),
    Aim(
        PRIORITY_SLOW_NODES.name,
        "on PostgreSQL by a node without a link, past 1,000,000 at 100/s as above: p99 in ms",
        lambda _, runs: middle(runs, "p99", 1e3),
        250 + 500,
        most=True,
    ),
    Aim(
        PRIORITY_FAST_NODES.name,
        "on PostgreSQL by a node without a link, past 1,000,000 with no rate: p99 in ms",
        lambda _, runs: middle(runs, "p99", 1e3),
        250,
        most=True,
    ),
    Aim(
        DUE.name,
        "10,000 due in the same second: the last with the network, in ms",
        lambda _, runs: middle(runs, "longest", 1e3),
        2_000,
        most=True,
    ),
    Aim(
        INCOMING.name,
        "incoming at 2,000/s: from phone to customer, p99 in ms",
        lambda _, runs: middle(runs, "p99", 1e3),
        500,
        most=True,
    ),
    Aim(
        INCOMING_HANGING.name,
        "the same for the nine, while one customer of ten hangs: p99 in ms",
        lambda _, runs: middle(runs, "p99", 1e3),
        500,
        most=True,
    ),
    Aim(
        MMS.name,
        "500 MMS of 100 kB: the most memory, in MB",
        lambda _, runs: middle(runs, "memory", 1e-6),
        250,
        most=True,
    ),
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
