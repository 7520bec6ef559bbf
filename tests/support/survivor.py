"""A process that outlives its tests, to end the PostgreSQL servers that they left.

Tests that are killed, by a time limit say, can't do it themselves, and a server goes on without them."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path


def ends_with_us(folder: Path) -> None:
    """Once this process has gone, however it went, the server in `folder`/data is ended and `folder` goes."""
    will = _survivor().stdin
    assert will is not None
    will.write(f"{folder}\n")
    will.flush()


@cache
def _survivor() -> subprocess.Popen[str]:
    """Its standard input ends with this process: no other has its other end."""
    survivor = subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,  # whoever reads what the tests say need not wait for it
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    atexit.register(survivor.communicate)
    return survivor


def _carry_out(will: Iterable[str]) -> None:
    for folder in [Path(line.rstrip("\n")) for line in will]:  # read to its end before anything is done
        with suppress(OSError):  # it was stopped in good order
            postmaster = (folder / "data" / "postmaster.pid").read_text().split()[0]
            os.kill(int(postmaster), signal.SIGQUIT)  # at once, as in a power cut
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _carry_out(sys.stdin)
