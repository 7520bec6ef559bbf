"""`python -m bench`: one table of figures."""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from bench import kannel, ours
from bench.aims import aims
from bench.child import Broken
from bench.machine import describe
from bench.measure import Start, generator_alone, measure
from bench.nodes import nodes
from bench.scenarios import ALONE, SCENARIOS, Figures, Scenario
from bench.table import Report, about, disturbance, foot, table

OUT: Final = Path(__file__).parent / "out"
WIDTH: Final = 140

_MESSAGES: Final = 50_000
_QUICK_MESSAGES: Final = 10_000
_CHURN: Final = 200_000
_QUICK_CHURN: Final = 40_000
_ALONE: Final = {
    "bundle": 100_000,
    "priority": 1_000_000,
    "due": 10_000,
    "incoming": 60_000,
    "mms": 500,
    "ready": 1_000_000,
    "history": 10_000_000,
    "pages": 10_000_000,
}
_QUICK_ALONE: Final = {
    "bundle": 20_000,
    "priority": 50_000,
    "due": 2_000,
    "incoming": 10_000,
    "mms": 100,
    "ready": 50_000,
    "history": 200_000,
    "pages": 200_000,
}


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--runs", type=click.IntRange(min=1), default=5, show_default=True, help="Times that all is measured."
)
@click.option("--quick", is_flag=True, help="One short run: a glance, not a figure to quote.")
@click.option(
    "--only",
    metavar="WORD",
    multiple=True,
    help="Only scenarios whose name holds WORD: soap, cycle, 64, postgres, churn, … Once or more often.",
)
@click.option("--without-kannel", is_flag=True, help="Measure Kavle alone.")
@click.option(
    "--messages",
    type=click.IntRange(min=1_000),
    help="Messages in each run of accept and full cycle, and half of those of a drain.  [default: 50,000]",
)
@click.option(
    "--rows",
    type=click.IntRange(min=10_000),
    help="Messages of a long history.  [default: 10,000,000]",
)
@click.option(
    "--past",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Keep the databases with a long history there, and take them from there the next time.",
)
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Put the databases there while it runs: it is that disk which is measured. [default: bench/out]",
)
def main(
    runs: int,
    quick: bool,
    only: tuple[str, ...],
    without_kannel: bool,
    messages: int | None,
    rows: int | None,
    past: Path | None,
    folder: Path | None,
) -> None:
    """Measure the gateway against a simulated network in another process, and print one table.

    Accepted messages a second by URL and SOAP, the full cycle with receipts, the drain of a backlog; CPU,
    memory and disk of each message; with 1 and 2 north processes as well. A bundle of 100,000; how long an
    alarm takes past a million others (on PostgreSQL by a gateway that has no link), and 10,000 that are due
    in one second; incoming messages, from phone to customer; MMS with a picture of 100 kB. On PostgreSQL
    accept and full cycle with 1, 2 and 4 gateways, and the queue under churn. On each engine what a long
    queue and a long history cost, and how soon the pages of one answer. Where Debian's kannel is installed
    it goes through the same, alternating with Kavle; each measurement begins with fresh processes on an
    empty folder. Takes some two hours; all runs are kept as JSON in bench/out, of which `python -m
    bench.page` makes docs/performance.md. Nothing leaves this machine, and it should have nothing else to do.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C: everything is put away
    words = [word.lower() for word in only or ("",)]
    scenarios = [one for one in SCENARIOS if any(word in one.name.lower() for word in words)]
    if not scenarios:
        names = "; ".join(one.name for one in SCENARIOS)
        raise click.UsageError(f"no scenario holds {' or '.join(only)}: {names}")
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=folder or OUT) as name:
        order = _Order(
            Path(name), scenarios, 1 if quick else runs, quick, without_kannel, messages, rows, past
        )
        try:
            report = _run(order)
        except Broken as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt:
            raise click.Abort from None
    report.about["quiet"] = disturbance(report)
    _show(report)


class _Order(NamedTuple):
    """What is to be measured."""

    folder: Path
    scenarios: Sequence[Scenario]
    runs: int
    quick: bool
    without_kannel: bool
    messages: int | None
    rows: int | None
    past: Path | None


def _run(order: _Order) -> Report:
    gateways: dict[str, Start] = {"Kavle": ours.kavle}
    version = None if order.without_kannel else kannel.version()
    if version is not None:
        gateways["Kannel"] = kannel.kannel
    report = Report(describe(order.folder), {})
    report.about["Kannel"] = version or (
        "left out" if order.without_kannel else "not installed (apt install kannel)"
    )
    report.about["generator"] = (
        f"{generator_alone(order.folder, _MESSAGES):,.0f} requests/s on a server that does nothing"
    )
    if order.quick:
        report.about["runs"] = "short, and one of each: not to be quoted"
    with _progress() as progress:
        for turn in range(order.runs):
            for scenario in order.scenarios:
                # Alternating, and who begins alternates too: what the machine does meanwhile hits both.
                starts = _starts(scenario, gateways)
                for gateway in sorted(starts, reverse=not turn % 2):
                    label = f"run {turn + 1}/{order.runs}  {scenario.name}  {gateway}"
                    figures = _one(progress, label, scenario, starts[gateway], order)
                    report.add(scenario, gateway, figures)
    return report


def _starts(scenario: Scenario, gateways: dict[str, Start]) -> dict[str, Start]:
    """Of the gateways that can do it."""
    if scenario.nodes:
        return {"Kavle": partial(nodes, scenario.nodes)}
    if scenario.norths:
        return {"Kavle": partial(ours.norths, scenario.norths)}
    if scenario.interface == "SOAP" or scenario.kind == "churn" or scenario in ALONE:
        return {"Kavle": gateways["Kavle"]}
    return gateways


def _one(progress: Progress, label: str, scenario: Scenario, start: Start, order: _Order) -> Figures:
    task: TaskID = progress.add_task(label, total=1.0)
    began, messages = time.monotonic(), _messages(scenario, order)

    def tell(share: float) -> None:
        progress.update(task, completed=share)

    figures = measure(scenario, start, messages, order.folder, tell, order.past or order.folder)
    progress.remove_task(task)
    took = time.monotonic() - began
    progress.console.print(f"{label}  {figures.rate:,.0f}/s, measured in {took:.0f} s", highlight=False)
    return figures


def _messages(scenario: Scenario, order: _Order) -> int:
    quick = order.quick
    if scenario.kind in ("history", "pages") and order.rows is not None:
        return order.rows
    if scenario in ALONE:
        return (_QUICK_ALONE if quick else _ALONE)[scenario.kind]
    if scenario.kind == "churn":
        return _QUICK_CHURN if quick else _CHURN
    messages = order.messages or (_QUICK_MESSAGES if quick else _MESSAGES)
    return 2 * messages if scenario.kind == "drain" else messages


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )


def _show(report: Report) -> None:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    console.print()
    console.print(table(report))
    for text in (foot(report), "\n".join(aims(report)), about(report.about)):
        console.print(text + "\n", markup=False, soft_wrap=True)
    path = OUT / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    console.print(f"All runs: {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")


if __name__ == "__main__":
    main()
