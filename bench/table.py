"""The one table, its foot, and the same as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Final

import msgspec
from rich.table import Table

from bench.scenarios import (
    ACCEPT_64,
    BUNDLE,
    CHURN,
    CHURN_EXPORT,
    CHURN_SNAPSHOT,
    CYCLE_64,
    DRAIN,
    DUE,
    INCOMING,
    INCOMING_HANGING,
    MMS,
    ON_SERVER,
    PRIORITY_FAST,
    PRIORITY_FAST_NODES,
    PRIORITY_SLOW,
    PRIORITY_SLOW_NODES,
    SOAP_64,
    Figures,
    Scenario,
)

Runs = Sequence[Figures]

_HEADINGS: Final = (
    "",
    "",
    "messages/s",
    "p50 ms",
    "p99 ms",
    "CPU µs/msg",
    "memory MB",
    "disk B/msg",
    "Kavle / Kannel",
)


class Report(msgspec.Struct):
    """All that was measured, by scenario and gateway, run after run; runs of one number ran side by side."""

    about: dict[str, str]
    figures: dict[str, dict[str, list[Figures]]]

    def add(self, scenario: Scenario, gateway: str, figures: Figures) -> None:
        self.figures.setdefault(scenario.name, {}).setdefault(gateway, []).append(figures)

    def of(self, scenario: str, gateway: str) -> Runs:
        return self.figures.get(scenario, {}).get(gateway, [])


class Aim(msgspec.Struct, frozen=True):
    """A figure to reach on a machine of two cores."""

    scenario: str
    told: str
    value: Callable[[Report, Runs], float | None]
    limit: float
    most: bool = False  # the limit is not to be exceeded


def middle(runs: Runs, name: str, unit: float = 1.0) -> float | None:
    """The median, in parts of `1 / unit`."""
    values = [getattr(one, name) for one in runs if getattr(one, name) is not None]
    return median(values) * unit if values else None


def _of_url(report: Report, soap: Runs) -> float | None:
    pairs = list(zip(soap, report.of(ACCEPT_64.name, "Kavle"), strict=False))
    return median(100 * by_soap.rate / by_url.rate for by_soap, by_url in pairs) if pairs else None


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

_QUIET: Final = 0.05

_NOTES: Final = {
    ACCEPT_64.name: """\
Accept: the network refuses the bind, so that messages are accepted, stored and queued, and nothing goes out.
""",
    CYCLE_64.name: """\
Full cycle: from the first request until the network has the last deliver_sm_resp, one receipt a message.
Kavle's database then holds every message as delivered (22). Kannel brings each receipt by one HTTP call to a
receiver of ours, {reports} in each run, and its time ends with the last of them; it keeps none. p50 and p99
are those of the accept's HTTP answer while all this goes on. The load generator and the network share the
cores: {load} and {network} µs of CPU a message beside Kavle at 64 connections.
""",
    DRAIN.name: """\
Drain: from the first submit_sm to the last response; the backlog came by URL. Of memory, a message that is
queued takes {queued} B in Kavle and {queued_there} B in Kannel.
""",
    BUNDLE.name: """\
Bundle: 100,000 recipients in one list are read, accepted in one commit, and made into messages with their
jobs, without any face; memory is that of the process.
""",
    PRIORITY_SLOW.name: """\
Priority 3: p50 and p99 are from an alarm's HTTP request to its arrival at the network, by the network's
journal; messages/s is what all others get meanwhile. At 100/s the window is 10, and a response takes 500 ms.
""",
    PRIORITY_SLOW_NODES.name: """\
On PostgreSQL two gateways share the database and the carrier's one link: it is the other's that the alarms
are brought to.
""",
    DUE.name: """\
Due: the gateway starts with the messages waiting; p50 and p99 are from their second to their arrival at the
network, which sends a receipt for each.
""",
    INCOMING.name: """\
Incoming: phones send at a steady rate, by SMPP, to 100 numbers of ten customers; p50 and p99 are from a
phone's sending to the HTTP call that tells its customer, messages/s is what these were told of. None may be
lost. Where one hangs, its tenth still waits in the end, and the figures are those of the other nine.
""",
    MMS.name: """\
