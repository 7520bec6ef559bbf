"""docs/reliability.md, of the figures that the long harnesses left: `make proof`, then `make reliability`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from support.proof import Figures

ROOT: Final = Path(__file__).parent.parent.parent
PAGE: Final = ROOT / "docs" / "reliability.md"
FOLDER: Final = ROOT / "build" / "proof"
NOT_RUN: Final = "not run yet"


class Harness(NamedTuple):
    name: str  # of its figures
    does: str
    file: str  # below tests/
    pick: str  # pytest's -k; "" for all of the file
    variable: str  # that says how much
    unit: str  # the figure that it says


_KILLED: Final = "journey/test_chaos.py"
_FAULTY: Final = "journey/test_network_chaos.py"
_CUT: Final = "journey/test_severed_nodes.py"
_FUZZ: Final = "fuzz/test_fuzz.py"
_CHAOS: Final = ("KAVLE_CHAOS_ROUNDS", "rounds")
_MESSAGES: Final = ("KAVLE_CHAOS_MESSAGES", "messages")
_CUTS: Final = ("KAVLE_CHAOS_CUTS", "rounds")
_MUTANTS: Final = ("KAVLE_MUTANTS", "mutants")

HARNESSES: Final = (
    Harness(
        "kills-sqlite",
        "one gateway on SQLite, killed with `kill -9` at random moments while customers send by the URL and by SOAP,"
        " one and many, now and later, take back, send MMS, and are called for what phones answer",
        _KILLED,
        "gateway_is_killed",
        *_CHAOS,
    ),
    Harness(
        "kills-postgresql",
        "the same with two gateways on one PostgreSQL, of which either, both, the server, or one of its processes"
        " dies, stands still, is locked, or is told to stop",
        _KILLED,
        "nodes_and_the_server",
        *_CHAOS,
    ),
    Harness(
        "power-cuts",
        "the power is cut while a store on SQLite is at work: of what was not synced a part is left, or nothing",
        "store/test_power_cut.py",
        "",
        "KAVLE_POWER_CUTS",
        "cuts",
    ),
    *(
        Harness(
            f"network-{engine}-{mode}",
            f"{gateways}, bound as {mode}, to a network that errs in all the ways below; each status is held against"
            " the network's own journal",
            _FAULTY,
            f"{test} and {pick}",
            *_MESSAGES,
        )
        for engine, gateways, test in (
            ("sqlite", "one gateway on SQLite", "sqlite"),
            ("postgresql", "two gateways on PostgreSQL", "postgresql"),
        )
        for mode, pick in (("transceiver", "transceiver"), ("transmitter+receiver", "transmitter"))
    ),
    Harness(
        "nodes-cut-off",
        "three gateways on one PostgreSQL, killed, and cut off from the database, the network, or both",
        _CUT,
        "killed_and_cut_off",
        *_CUTS,
    ),
    Harness(
        "machines-cut-off",
        "the same with two of them on machines of their own, as Linux's network namespaces, whose cable is pulled",
        _CUT,
        "machines_fall_off",
        *_CUTS,
    ),
    *(
        Harness(f"mutants-{name}", f"{what}, damaged at random", file, pick, *_MUTANTS)
        for name, what, file, pick in (
            ("soap", "SOAP requests", _FUZZ, "soap"),
            ("url", "queries of `sendsms.aspx`", _FUZZ, "url"),
            ("udh", "user data with headers", _FUZZ, "udh"),
            ("mm7", "MM7 messages", _FUZZ, "mm7"),
            (
                "smpp",
                "SMPP PDUs, to the codec and to sessions in both roles",
                "wire/smpp/test_smpp_mutants.py",
                "",
            ),
            ("mime", "multiparts of MIME", "wire/mime/test_mime_mutants.py", ""),
        )
    ),
)

_BEGINNING: Final = """\
# Reliability

What is promised, how that was tried, and how often it broke. Made by `make reliability` of the figures that `make proof`
leaves in `build/proof`. `make test` runs each of these harnesses in a short form.

## What is promised

- **An id that was answered stands for a message that is stored**, synced to disk, and paid once; a code, that nothing is. A
  connection that closed without an answer may be either.
