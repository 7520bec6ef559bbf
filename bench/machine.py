"""On what it was measured."""

from __future__ import annotations

import os
import platform
import resource
import sys
import sysconfig
import time
from importlib.metadata import version
from pathlib import Path
from typing import Final

import apsw

_WRITES: Final = 400


def describe(folder: Path) -> dict[str, str]:
    return {
        "machine": f"{os.cpu_count()} cores, {_cpu_model()}, {_memory()}",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
        f" ({sys.implementation.name}{_built()})",
        "libraries": ", ".join(f"{name} {version(name)}" for name in ("kavle", "httptools", "uvloop", "lxml"))
        + f", SQLite {apsw.sqlite_lib_version()}",
        "disk": f"{syncs(folder):,.0f} fdatasync/s of 4 kB, appended",
    }


class Others:
    """What share of the machine the processes that are not ours take, from now until `share`."""

    def __init__(self) -> None:
        self._since = time.monotonic(), _busy(), _ours()

    def share(self) -> float:
        """To be asked when all our processes have ended."""
        since, busy, ours = self._since
        taken = (_busy() - busy) - (_ours() - ours)
        return max(0.0, taken / ((time.monotonic() - since) * (os.cpu_count() or 1)))


def _busy() -> float:
    """Seconds of CPU that the machine has spent on processes, and that its host has kept from it."""
    # proc(5): cpu user nice system idle iowait irq softirq steal
    fields = Path("/proc/stat").read_text().split(maxsplit=9)
    return sum(int(fields[place]) for place in (1, 2, 3, 8)) / os.sysconf("SC_CLK_TCK")


_adopted: Final[list[float]] = []


def adopt(seconds: float) -> None:
    """CPU of a server that was ours, but was not our process's child."""
    _adopted.append(seconds)


def _ours() -> float:
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used) + sum(_adopted)


def syncs(folder: Path) -> float:
    """Durable writes a second, one after the other: what would be the ceiling of one commit a message."""
    path = folder / "sync.probe"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        began = time.perf_counter()
        for _ in range(_WRITES):
            os.write(handle, b"\0" * 4096)
            os.fdatasync(handle)
        return _WRITES / (time.perf_counter() - began)
    finally:
        os.close(handle)
        path.unlink()


def _built() -> str:
    """An interpreter that was not built by what a run of it tells (PGO) takes up to a fifth more. Debian's
    was, though its configuration does not say so."""
    if sys.base_prefix == "/usr":
        return ", the system's own"
    built = f"{sysconfig.get_config_var('CONFIG_ARGS')}"
    return "" if "--enable-optimizations" in built else ", built without --enable-optimizations"


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> str:
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB"
