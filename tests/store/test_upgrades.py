"""A database of every schema step that there ever was comes up to date with all that is in it, and what was
queued in it is sent."""

from __future__ import annotations

import pytest

from support.dumps import COMMAND, ENGINES, dump_of, steps

STEPS = [(engine, step) for engine in ENGINES for step in steps(engine)]


@pytest.mark.parametrize(("engine", "step"), STEPS)
def test_every_schema_step_has_its_dump(engine: str, step: str) -> None:
    assert dump_of(engine, step).exists(), (
        f"step {step} of {engine} has no dump to test upgrades from: run `{COMMAND}` while it is the newest"
    )
