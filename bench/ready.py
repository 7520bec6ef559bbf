"""How soon a gateway serves, and what memory it takes, with nothing in its queue and with very many."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import apsw
import msgspec

from bench import load, ours
from bench.child import Broken, Child, child
from bench.network import network
from bench.scenarios import Figures, Scenario
from bench.shapes import BUNDLED, Shape

_SETTLE: Final = 3.0  # seconds: sweeps and walks through the queue have begun
_WARM_UP: Final = 20  # bundles: what the gateway takes for its own work it has taken
_PATIENCE: Final = 300.0
_LOOK: Final = 0.1

Tell = Callable[[float], None]


class _Life(NamedTuple):
    ready: float  # seconds, from the command on
    memory: int  # resident once it has settled


def ready(scenario: Scenario, messages: int, folder: Path, tell: Tell) -> Figures:
    """The network refuses the bind. The queue comes in bundles of a thousand, by the web service: `grown` is
    what the gateway takes more meanwhile, the rate that at which they are messages. Queue memory is what one
    that starts with the queue takes over one that starts without."""
    database = folder / "kavle.db"
    with network(folder, is_open=False, receipts=False) as smsc:
        config = ours.settings(folder, smsc.port, f"sqlite:///{database}")
        ours.create_account(config)
        _life(config, folder)  # the system has read its files
        empty = _life(config, folder)
        tell(0.1)
        with ours.serve("kavle", config, folder) as (port, process):
            queued = _queue(process, port, database, scenario.connections, messages, folder)
        tell(0.9)
        full = _life(config, folder)
    return Figures(
        messages=messages,
        rate=queued.rate,
        cpu=queued.cpu,
        memory=full.memory,
        grown=queued.grown,
        queued_memory=(full.memory - empty.memory) / messages,
        ready=full.ready,
    )


class _Queued(NamedTuple):
    rate: float
    cpu: float  # of a message
    grown: int


def _queue(
    process: Child, port: int, database: Path, connections: int, messages: int, folder: Path
) -> _Queued:
    order = load.Order(Shape.BUNDLE, [port], connections, messages // BUNDLED - _WARM_UP, warm_up=_WARM_UP)
    command = [sys.executable, "-m", "bench.load", msgspec.json.encode(order).decode()]
    with child("load", command, folder) as generator:
        generator.line()
        _expanded(process, database)
        cpu, memory = process.cpu(), process.memory()
        generator.input.write("go\n")
        generator.input.flush()
        result = msgspec.json.decode(generator.line(_PATIENCE), type=load.Result)
        ended = _expanded(process, database)
    if result.refused:
        raise Broken(f"{result.refused} bundles were refused; the first:\n{result.first_refusal}")
    queued = order.count * BUNDLED
    return _Queued(queued / (ended - result.began), (process.cpu() - cpu) / queued, process.memory() - memory)


def _expanded(process: Child, database: Path) -> float:
    """The moment when all recipients of all bundles were messages."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        process.check()
        db = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
        left = db.execute("SELECT count(*) FROM bundle_part WHERE work <> 0").get
        db.close()
        if not left:
            return time.monotonic()
        time.sleep(_LOOK)
    raise Broken("bundles did not become messages")


def _life(config: Path, folder: Path) -> _Life:
    began = time.monotonic()
    with ours.serve("kavle", config, folder) as (_, process):
        seconds = time.monotonic() - began
        time.sleep(_SETTLE)
        process.check()
        return _Life(seconds, process.memory())
