"""`kavle serve` as `bench` measures it: as it comes, with one carrier and one account."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw

from bench.child import Broken, Child, child, children_of, cpu_of, status_of
from bench.gateway import Gateway
from bench.network import PASSWORD as NETWORK_PASSWORD
from bench.network import SYSTEM_ID, WINDOW, Network
from bench.shapes import ACCOUNT, PASSWORD, Shape
from kavle.model.status import Status

_KAVLE: Final = [sys.executable, "-m", "kavle"]
_READY: Final = re.compile(r"Kavle is ready on http://127\.0\.0\.1:(\d+)")

_SETTINGS: Final = """\
database = "{database}"
log_level = "warning"
[http]
port = 0
processes = {norths}
[[carrier]]
name = "simulated"
kind = "smpp"
host = "127.0.0.1"
port = {port}
system_id = "{system_id}"
password = "{password}"
window = {window}
rate = {rate}
binds = {binds}
reconnect_max = 1.0
[[route]]
carriers = ["simulated"]
"""


class Kavle(Gateway):
    name = "Kavle"

    def __init__(self, port: int, process: Child, database: Path) -> None:
        super().__init__([port], [process])
        self._database = database

    def shape(self, interface: str, *, receipts: bool, told: bool) -> Shape:
        return Shape.SOAP if interface == "SOAP" else Shape.URL

    def reports(self) -> None:
        return None

    def delivered(self) -> int:
        db = apsw.Connection(str(self._database), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            return int(db.execute("SELECT count(*) FROM message WHERE status = ?", (Status.DELIVERED,)).get)
        finally:
            db.close()

    def stop(self) -> None:
        self.processes[0].stop()

    def disk(self) -> int:
        """After a checkpoint: all is in the one file then."""
        db = apsw.Connection(str(self._database))
        db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        db.close()
        return self._database.stat().st_size


class Norths(Kavle):
    """With processes of its own that let customers in, beside the one that writes."""

    def cpu(self) -> float:
        return super().cpu() + self.norths_cpu()

    def norths_cpu(self) -> float:
        return sum(map(cpu_of, self._norths()))

    def memory(self) -> int:
        return super().memory() + self._sum("VmRSS")

    def peak_memory(self) -> int:
        return super().peak_memory() + self._sum("VmHWM")

    def _norths(self) -> list[int]:
        return children_of(self.processes[0].pid)

    def _sum(self, key: str) -> int:
        return sum(status_of(pid, key) or 0 for pid in self._norths())


@contextmanager
def norths(count: int, folder: Path, network: Network) -> Iterator[Norths]:
    database = folder / "kavle.db"
    config = settings(folder, network.port, f"sqlite:///{database}", norths=count)
    create_account(config)
    with serve("kavle", config, folder) as (port, process):
        yield Norths(port, process, database)


@contextmanager
def kavle(folder: Path, network: Network) -> Iterator[Kavle]:
    database = folder / "kavle.db"
    config = settings(folder, network.port, f"sqlite:///{database}")
    create_account(config)
    with serve("kavle", config, folder) as (port, process):
        yield Kavle(port, process, database)


def settings(
    folder: Path,
    port: int,
    database: str,
    nodes: int = 1,
    window: int = WINDOW,
    rate: float = 0.0,
    norths: int = 0,
) -> Path:
    """The file of them, for so many gateways on that database, and a network at that port: a link for each,
    and one window for all; `norths`: processes of each that let customers in."""
    config = folder / "kavle.toml"
    config.write_text(
        _SETTINGS.format(
            database=database,
            port=port,
            system_id=SYSTEM_ID,
            password=NETWORK_PASSWORD,
            window=window,
            rate=float(rate),
            binds=nodes,
            norths=norths,
        )
    )
    return config


def create_account(config: Path) -> None:
    command = [*_KAVLE, "account", "create", ACCOUNT, "--password", "-", "--credits", "10000000"]
    made = subprocess.run(
        [*command, "--config", config], input=PASSWORD, text=True, capture_output=True, check=False
    )
    if made.returncode:
        raise Broken(f"kavle account create: {made.stderr}")


@contextmanager
def serve(name: str, config: Path, folder: Path) -> Iterator[tuple[int, Child]]:
    """A gateway, and the port that it listens on."""
    with child(name, [*_KAVLE, "serve", "--config", config], folder) as process:
        ready = _READY.match(process.line())
        if ready is None:
            raise Broken(f"{name} did not say its port")
        yield int(ready[1]), process
