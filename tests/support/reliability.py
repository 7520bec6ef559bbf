"""docs/reliability.md with the figures that the long harnesses left: `make reliability` writes them in, and
keeps the rest, which is written there."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from support.proof import Figures

ROOT: Final = Path(__file__).parent.parent.parent
PAGE: Final = ROOT / "docs" / "reliability.md"
FOLDER: Final = ROOT / "build" / "proof"
HARNESS: Final = re.compile(
    r"^\| ([a-z0-9+-]+) \| (.*) \| (.*) \| (\d* ?)\| `(\w+)=(\d+) (.*)` \|$", re.MULTILINE
)
"""A row of the first table: name, what it does, what was tried, promises broken, and the command, in which a
variable says how much is to be tried."""

_KINDS: Final = "| harness | of each kind |\n|---|---|\n"
_VERSIONS: Final = re.compile(r"^Measured with .*$", re.MULTILINE)
_MOST: Final = 30  # kinds of one harness; there are more by which a PDU is refused


def written(page: str, found: Mapping[str, Figures]) -> str:
    """The page anew; harnesses without figures keep their rows."""

    def row(harness: re.Match[str]) -> str:
        name, does, _, _, variable, _, command = harness.groups()
        if name not in found:
            return harness[0]
        tried = found[name].figures
        # The first figure is what was asked for: rounds, cuts, messages or mutants.
        asked = next(iter(tried.values()))
        told = ", ".join(f"{count:,} {what}" for what, count in tried.items())
        return f"| {name} | {does} | {told} | {found[name].broken} | `{variable}={asked} {command}` |"

    page = _VERSIONS.sub(f"Measured with {_versions(found)}.", page)
    before, _, after = HARNESS.sub(row, page).partition(_KINDS)
    kinds = dict(re.findall(r"^\| ([a-z0-9+-]+) \| (.*) \|$", after, re.MULTILINE))
    kinds |= {name: _kinds(one.kinds) for name, one in found.items() if one.kinds}
    names = [harness[1] for harness in HARNESS.finditer(page) if harness[1] in kinds]
    rest = re.sub(r"\A(\|.*\n)*", "", after)
    return before + _KINDS + "".join(f"| {name} | {kinds[name]} |\n" for name in names) + rest


def read(folder: Path) -> dict[str, Figures]:
    """By the harness's name."""
    files = [msgspec.json.decode(file.read_bytes(), type=Figures) for file in sorted(folder.glob("*.json"))]
    return {one.name: one for one in files}


def _kinds(counts: Mapping[str, int]) -> str:
    told = [f"{what}: {count:,}" for what, count in counts.items()]
    more = [f"and {len(told) - _MOST} others"] if len(told) > _MOST else []
    return ", ".join(told[:_MOST] + more)


def _versions(found: Mapping[str, Figures]) -> str:
    return ", ".join(
        sorted({f"{what} {which}" for one in found.values() for what, which in one.versions.items()})
    )


if __name__ == "__main__":
    if not (found := read(FOLDER)):
        sys.exit("nothing has been proved yet: run make proof")
    PAGE.write_text(written(PAGE.read_text("utf-8"), found), "utf-8")
    print(f"{PAGE.name}: {', '.join(found)}")  # noqa: T201 -- a command