MMS: a picture of 100,000 octets each, by SOAP in base64, to a simulated MMSC; from the first request until
the last delivery report is acknowledged and kept. p50 and p99 are those of the service's answer meanwhile.
""",
}
"""By the scenario that they explain."""

_SERVER: Final = """\
PostgreSQL: a server of its own for each run, as it comes, over a Unix socket; 64 connections are dealt out to
the gateways, which share one account and the network's window. Queue churn: the store alone leases 100 and
records 100 at a time; the rate is of what was leased and recorded. What took CPU besides the gateways, in µs
a message:
"""

_FOOT: Final = """\
Kavle answers when the message is on disk (fdatasync); Kannel's file store never syncs. Kannel has no SOAP.
CPU is user and system time of the gateway's processes (of Kannel: bearerbox and smsbox), memory the most that
is resident; disk is the database after a checkpoint, or Kannel's store file.
"""


def table(report: Report) -> Table:
    shown = Table(title="Gateways on one simulated network (SMPP window 100)", title_justify="left")
    for heading in _HEADINGS:
        shown.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    for name in report.figures:
        ours, theirs = report.of(name, "Kavle"), report.of(name, "Kannel")
        shown.add_row(name, "Kavle", *_cells(ours), ratios(ours, theirs), end_section=not theirs)
        if theirs:
            shown.add_row("", "Kannel", *_cells(theirs), end_section=True)
    return shown


def ratios(ours: Runs, theirs: Runs) -> str:
    """Ours by theirs, run by run: the median, and the extremes."""
    return _spread([a.rate / b.rate for a, b in zip(ours, theirs, strict=False)], ".2f")


def foot(report: Report) -> str:
    cycle = report.of(CYCLE_64.name, "Kavle")
    calls = middle(report.of(CYCLE_64.name, "Kannel"), "reports")
    notes = [note for name, note in _NOTES.items() if name in report.figures]
    return "".join([*notes, _on_server(report), _FOOT]).format(
        queued=_number(middle(report.of(DRAIN.name, "Kavle"), "queued_memory"), ",.0f"),
        queued_there=_number(middle(report.of(DRAIN.name, "Kannel"), "queued_memory"), ",.0f"),
        reports=_number(calls, ",.0f"),
        load=_number(middle(cycle, "load_cpu", 1e6), ".0f"),
        network=_number(middle(cycle, "network_cpu", 1e6), ".0f"),
    )


def _on_server(report: Report) -> str:
    """Where the time went on PostgreSQL; the gateways' share is the table's."""
    lines = []
    for scenario in ON_SERVER:
        runs = report.of(scenario.name, "Kavle")
        named = [("PostgreSQL", "database_cpu"), ("load generator", "load_cpu"), ("network", "network_cpu")]
        spent = [(who, middle(runs, key, 1e6)) for who, key in named]
        if told := ", ".join(f"{who} {value:.0f}" for who, value in spent if value is not None):
            lines.append(f"  {scenario.name}: {told}\n")
    return "".join([_SERVER, *lines]) if lines else ""


def disturbance(report: Report) -> str:
    """How much the machine did besides."""
    taken = _spread([100 * share for share in _others(report)], ".0f")
    verdict = "" if _quiet(report) else ": NOT QUIET, the figures are worth little"
    return f"other processes and the host took {taken} % of the machine{verdict}"


def aims(report: Report) -> list[str]:
    """A line each for those that were measured, reached or not."""
    lines = []
    for aim in AIMS:
        value = aim.value(report, report.of(aim.scenario, "Kavle"))
        if value is not None:
            reached = value <= aim.limit if aim.most else value >= aim.limit
            bound = "at most" if aim.most else "at least"
            verdict = ("reached" if reached else "MISSED") if _quiet(report) else "not judged"
            lines.append(f"{aim.told}: {value:,.0f}, to be {bound} {aim.limit:,.0f}: {verdict}")
    return lines


def _quiet(report: Report) -> bool:
    return median(_others(report)) <= _QUIET


def _others(report: Report) -> list[float]:
    return [one.others for runs in report.figures.values() for some in runs.values() for one in some]


def _cells(runs: Runs) -> list[str]:
    return [
        _spread([one.rate for one in runs], ",.0f"),
        _number(middle(runs, "p50", 1e3), ".1f"),
        _number(middle(runs, "p99", 1e3), ".1f"),
        _spread([one.cpu * 1e6 for one in runs], ".0f"),
        _number(middle(runs, "memory", 1e-6), ".0f"),
        _number(middle(runs, "disk"), ".0f"),
    ]


def _spread(values: Sequence[float], form: str) -> str:
    if not values:
        return ""
    if len(values) == 1:
        return f"{values[0]:{form}}"
    return f"{median(values):{form}} ({min(values):{form}}–{max(values):{form}})"


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else f"{value:{form}}"


def about(report: Mapping[str, str]) -> str:
    return "\n".join(f"{name:<10} {text}" for name, text in report.items())
