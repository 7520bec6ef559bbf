"""The one table, its foot, and the same as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final

import msgspec
from rich.table import Table

from bench.scenarios import (
    ACCEPT_64,
    ACCEPT_NORTHS,
    BUNDLE,
    CYCLE_64,
    CYCLE_NORTHS,
    DRAIN,
    DUE,
    HISTORY,
    HISTORY_SERVER,
    INCOMING,
    MMS,
    ON_SERVER,
    PAGES,
    PAGES_SERVER,
    PRIORITY_SLOW,
    PRIORITY_SLOW_NODES,
    READY,
    STEADY,
    TOLD_64,
    Figures,
    Scenario,
)

Runs = Sequence[Figures]

HEADINGS: Final = (
    "",
    "",
    "runs",
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


def middle(runs: Runs, name: str, unit: float = 1.0) -> float | None:
    """The median, in parts of `1 / unit`."""
    values = [getattr(one, name) for one in runs if getattr(one, name) is not None]
    return median(values) * unit if values else None


def grown_memory(runs: Runs) -> float | None:
    """MB that the whole queue takes."""
    values = [one.queued_memory * one.messages / 1e6 for one in runs if one.queued_memory is not None]
    return median(values) if values else None


_QUIET: Final = 0.05

_NOTES: Final = {
    ACCEPT_64.name: """\
Accept: the network refuses the bind, so that messages are accepted, stored and queued, and nothing goes out.
""",
    CYCLE_64.name: """\
Full cycle: from the first request until the network has the last deliver_sm_resp, one receipt a message.
Kavle's database then holds every message as delivered (22); Kannel keeps nothing of it. p50 and p99 are
those of the accept's HTTP answer while all this goes on. The load generator and the network share the
cores: {load} and {network} µs of CPU a message beside Kavle at 64 connections. Nobody told: Kavle's
customers are not called, and don't ask; Kannel is asked for a report (dlr-mask) and given no address for
it (dlr-url).
""",
    TOLD_64.name: """\
Each told: Kannel brings each report by one HTTP call to a receiver of ours, {reports} in each run, and its
time ends with the last of them. Kavle's contract has no such call: its customer asks for the status, so
after the cycle each message is asked for by one call, all answered with 22; their time and CPU ({asked}
µs) are added.
""",
    ACCEPT_NORTHS[0].name: """\
North processes: the same 64 connections, with `[http] processes` of 1 and 2. These let customers in, and hand
what is to be written to the engine, which does all else; CPU and memory are those of all together. Of the CPU
of a message one takes {north_accept} µs for its accept, {north_cycle} µs in a full cycle; what is left is the
engine's, and bounds what more of them bring where there are cores for them. Here the load generator and the
network want the same cores.
""",
    STEADY.name: """\
Open loop: as many again come at a steady rate, 70 % of what the closed loop came to, whether or not the
others are answered; p50 and p99 count from when each was due. The rate is the closed loop's.
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
    READY.name: """\
Ready: 1,000,000 messages come in bundles of a thousand by SOAP, at the rate that is shown, and queue: the
gateway's memory grows by {grown} MB meanwhile. One that is started with them serves {ready} s after the
command, and takes {behind} MB more than one that is started with none.
""",
    HISTORY.name: """\
Long history: {history} messages with their texts, segments, receipts, ledger entries and indexes; beside
it an empty database, used in turn with it, a hundred messages at a time, by the verbs alone. Time that
each takes with the history, in parts of what it takes without: {aged}. The status is that of one of the
newest 2,000, as it is mostly asked for; any status that of any message there ever was.
""",
    HISTORY_SERVER.name: """\
The same on PostgreSQL, both databases on one server: {aged_server}.
""",
    PAGES.name: """\
Pages of that history, as its customer sees them, asked for one at a time; messages/s and CPU are those of
pages. ms at the 95th percentile: {pages}. In part: a search that has looked
through so much shows what it has found, and leads on from there.
""",
    PAGES_SERVER.name: """\
The same on PostgreSQL: {pages_server}.
""",
    MMS.name: """\
MMS: a picture of 100,000 octets each, by SOAP in base64, to a simulated MMSC; from the first request until
the last delivery report is acknowledged and kept. p50 and p99 are those of the service's answer meanwhile.
""",
}
"""By the scenario that they explain."""

