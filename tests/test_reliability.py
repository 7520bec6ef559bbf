"""That docs/reliability.md tells of harnesses that there are, by commands that run them, and takes their
figures as they are."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from support.proof import Figures, Proof
from support.reliability import HARNESS, PAGE, ROOT, read, written

TOLD = PAGE.read_text("utf-8")
HARNESSES = list(HARNESS.finditer(TOLD))
COMMANDS = re.findall(r"`(?:\w+=\d+ )?\.venv/bin/python -m (pytest tests/[^`]*)`", TOLD)
FOUND = Figures("mutants-mm7", {"mutants": 7_000, "odd ones": 2}, {"Unreadable": 6_990}, 0, {"SQLite": "3.1"})


def test_every_row_of_the_table_is_a_harness() -> None:
    table = TOLD.partition("## The long harnesses")[2].partition("\n### ")[0]
    assert len(HARNESSES) == sum(line.startswith("| ") for line in table.splitlines()) - 1


@pytest.mark.parametrize("harness", HARNESSES, ids=[harness[1] for harness in HARNESSES])
def test_its_command_picks_a_test_that_its_variable_governs(harness: re.Match[str]) -> None:
    _, _, _, file, *rest = shlex.split(harness[7])
    source = (ROOT / file).read_text("utf-8")
    assert f'"{harness[5]}"' in source
    assert "Proof(" in source
    pick = rest[rest.index("-k") + 1] if "-k" in rest else ""
    for word in filter(None, pick.split(" and ")):
        assert word in source, f"{file} has no {word}"


def test_every_harness_that_leaves_figures_is_told() -> None:
    told = {shlex.split(harness[7])[3] for harness in HARNESSES}
    files = (ROOT / "tests").rglob("test_*.py")
    leaving = {file.relative_to(ROOT).as_posix() for file in files if 'Proof("' in file.read_text("utf-8")}
    leaving |= {"tests/fuzz/test_fuzz.py", "tests/journey/test_network_chaos.py"}
    assert leaving - {"tests/test_reliability.py"} == told


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_names_tests_that_there_are(command: str) -> None:
    files = [word for word in shlex.split(command) if word.startswith("tests/")]
    assert files
    assert [file for file in files if not (ROOT / file).is_file()] == []


def test_figures_are_written_in_and_the_rest_is_kept() -> None:
    page = written(TOLD, {FOUND.name: FOUND})
    (row,) = re.findall(r"^\| mutants-mm7 \| damaged .*$", page, re.MULTILINE)
    assert "| 7,000 mutants, 2 odd ones | 0 | `KAVLE_MUTANTS=7000 .venv/bin/python" in row
    assert "\n| mutants-mm7 | Unreadable: 6,990 |\n" in page
    assert "\nMeasured with SQLite 3.1.\n" in page
    ours = ("| mutants-mm7 |", "Measured with")
    assert [line for line in page.splitlines() if not line.startswith(ours)] == [
        line for line in TOLD.splitlines() if not line.startswith(ours)
    ]
    assert written(page, {FOUND.name: FOUND}) == page


def test_a_run_that_fails_leaves_no_figures_and_one_that_is_over_its_time_tells_how_far_it_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROOF_FIGURES", str(tmp_path))
    proof = Proof("some")
    assert list(proof.rounds(3)) == [1, 2, 3]
    proof.holds({"rounds": proof.made}, {"kills": 2, "none": 0})
    (found,) = read(tmp_path).values()
    assert (found.figures, found.kinds, found.broken) == ({"rounds": 3}, {"kills": 2}, 0)
    monkeypatch.setenv("PROOF_MINUTES", "0")
    again = Proof("some")
    assert read(tmp_path) == {}
    assert list(again.rounds(3)) == []
