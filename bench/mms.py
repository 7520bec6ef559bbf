"""MMS: by the web service, through the database, by MM7 to a simulated MMSC, and its reports back."""

from __future__ import annotations

import http.client
import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import apsw
import msgspec

from bench import ours
from bench.child import Broken, Child, child
from bench.load import Order, Result
from bench.scenarios import Figures, Scenario
from bench.shapes import Shape
from kavle.model.status import Status

WARM_UP: Final = 20

_SECRET: Final = "where-the-mmsc-comes-to-us"
_READY: Final = re.compile(r"MMSC ready on 127\.0\.0\.1:(\d+), HTTP on 127\.0\.0\.1:(\d+)")
_MMSC: Final = [
    sys.executable,
    "-m",
    "kavle",
    "simulate",
    "mmsc",
    "--quiet",
    "--port",
    "0",
    "--http-port",
    "0",
]
_STEP: Final = 0.02  # seconds between looks
_GIVE_UP: Final = 60.0  # seconds without any progress
_SETTINGS: Final = """\
database = "sqlite:///{database}"
log_level = "warning"
[http]
port = 0
[[carrier]]
name = "mmsc"
kind = "mm7"
url = "http://127.0.0.1:{port}/mm7"
webhook = "{secret}"
[[route]]
mms = ["mmsc"]
[price.mms]
default = "1.00"
"""


def mms(scenario: Scenario, messages: int, folder: Path, tell: Callable[[float], None]) -> Figures:
    """From the first request until the MMSC's last report is acknowledged; p50 and p99 are of the web
    service's answers meanwhile. Raises `Broken` unless each was taken once, and is delivered."""
    database, config = folder / "kavle.db", folder / "kavle.toml"
    with child("mmsc", _MMSC, folder) as network:
        ready = _READY.match(network.line())
        if ready is None:
            raise Broken("the MMSC did not say its ports")
        face = _Face(int(ready[2]))
        config.write_text(_SETTINGS.format(database=database, port=ready[1], secret=_SECRET))
        ours.create_account(config)
        with ours.serve("kavle", config, folder) as (port, process):
            face.ask("POST", "/mms/vasp", {"url": f"http://127.0.0.1:{port}/carriers/mmsc/{_SECRET}"})
            order = Order(Shape.MMS, [port], scenario.connections, messages, WARM_UP)
            command = [sys.executable, "-m", "bench.load", msgspec.json.encode(order).decode()]
            with child("load", command, folder) as load:
                load.line(_GIVE_UP)
                _until(face, WARM_UP, process, lambda share: None)
                cpu, network_cpu = process.cpu(), network.cpu()
                load.input.write("go\n")
                load.input.flush()
                ended = _until(face, WARM_UP + messages, process, tell)
                result = msgspec.json.decode(load.line(_GIVE_UP), type=Result)
                cpu, network_cpu = process.cpu() - cpu, network.cpu() - network_cpu
            memory = process.peak_memory()
    _check(result, _delivered(database), messages)
    return Figures(
        messages=messages,
        rate=messages / (ended - result.began),
        cpu=cpu / messages,
        memory=memory,
        p50=result.p50,
        p99=result.p99,
        disk=database.stat().st_size / (messages + WARM_UP),
        network_cpu=network_cpu / messages,
        load_cpu=result.cpu / messages,
    )


class _Face:
    def __init__(self, port: int) -> None:
        self._port = port

    def acknowledged(self) -> int:
        counts = self.ask("GET", "/mms/counts")
        if counts["refused"] or counts["peer_errors"] or counts["submits"] != counts["accepted"]:
            raise Broken(f"the MMSC saw what it should not have seen: {counts}")
        return int(counts["reports"]["acked"])

    def ask(self, method: str, path: str, body: object = None) -> dict[str, dict[str, int]]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            headers = {"Content-Type": "application/json"}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            told: dict[str, dict[str, int]] = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise Broken(f"the MMSC answered {answer.status}: {told}")
        return told


def _until(face: _Face, wanted: int, gateway: Child, tell: Callable[[float], None]) -> float:
    """The moment when so many reports were acknowledged."""
    last, since = -1, time.monotonic()
    while (now := face.acknowledged()) < wanted:
        gateway.check()
        if now > last:
            last, since = now, time.monotonic()
            tell(now / wanted)
        elif time.monotonic() > since + _GIVE_UP:
            raise Broken(f"{now} of {wanted} MMS are delivered, and no more")
        time.sleep(_STEP)
    return time.monotonic()


def _delivered(database: Path) -> int:
    db = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return int(db.execute("SELECT count(*) FROM message WHERE status = ?", (Status.DELIVERED,)).get)
    finally:
        db.close()


def _check(result: Result, delivered: int, messages: int) -> None:
    if result.refused:
        raise Broken(f"{result.refused} MMS were refused; the first:\n{result.first_refusal}")
    if delivered != messages + WARM_UP:
        raise Broken(f"of {messages + WARM_UP} MMS {delivered} are delivered")