_SERVER: Final = """\
PostgreSQL: a server of its own for each run, as it comes, over a Unix socket; 64 connections are dealt out
to the gateways, which share one account and the network's window. CPU and memory are those of the gateways
together. Queue churn: the store alone leases 100 and records 100 at a time; the rate is of what was leased
and recorded. What took CPU besides the gateways, in µs a message:
"""

_FOOT: Final = """\
Kavle answers when the message is on disk (fdatasync); Kannel's file store never syncs. Kannel has no SOAP.
CPU is user and system time of the gateway's processes (of Kannel: bearerbox and smsbox), memory the most that
is resident; disk is the database after a checkpoint (on PostgreSQL without the queue's tables, whose room is
used again), or Kannel's store file.
"""


def table(report: Report) -> Table:
    shown = Table(title="Gateways on one simulated network (SMPP window 100)", title_justify="left")
    for heading in HEADINGS:
        shown.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    for name in report.figures:
        ours, theirs = report.of(name, "Kavle"), report.of(name, "Kannel")
        shown.add_row(name, "Kavle", *cells(ours), ratios(ours, theirs), end_section=not theirs)
        if theirs:
            shown.add_row("", "Kannel", *cells(theirs), end_section=True)
    return shown


def ratios(ours: Runs, theirs: Runs) -> str:
    """Ours by theirs, run by run: the median, and the extremes."""
    return _spread([a.rate / b.rate for a, b in zip(ours, theirs, strict=False)], ".2f")


def foot(report: Report) -> str:
    cycle = report.of(CYCLE_64.name, "Kavle")
    calls = middle(report.of(TOLD_64.name, "Kannel"), "reports")
    notes = [note for name, note in _NOTES.items() if name in report.figures]
    return "".join([*notes, _on_server(report), _FOOT]).format(
        queued=_number(middle(report.of(DRAIN.name, "Kavle"), "queued_memory"), ",.0f"),
        queued_there=_number(middle(report.of(DRAIN.name, "Kannel"), "queued_memory"), ",.0f"),
        reports=_number(calls, ",.0f"),
        ready=_number(middle(report.of(READY.name, "Kavle"), "ready"), ".2f"),
        grown=_number(middle(report.of(READY.name, "Kavle"), "grown", 1e-6), ".1f"),
        behind=_number(grown_memory(report.of(READY.name, "Kavle")), ".1f"),
        asked=_number(middle(report.of(TOLD_64.name, "Kavle"), "asked_cpu", 1e6), ",.0f"),
        history=_number(middle(report.of(HISTORY.name, "Kavle"), "messages"), ",.0f"),
        aged=_aged(report.of(HISTORY.name, "Kavle")),
        aged_server=_aged(report.of(HISTORY_SERVER.name, "Kavle")),
        pages=_slowest(report.of(PAGES.name, "Kavle")),
        pages_server=_slowest(report.of(PAGES_SERVER.name, "Kavle")),
        north_accept=_number(middle(report.of(ACCEPT_NORTHS[0].name, "Kavle"), "norths_cpu", 1e6), ".0f"),
        north_cycle=_number(middle(report.of(CYCLE_NORTHS[0].name, "Kavle"), "norths_cpu", 1e6), ".0f"),
        load=_number(middle(cycle, "load_cpu", 1e6), ".0f"),
        network=_number(middle(cycle, "network_cpu", 1e6), ".0f"),
    )


def _aged(runs: Runs) -> str:
    """By verb, in the order in which a message meets them."""
    verbs = [verb for one in runs[:1] for verb in one.times_young]
    return ", ".join(f"{verb} {median(one.times_young[verb] for one in runs):.2f}" for verb in verbs)


def _slowest(runs: Runs) -> str:
    """Of each page, in the order in which they were asked for."""
    names = [name for one in runs[:1] for name in one.pages]
    of_each = {name: [one.pages[name] * 1e3 for one in runs if name in one.pages] for name in names}
    return ", ".join(f"{name} {median(values):.0f}" for name, values in of_each.items())


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
    verdict = "" if quiet(report) else ": NOT QUIET, the figures are worth little"
    return f"other processes and the host took {taken} % of the machine{verdict}"


def quiet(report: Report) -> bool:
    return median(_others(report)) <= _QUIET


def _others(report: Report) -> list[float]:
    return [one.others for runs in report.figures.values() for some in runs.values() for one in some]


def cells(runs: Runs) -> list[str]:
    return [
        str(len(runs)),
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