- **It is sent**, or its end is known: every message comes to a final status, and that never changes again.
- **It is sent once**, but where a link or a process died between a `submit_sm` and the record of its answer: then once more,
  and [each such try is on record](message-life.md#what-becomes-of-a-segment). Likewise an MMS, whose files come out as they came in.
- **Each recipient of a bundle has one message of it.** What is time controlled is not sent before its time. What `cancelSms` or
  `cancelBundle` answered 0 for is never sent, and paid back.
- **Money is exact**: the ledger adds up to the balance at each entry, no balance falls below zero, and what no network took
  is paid back.
- **What was acknowledged to a network is kept**: receipts, texts and MMS from phones. Their customer is told of each, by one id, until he
  answers OK.
- **What can't be read is refused by name**, and nothing that comes from outside makes a gateway hang, grow or fall.

[A message's life](message-life.md#a-crash-at-each-point) tells for each instant why that is so. At the end of each run the
invariants in `tests/support/invariants.py` and `promises.py` hold the database against the journals of the simulated
networks, which outlive the gateway, and against what the customers were answered.

## The long harnesses

A harness stops at the first promise that it finds broken, and leaves no figures then.

"""

_BESIDE: Final = (
    ("a disk that is full, and one that is read-only, under a running gateway", "journey/test_disk.py", ""),
    ("a commit of which nobody knows whether it reached the disk", "store/test_sqlite_file.py", ""),
    ("statements that interleave on several connections, in every order", "store/test_interleavings.py", ""),
    ("a second, smaller model of a message's life, beside the real one", "core/test_life_machine.py", ""),
    ("a backup under load, restored: nothing goes out twice, no id repeats", "journey/test_restore.py", ""),
    ("passwords and texts in all that is logged, answered and counted", "journey/test_secrets.py", ""),
    ("every older schema, with data, upgraded to the newest", "store/test_upgrades.py", ""),
    ("an account's flood, slow clients, connections without number", "journey/test_north_http.py", ""),
)

_END: Final = """\

## What is not covered

- **The networks are simulated**, by a program of ours: it errs in the ways in which networks are known to err, and a real one may
  know others. Other people's SMPP programs are tried in `tests/journey/test_foreign_smpp.py`, where they are installed.
- **Power cuts are simulated**, by a layer under SQLite that drops what was not synced. A disk that says that it has synced, and
  has not, breaks every promise here. On PostgreSQL the server is crashed, and its disk is trusted.
- **A phone may get a message twice**: whoever dies between sending and recording can't know better. `unsure = "hold"` asks an operator
  instead.
- **A customer may send twice** what he was not answered for: the old interfaces have no key by which to know it again.
- **Disks that silently change what they hold** are not looked for, but by `kavle doctor` and PostgreSQL's own checksums.
- **Clocks that differ** between machines, and that jump, are tried in tests with set clocks, not in the long harnesses.
- **Months of running** are not: the longest run here takes an hour.
"""


def command(harness: Harness, figures: Figures | None) -> str:
    amount = f"{harness.variable}={figures.figures[harness.unit]} " if figures else ""
    pick = f" -k '{harness.pick}'" if " " in harness.pick else f" -k {harness.pick}" if harness.pick else ""
    return f"{amount}.venv/bin/python -m pytest tests/{harness.file}{pick} --timeout 0"


def rendered(found: Mapping[str, Figures]) -> str:
    rows = [_row(harness, found.get(harness.name)) for harness in HARNESSES]
    return "".join(
        [
            _BEGINNING,
            _table(("harness", "what it does", "tried", "promises broken", "command"), rows),
            "\n### Of each kind\n\n",
            "What befell it; of mutants, what became of them.\n\n",
            _table(("harness", "how many"), _kinds(found)),
            "\n## Beside them\n\nParts of `make test`, each by itself:\n\n",
            _table(("what", "command"), _beside()),
            _END,
            _versions(found),
        ]
    )


def read(folder: Path) -> dict[str, Figures]:
    """By the harness's name."""
    files = [msgspec.json.decode(file.read_bytes(), type=Figures) for file in sorted(folder.glob("*.json"))]
    return {one.name: one for one in files}


def _row(harness: Harness, figures: Figures | None) -> tuple[str, ...]:
    tried = _counts(figures.figures) if figures else NOT_RUN
    broken = str(figures.broken) if figures else ""
    return harness.name, harness.does, tried, broken, f"`{command(harness, figures)}`"


def _kinds(found: Mapping[str, Figures]) -> Iterator[tuple[str, ...]]:
    for harness in HARNESSES:
        if (figures := found.get(harness.name)) and figures.kinds:
            yield harness.name, _counts(figures.kinds)


def _beside() -> Iterator[tuple[str, ...]]:
    for what, file, pick in _BESIDE:
        yield what, f"`.venv/bin/python -m pytest tests/{file}{pick}`"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in counts.items())


def _versions(found: Mapping[str, Figures]) -> str:
    versions = {f"{name} {version}" for one in found.values() for name, version in one.versions.items()}
    return f"\nMeasured with {', '.join(sorted(versions))}.\n" if versions else ""


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


if __name__ == "__main__":
    if not (found := read(FOLDER)):
        sys.exit("nothing has been proved yet: run make proof")
    PAGE.write_text(rendered(found), "utf-8")
    print(f"{PAGE}: {', '.join(found)}")  # noqa: T201 -- a command
