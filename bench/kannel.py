"""Kannel as `bench` measures it: bearerbox and smsbox with a file store, one SMPP link, quiet logs."""

from __future__ import annotations

import http.client
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from bench.child import Broken, Child, child
from bench.gateway import Gateway
from bench.network import PASSWORD as NETWORK_PASSWORD
from bench.network import SYSTEM_ID, WINDOW, Network
from bench.shapes import ACCOUNT, PASSWORD, Shape

_PATIENCE: Final = 20.0

# log-level 4 is panics only. The throughput that Kannel allows itself is unlimited unless one is set.
_SETTINGS: Final = """\
group = core
admin-port = {admin}
admin-password = {password}
admin-interface = 127.0.0.1
smsbox-port = {box}
smsbox-interface = 127.0.0.1
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
log-level = 4
log-file = {folder}/bearerbox.log
store-type = file
store-location = {folder}/kannel.store
dlr-storage = internal

group = smsc
smsc = smpp
smsc-id = simulated
host = 127.0.0.1
port = {smpp}
transceiver-mode = true
smsc-username = {system_id}
smsc-password = {smpp_password}
system-type = ""
interface-version = 34
source-addr-ton = 5
source-addr-npi = 0
dest-addr-ton = 1
dest-addr-npi = 1
max-pending-submits = {window}
reconnect-delay = 1
msg-id-type = 0x00

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
log-level = 4
log-file = {folder}/smsbox.log

group = sendsms-user
username = {account}
password = {password}
"""


def version() -> str | None:
    """Of the Kannel that is installed; None where there is none."""
    if _path("bearerbox") is None or _path("smsbox") is None:
        return None
    said = subprocess.run(
        [_path("bearerbox") or "", "--version"], capture_output=True, text=True, check=False
    )
    found = re.search(r"version `([^']+)'", said.stdout + said.stderr)
    return found[1] if found else "of an unknown version"


def _path(program: str) -> str | None:
    return shutil.which(program) or shutil.which(program, path="/usr/sbin")  # of root's path on Debian


class Kannel(Gateway):
    name = "Kannel"

    def __init__(self, port: int, processes: Sequence[Child], store: Path, report_port: int) -> None:
        super().__init__([port], processes)
        self._store = store
        self.report_port = report_port

    def shape(self, interface: str, *, receipts: bool, told: bool) -> Shape:
        if not receipts:
            return Shape.KANNEL
        return Shape.KANNEL_DLR if told else Shape.KANNEL_UNTOLD

    def reports(self) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.report_port or 0, timeout=10)
        try:
            connection.request("GET", "/count")
            return int(connection.getresponse().read())
        finally:
            connection.close()

    def delivered(self) -> None:
        return None

    def stop(self) -> None:
        self._bytes = self._store.stat().st_size  # it writes the file anew when it stops
        for process in reversed(self.processes):
            process.stop()

    def disk(self) -> int:
        return self._bytes


@contextmanager
def kannel(folder: Path, network: Network) -> Iterator[Kannel]:
    admin, box, sendsms = _free_ports(3)
    config = folder / "kannel.conf"
    config.write_text(
        _SETTINGS.format(
            folder=folder,
            admin=admin,
            box=box,
            sendsms=sendsms,
            smpp=network.port,
            system_id=SYSTEM_ID,
            smpp_password=NETWORK_PASSWORD,
            window=WINDOW,
            account=ACCOUNT,
            password=PASSWORD,
        )
    )
    with ExitStack() as stack:
        receiver = stack.enter_context(child("receiver", [sys.executable, "-m", "bench.echo"], folder))
        report_port = int(receiver.line())
        processes = []
        for program, port in (("bearerbox", box), ("smsbox", sendsms)):
            command = [_path(program) or program, "-v", "4", str(config)]
            processes.append(stack.enter_context(child(program, command, folder)))
            _wait_for(port, processes[-1])
        yield Kannel(sendsms, processes, folder / "kannel.store", report_port)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def _wait_for(port: int, process: Child) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        process.check()
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise Broken(f"{process.name} does not listen on port {port}{process.complaint()}")
