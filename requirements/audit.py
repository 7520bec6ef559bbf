"""Looks for known faults in what Kavle runs on, by pip-audit. Where they can't be looked up, it says so and
passes: who has no network builds all the same."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PINS = Path(__file__).parent / "runtime.txt"
HOW = ("--require-hashes", "--disable-pip", "--progress-spinner=off", "--timeout=5", "--format=json")
PATIENCE = 60.0


def verdict(dependencies: Sequence[dict[str, Any]]) -> tuple[int, str]:
    """The exit code, and what to say, of what pip-audit tells."""
    skipped = [one["name"] for one in dependencies if "skip_reason" in one]
    faults = [
        f"{one['name']} {one['version']}: {fault['id']}"
        f", mended in {', '.join(fault['fix_versions']) or 'no version yet'}"
        for one in dependencies
        for fault in one.get("vulns", ())
    ]
    looked = len(dependencies) - len(skipped)
    if faults:
        return 1, "\n".join(["Kavle runs on what has known faults:", *faults])
    if not looked:
        return 0, "Known faults can't be looked up from here: nothing was looked at."
    rest = f"; not looked up: {', '.join(skipped)}" if skipped else ""
    return 0, f"No known faults in {looked} of {len(dependencies)} dependencies{rest}"


def main(program: str) -> int:
    try:
        done = subprocess.run(
            [program, f"--requirement={PINS}", *HOW],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        code, told = verdict(json.loads(done.stdout)["dependencies"])
    except (OSError, subprocess.TimeoutExpired, ValueError):
        code, told = verdict(())
    sys.stdout.write(f"{told}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
