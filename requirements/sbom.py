"""Writes sbom.json: what Kavle runs on, as the pins say it, in CycloneDX 1.6. Equal pins give equal bytes."""

from __future__ import annotations

import json
import re
import sys
import uuid
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PINS = HERE / "runtime.txt"
TARGET = HERE / "sbom.json"
US = "kavle"
_PIN = re.compile(r"^([\w.-]+)==([^\s;\\]+)(?: ; ([^\\\n]+))?.*?(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
_VIA = re.compile(r"^    # via(.*(?:\n    #   .*)*)", re.MULTILINE)


def version() -> str:
    found = re.search(
        r'^version = "(.+)"$', (HERE.parent / "pyproject.toml").read_text("utf-8"), re.MULTILINE
    )
    if found is None:
        raise SystemExit("pyproject.toml has no version")
    return found[1]


def bill(pins: str, version: str) -> dict[str, Any]:
    components, needed_by = [], dict[str, set[str]]()
    for found in _PIN.finditer(pins):
        name, pinned, where = found.groups()
        component = {"type": "library", "bom-ref": ref(name), "name": name, "version": pinned}
        component["purl"] = f"pkg:pypi/{name}@{pinned}"
        if where:
            component["description"] = f"where {where.strip()}"
        components.append(component)
        for parent in parents(found[0]):
            needed_by.setdefault(parent, set()).add(ref(name))
    ours = {"type": "application", "bom-ref": US, "name": US, "version": version}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, pins + version)}",
        "version": 1,
        "metadata": {"component": {**ours, "licenses": [{"license": {"id": "Apache-2.0"}}]}},
        "components": components,
        "dependencies": [
            {"ref": one, "dependsOn": sorted(needed_by.get(one, ()))}
            for one in [US, *(component["bom-ref"] for component in components)]
        ],
    }


def parents(pin: str) -> list[str]:
    """Who wants it, by the comment that uv leaves."""
    found = _VIA.search(pin)
    names = [] if found is None else [one.strip(" #") for one in found[1].split("\n")]
    wanted = [name for name in names if name and not name.startswith("-c ")]
    return [US if name.startswith((US, "-r ")) else ref(name) for name in wanted]


def ref(name: str) -> str:
    return f"pypi:{name}"


def written() -> str:
    return json.dumps(bill(PINS.read_text("utf-8"), version()), indent=1) + "\n"


if __name__ == "__main__":
    TARGET.write_text(written(), "utf-8")
    sys.stdout.write(f"{TARGET} is written\n")
