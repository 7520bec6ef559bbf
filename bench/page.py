"""`python -m bench.page`: docs/performance.md, from what the benchmark has measured last."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click
import msgspec

from bench import capacity
from bench.aims import aims
from bench.scenarios import SCENARIOS
from bench.table import HEADINGS, Report, about, cells, disturbance, foot, quiet, ratios

PAGE: Final = Path(__file__).parent.parent / "docs" / "performance.md"
OUT: Final = Path(__file__).parent / "out"

_BEGINNING: Final = """\
# Performance

Made by `python -m bench.page` from what `make bench` has measured: to measure anew, run both on a machine
that has nothing else to do. Medians, and in brackets the extremes of the runs, which alternate between the
gateways.
[CONTRIBUTING.md](../CONTRIBUTING.md) tells where each of these costs has its place in the code.
"""


_JASMIN: Final = """\
## Jasmin

Jasmin 0.11 with its RabbitMQ and Redis was not measured by this benchmark. What is quoted here was
measured on another machine of two cores (Debian 12, November 2026), with the load generator and the
network on them too, to within 30 % or so:

| | Jasmin 0.11 |
| --- | --: |
| accept by HTTP, 16 connections | 1,200–1,400/s, p99 17–23 ms |
| accept by HTTP, 64 connections | 1,300–1,900/s, p99 82–118 ms |
| full cycle with receipts | 22–298/s (broken as released) |
| drain of a backlog | 850–1,100/s |
| memory of a queued message | some 10 kB |
| sync to disk before it answers | never |
"""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument(
    "measured", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="[JSON]…"
)
@click.option("--page", type=click.Path(dir_okay=False, path_type=Path), default=PAGE, help="To be written.")
def main(measured: tuple[Path, ...], page: Path) -> None:
    """Write docs/performance.md from files of bench/out: the newest one, or those that are named, of which
    later ones add their scenarios to the first one's."""
    files = measured or tuple(sorted(OUT.glob("*.json"))[-1:])
    if not files:
        raise click.UsageError("nothing has been measured yet: run make bench")
    page.write_text(rendered(joined([msgspec.json.decode(file.read_bytes(), type=Report) for file in files])))
    click.echo(f"{page}: {', '.join(file.name for file in files)}")


def joined(reports: list[Report]) -> Report:
    """About the first one's machine; of a scenario that several have, the last one's figures. In the order in
    which `make bench` measures them."""
    found = {name: gateways for report in reports for name, gateways in report.figures.items()}
    figures = {one.name: found[one.name] for one in SCENARIOS if one.name in found}
    whole = Report(dict(reports[0].about), figures)
    whole.about["quiet"] = disturbance(whole)
    return whole


def rendered(report: Report) -> str:
    warning = "" if quiet(report) else "\n**The machine was not quiet: these figures are worth little.**\n"
    lists = "\n".join(f"- {line}" for line in aims(report))
    return "\n".join(
        [
            _BEGINNING + warning,
            _row(HEADINGS),
            _row(["---", "---", *["--:"] * (len(HEADINGS) - 2)]),
            *_rows(report),
            "",
            foot(report).strip(),
            "",
            "## What was to be reached",
            "",
            lists,
            "",
            *capacity.lines(report),
            "",
            _JASMIN,
            "## On what",
            "",
            "```text",
            about(report.about),
            "```",
            "",
        ]
    )


def _rows(report: Report) -> list[str]:
    rows = []
    for name in report.figures:
        ours, theirs = report.of(name, "Kavle"), report.of(name, "Kannel")
        rows.append(_row([name, "Kavle", *cells(ours), ratios(ours, theirs)]))
        if theirs:
            rows.append(_row(["", "Kannel", *cells(theirs), ""]))
    return rows


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
