"""The figures of a harness, for docs/reliability.md: written by the long forms alone, when all that was
promised held. `PROOF_FIGURES` names the folder."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import apsw
import msgspec


class Figures(msgspec.Struct, frozen=True):
    """`figures` are counts; `kinds`: of what befell it, or of what became of it, how much of each."""

    name: str
    figures: dict[str, int]
    kinds: dict[str, int]
    broken: int  # promises
    versions: dict[str, str]


class Proof:
    """`Proof("kills-sqlite")` takes away the figures of that name's last run, `holds` leaves new ones."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.made = 0  # rounds
        folder = os.environ.get("PROOF_FIGURES")
        self._file = Path(folder) / f"{name}.json" if folder else None
        if self._file:
            self._file.unlink(missing_ok=True)

    def rounds(self, most: int) -> Iterator[int]:
        """1, 2 and so on: so many, or as many as begin within PROOF_MINUTES."""
        minutes = os.environ.get("PROOF_MINUTES")
        end = time.monotonic() + 60 * float(minutes) if minutes else None
        while self.made < most and (end is None or time.monotonic() < end):
            self.made += 1
            yield self.made

    def holds(self, figures: Mapping[str, int], kinds: Mapping[str, int] | None = None) -> None:
        """All was looked at, and no promise was broken."""
        kinds = {name: count for name, count in (kinds or {}).items() if count}
        print(f"{self._name}: {dict(figures)} {kinds}")  # noqa: T201 -- the figures of a proof
        if self._file:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            found = Figures(self._name, dict(figures), kinds, 0, _versions())
            self._file.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")


def _versions() -> dict[str, str]:
    return {"Python": platform.python_version(), "SQLite": apsw.sqlite_lib_version()}
