"""What accepting, leasing and asking cost with a long past, in parts of what they cost without."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from bench import ours, past, road
from bench.child import child
from bench.scenarios import Figures, Scenario

VERBS: Final = ("accept", "lease", "status")
_ROUNDS: Final = 500
_PATIENCE: Final = 300.0  # seconds without any progress


def growth(
    scenario: Scenario, messages: int, folder: Path, kept: Path | None, tell: Callable[[float], None]
) -> Figures:
    """`kept`: the folder where the database with so many messages is, or is to be. The rate and the CPU are
    those of messages that go from acceptance to receipt behind them, with a question for the status of
    another."""
    rounds = min(_ROUNDS, messages // 1000)
    with past.kept(kept or folder, messages, server=bool(scenario.nodes)) as old:
        young = old.server.another("young") if old.server else f"sqlite:///{folder / 'young.db'}"
        tell(0.5)
        order = road.Order(_config(folder / "young", young), _config(folder / "old", old.url), rounds)
        ours.create_account(Path(order.young))
        command = [sys.executable, "-m", "bench.road", msgspec.json.encode(order).decode()]
        with child("road", command, folder) as process:
            for part in range(road.PARTS):
                process.line(_PATIENCE)
                tell(0.5 + (part + 1) / road.PARTS / 2)
            result = msgspec.json.decode(process.line(), type=road.Result)
    return Figures(
        messages=messages,
        rate=rounds * road.BATCH / sum(result.old.values()),
        cpu=result.cpu / (2 * rounds * road.BATCH),
        memory=result.memory,
        times_young={verb: result.old[verb] / result.young[verb] for verb in result.old},
    )


def _config(folder: Path, database: str) -> str:
    folder.mkdir()
    return str(ours.settings(folder, 2775, database))
