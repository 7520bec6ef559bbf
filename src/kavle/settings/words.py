"""How keys and choices are written."""

from __future__ import annotations

from collections.abc import Iterable


def dotted(key: str, name: object) -> str:
    return f"{key}.{name}" if key else str(name)


def suggestion(nearest: list[str]) -> str:
    return f"; did you mean {nearest[0]}?" if nearest else ""


def listed(names: Iterable[object]) -> str:
    return ", ".join(map(str, names))


def one_of(choices: Iterable[object]) -> str:
    return f"one of {listed(choices)}"
