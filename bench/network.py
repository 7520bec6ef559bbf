"""The simulated network, `kavle simulate smsc`, in a process of its own; and what it counted."""

from __future__ import annotations

import http.client
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from bench.child import Broken, Child, child

SYSTEM_ID: Final = "kavle"
PASSWORD: Final = "secret"
WINDOW: Final = 100

_FOR_EVER: Final = 86_400
_READY: Final = re.compile(r"SMSC ready on 127\.0\.0\.1:(\d+), HTTP on 127\.0\.0\.1:(\d+)")


class Counts(msgspec.Struct):
    """What is of use here of the network's own counters."""

    submits: int
    accepted: int
    refused: int
    receipts_acked: int
    receipts_refused: int
    peer_errors: int


class Network:
    def __init__(self, process: Child, smpp_port: int, http_port: int) -> None:
        self.process = process
        self.port = smpp_port
        self._http_port = http_port

    def counts(self) -> Counts:
        return self._ask("GET", "/counts", None)

    def open(self) -> None:
        """From now on it lets ESMEs bind."""
        self._ask("POST", "/faults", {"refuse_binds": 0})

    def _ask(self, method: str, path: str, body: object) -> Counts:
        connection = http.client.HTTPConnection("127.0.0.1", self._http_port, timeout=10)
        try:
            sent = None if body is None else json.dumps(body)
            connection.request(method, path, sent, {"Content-Type": "application/json"} if sent else {})
            return msgspec.json.decode(connection.getresponse().read(), type=Counts)
        except OSError as error:
            self.process.check()
            raise Broken(f"the network does not answer: {error}") from error
        finally:
            connection.close()


@contextmanager
def network(
    folder: Path, *, is_open: bool, receipts: bool, journal: Path | None = None, delay: float = 0.0
) -> Iterator[Network]:
    """`is_open`: it lets ESMEs bind from the first. `receipts`: it sends them. `journal`: the file of what it
    saw. `delay`: seconds until it answers a submit_sm."""
    command = [
        sys.executable, "-m", "kavle", "simulate", "smsc", "--quiet", "--port", "0", "--http-port", "0",
        "--system-id", SYSTEM_ID, "--password", PASSWORD,
        "--refuse-binds", "0" if is_open else str(_FOR_EVER),
        "--receipts" if receipts else "--no-receipts",
        "--response-delay", str(delay), *(("--journal", str(journal)) if journal is not None else ()),
    ]  # fmt: skip
    with child("network", command, folder) as process:
        ready = _READY.match(process.line())
        if ready is None:
            raise Broken("the network did not say its ports")
        yield Network(process, int(ready[1]), int(ready[2]))
