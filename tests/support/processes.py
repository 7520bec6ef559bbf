"""The gateway and the network as processes of their own, which can be killed."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

KAVLE = [sys.executable, "-m", "kavle"]
LOOPBACK = "127.0.0.1"


class Process:
    """A running `kavle …`; `said` is what it printed until it was ready."""

    def __init__(self, process: asyncio.subprocess.Process, said: str, log: Path) -> None:
        self.process = process
        self.said = said
        self.log = log

    @property
    def port(self) -> int:
        """The one in `… on http://127.0.0.1:8080` or `… on 127.0.0.1:2775`."""
        return int(self.said.split(f"{LOOPBACK}:")[1].split()[0].rstrip(".,;"))

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            return await self.process.wait()


@asynccontextmanager
async def kavle(*arguments: str, log: Path, ready: str = "ready") -> AsyncIterator[Process]:
    """Runs until the block ends, unless it has ended by then. Errors and logs go to the file `log`."""
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *KAVLE, *arguments, stdout=asyncio.subprocess.PIPE, stderr=errors
        )
    try:
        async with asyncio.timeout(30):
            said = await _line_with(process, ready, log)
        yield Process(process, said, log)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _line_with(process: asyncio.subprocess.Process, word: str, log: Path) -> str:
    assert process.stdout is not None
    while line := (await process.stdout.readline()).decode():
        if word in line:
            return line
    raise AssertionError(f"kavle ended with {await process.wait()}: {log.read_text()[-2000:]}")


async def run(*arguments: str, input: str = "") -> tuple[int, str, str]:
    """A command to its end: exit code, what it printed, and its errors."""
    process = await asyncio.create_subprocess_exec(
        *KAVLE,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        out, err = await process.communicate(input.encode())
    return process.returncode or 0, out.decode(), err.decode()


def settings_file(folder: Path, smpp_port: int, *, http_port: int = 0) -> Path:
    path = folder / "kavle.toml"
    path.write_text(f"""
database = "sqlite:///{folder}/data/kavle.db"
[http]
port = {http_port}
[[carrier]]
name = "simulated"
kind = "smpp"
host = "{LOOPBACK}"
port = {smpp_port}
system_id = "kavle"
password = "secret"
window = 20
reconnect_max = 0.2
[[route]]
carriers = ["simulated"]
""")
    return path
