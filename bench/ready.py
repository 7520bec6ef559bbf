"""How soon a gateway serves, and what memory it takes, with nothing in its queue and with very many."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from bench import fill, ours
from bench.backlog import fill_queue
from bench.network import network
from bench.scenarios import Figures, Scenario

_SETTLE: Final = 3.0  # seconds: sweeps and walks through the queue have begun


class _Life(NamedTuple):
    ready: float  # seconds, from the command on
    memory: int  # resident once it has settled


def ready(scenario: Scenario, messages: int, folder: Path, tell: Callable[[float], None]) -> Figures:
    """The network refuses the bind. The rate is that at which the queue was filled; queue memory is what
    a gateway takes over one with an empty queue."""
    with network(folder, is_open=False, receipts=False) as smsc:
        config = ours.settings(folder, smsc.port, f"sqlite:///{folder / 'kavle.db'}")
        ours.create_account(config)
        _life(config, folder)  # the system has read its files
        empty = _life(config, folder)
        tell(0.1)
        queued = fill_queue(fill.Order(str(config), messages), folder)
        tell(0.9)
        full = _life(config, folder)
    return Figures(
        messages=messages,
        rate=messages / queued.seconds,
        cpu=queued.cpu / messages,
        memory=full.memory,
        queued_memory=(full.memory - empty.memory) / messages,
        ready=full.ready,
    )


def _life(config: Path, folder: Path) -> _Life:
    began = time.monotonic()
    with ours.serve("kavle", config, folder) as (_, process):
        seconds = time.monotonic() - began
        time.sleep(_SETTLE)
        process.check()
        return _Life(seconds, process.memory())
