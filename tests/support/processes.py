"""The gateway and the network as processes of their own, which can be killed."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode
from urllib.request import urlopen

from kavle.simulator.journal import Entry, read_journal
from support.patience import PATIENCE

EXAMPLE = {"acc": "test", "pass": "1234", "msg": "Testar", "to": "0702617396", "from": "ip1", "prio": "2"}
"""The manual's own call of sendsms.aspx."""
KAVLE = [sys.executable, "-m", "kavle"]
LOOPBACK = "127.0.0.1"


_SECRET = "a-secret-of-enough-letters"
MMSC_PATH = f"/carriers/mmsc/{_SECRET}"
_MMSC = f"""
[[carrier]]
name = "mmsc"
kind = "mm7"
url = "http://{LOOPBACK}:{{port}}/"
webhook = "{_SECRET}"
binds = {{binds}}
reconnect_max = 0.2
[price.mms]
default = "2.50"
"""


def children_of(pid: int) -> list[int]:
    """The processes that it has started, and that run."""
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # one that has ended meanwhile
            found += map(int, (thread / "children").read_text().split())
    return sorted(found)


class Process:
    """A `kavle …`; `said` is the line by which it told that it was ready."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self.said = ""
        self.log = log

    @property
    def port(self) -> int:
        """The one in `… on http://127.0.0.1:8080` or `… on 127.0.0.1:2775`."""
        return int(self.said.split(f"{LOOPBACK}:")[1].split()[0].rstrip(".,;"))

    @property
    def running(self) -> bool:
        return self.process.returncode is None

    @property
    def children(self) -> list[int]:
        return children_of(self.process.pid)

    async def ready(self, word: str = "ready") -> bool:
        """Whether it said `word`, and did not end before."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while line := (await self.process.stdout.readline()).decode():
                if word in line:
                    self.said = line
                    return True
            await self.process.wait()
            return False

    async def get(self, path: str, **query: str) -> str:
        """The body of its answer."""
        return await get(f"http://{LOOPBACK}:{self.port}{path}" + (f"?{urlencode(query)}" if query else ""))

    async def send(self, **parameters: str) -> str:
        """sendsms.aspx with the manual's own example, but for what is given."""
        return await self.get("/sendsms.aspx", **{**EXAMPLE, **parameters})

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()


async def started(*arguments: str, log: Path, within: Sequence[str] = ()) -> Process:
    """Errors and logs go to the file `log`. `within`: the command that starts it."""
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *within, *KAVLE, *arguments, stdout=asyncio.subprocess.PIPE, stderr=errors
        )
    return Process(process, log)


@asynccontextmanager
async def kavle(*arguments: str, log: Path, ready: str = "ready") -> AsyncIterator[Process]:
    """Runs until the block ends, unless it has ended by then."""
    process = await started(*arguments, log=log)
    try:
        if not await process.ready(ready):
            raise AssertionError(f"kavle ended with {process.process.returncode}: {log.read_text()[-2000:]}")
        yield process
    finally:
        if process.running:
            await process.kill()


class NetworkProcess(NamedTuple):
    """A `kavle simulate smsc`, and the file in which it writes down all that it sees."""

    port: int
    journal: Path

    def seen(self) -> Iterator[Entry]:
        return read_journal(self.journal)


@asynccontextmanager
async def simulated_network(folder: Path) -> AsyncIterator[NetworkProcess]:
    """Its log and its journal are in that folder."""
    journal = folder / "network.jsonl"
    simulate = ["simulate", "smsc", "--port", "0", "--quiet", "--journal", str(journal)]
    async with kavle(*simulate, log=folder / "network.log") as process:
        yield NetworkProcess(process.port, journal)


async def run(*arguments: str, input: str = "") -> tuple[int, str, str]:
    """A command to its end: exit code, what it printed, and its errors."""
    process = await asyncio.create_subprocess_exec(
        *KAVLE,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE):
        out, err = await process.communicate(input.encode())
    return process.returncode or 0, out.decode(), err.decode()


async def get(url: str) -> str:
    """The body of the answer."""

    def fetch() -> str:
        with urlopen(url, timeout=PATIENCE) as answer:  # noqa: S310 -- loopback
            return str(answer.read().decode())

    return await asyncio.to_thread(fetch)


def free_port() -> int:
    """For what comes back on the same port each time, as a real gateway does."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def settings_file(
    folder: Path,
    smpp_port: int,
    *,
    http_port: int = 0,
    database: str | None = None,
    binds: int = 1,
    link_lease: float = 3.0,
    carrier: str = "",
    host: str = LOOPBACK,
    mmsc: int | None = None,
    processes: int = 0,
    more: str = "",
) -> Path:
    """`carrier`: further lines of the SMSC's; `mmsc`: the port of an MMSC, that comes to `MMSC_PATH`;
    `processes`: that only let customers in; `more`: further tables."""
    path = folder / "kavle.toml"
    path.write_text(f"""
database = "{database or f"sqlite:///{folder}/data/kavle.db"}"
[http]
port = {http_port}
processes = {processes}
[[carrier]]
name = "simulated"
kind = "smpp"
host = "{host}"
port = {smpp_port}
system_id = "kavle"
password = "secret"
binds = {binds}
window = 20
reconnect_max = 0.2
{carrier}
{_MMSC.format(port=mmsc, binds=binds) if mmsc else ""}
[[route]]
carriers = ["simulated"]
{'mms = ["mmsc"]' if mmsc else ""}
[gateway]
link_lease = {link_lease}
{more}
""")
    return path
