"""What is measured, and how: each figure on a gateway, a network and a load generator of its own."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from bench import backlog, churn, growth, incoming, mms, pages, ready
from bench.child import Broken, Child, child
from bench.gateway import Gateway, Server
from bench.load import Order, Result
from bench.machine import Others
from bench.network import Network, network
from bench.postgres import postgres
from bench.scenarios import Figures, Scenario
from bench.shapes import Shape

WARM_UP: Final = 1_000
"""Messages before the clock starts: the log-in, the caches, the first pages of the files."""

_STEP: Final = 0.02  # seconds between looks at what is awaited: some thousandths of what is measured
_GIVE_UP: Final = 60.0  # seconds without any progress

Start = Callable[[Path, Network], AbstractContextManager[Gateway]]
Tell = Callable[[float], None]
"""Called now and then with the share that is done."""


def measure(
    scenario: Scenario, start: Start, messages: int, folder: Path, tell: Tell, past: Path | None = None
) -> Figures:
    """`past`: where databases with a long history are, or are to be kept. Raises `Broken` when anything is
    not as it should be: a refusal, a lost message, a dead process."""
    others = Others()
    with tempfile.TemporaryDirectory(prefix="run-", dir=folder) as name:
        if scenario.kind in _BEHIND_A_PAST:
            figures = _BEHIND_A_PAST[scenario.kind](scenario, messages, Path(name), past, tell)
        elif scenario.kind in _ALONE:
            figures = _ALONE[scenario.kind](scenario, messages, Path(name), tell)
        else:
            figures = _RUNS[scenario.kind](scenario, start, messages, Path(name), tell)
    return msgspec.structs.replace(figures, others=others.share())


def _accept(scenario: Scenario, start: Start, messages: int, folder: Path, tell: Tell) -> Figures:
    """The network refuses the bind: what is accepted is stored and queued, and nothing goes out."""
    sent = messages * (2 if scenario.steady else 1)
    with (
        network(folder, is_open=False, receipts=False) as smsc,
        start(folder, smsc) as gateway,
        _load(scenario, gateway, messages, folder, receipts=False) as load,
    ):
        load.warm()
        cpu, memory, server = gateway.cpu(), gateway.memory(), gateway.server()
        norths = gateway.norths_cpu()
        result = load.go(tell)
        cpu, grown = gateway.cpu() - cpu, gateway.memory() - memory
        norths = _norths_since(norths, gateway)
        server = _since(server, gateway)
        peak = gateway.peak_memory()
        if smsc.counts().submits:
            raise Broken("the network got messages that it should not have got")
        gateway.stop()
        disk = gateway.disk()
    return Figures(
        messages=messages,
        rate=messages / (result.ended - result.began),
        cpu=cpu / sent,
        memory=peak,
        p50=result.p50,
        p99=result.p99,
        disk=None if disk is None else disk / (sent + WARM_UP),
        queued_memory=grown / sent,
        norths_cpu=None if norths is None else norths / sent,
        load_cpu=result.cpu / messages,
        database_cpu=None if server is None else server.cpu / sent,
        log=None if server is None else server.log / sent,
    )


def _cycle(scenario: Scenario, start: Start, messages: int, folder: Path, tell: Tell) -> Figures:
    """From the first request until the last receipt is acknowledged, and what it tells is kept, or told of.
    Where it is kept and is to be told, the customer then asks for each, and the time of that is added."""
    with (
        network(folder, is_open=True, receipts=True) as smsc,
        start(folder, smsc) as gateway,
        _load(scenario, gateway, messages, folder, receipts=True) as load,
    ):
        keeps_them = gateway.delivered() is not None
        calls = scenario.told and not keeps_them
        load.warm()
        _await(lambda: _finished(smsc, gateway, calls), WARM_UP, gateway, tell=lambda share: None)
        cpu, network_cpu, server = gateway.cpu(), smsc.process.cpu(), gateway.server()
        norths = gateway.norths_cpu()
        result = load.go(lambda share: tell(share * 0.9))
        wanted = WARM_UP + messages
        ended = _await(lambda: _finished(smsc, gateway, calls), wanted, gateway, tell)
        if keeps_them:
            # One that was acknowledged may still wait for its segment's outcome, which another node commits.
            ended = _await(lambda: gateway.delivered() or 0, wanted, gateway, tell=lambda share: None)
        cpu, network_cpu = gateway.cpu() - cpu, smsc.process.cpu() - network_cpu
        norths = _norths_since(norths, gateway)
        server, asked = _since(server, gateway), _asked(scenario, gateway, load, tell) if keeps_them else None
        peak, reports, counts = gateway.peak_memory(), gateway.reports(), smsc.counts()
        if counts.submits != wanted or counts.peer_errors:
            raise Broken(f"the network saw what it should not have seen: {counts}")
        gateway.stop()
        disk = gateway.disk() if keeps_them else None
    seconds = ended - result.began + (asked.seconds if asked else 0)
    return Figures(
        messages=messages,
        rate=messages / seconds,
        cpu=(cpu + (asked.cpu if asked else 0)) / messages,
        memory=peak,
        p50=result.p50,
        p99=result.p99,
        disk=None if disk is None else disk / (messages + WARM_UP),
        network_cpu=network_cpu / messages,
        norths_cpu=None if norths is None else norths / messages,
        load_cpu=result.cpu / messages,
        database_cpu=None if server is None else server.cpu / messages,
        log=None if server is None else server.log / messages,
        asked_cpu=None if asked is None else asked.cpu / messages,
        reports=reports - WARM_UP if calls and reports is not None else None,
    )


class _Asked(NamedTuple):
    seconds: float
    cpu: float  # of the gateway


def _asked(scenario: Scenario, gateway: Gateway, load: _Generator, tell: Tell) -> _Asked | None:
    """The customer asks for the status of each message, once."""
    if not scenario.told:
        return None
    cpu = gateway.cpu()
    result = load.go(tell)
    return _Asked(result.ended - result.began, gateway.cpu() - cpu)


def _drain(scenario: Scenario, start: Start, messages: int, folder: Path, tell: Tell) -> Figures:
    """They queue while the network refuses the bind; from the first submit_sm to the last response."""
    with (
        network(folder, is_open=False, receipts=False) as smsc,
        start(folder, smsc) as gateway,
        _load(scenario, gateway, messages - WARM_UP, folder, receipts=False) as load,
    ):
        load.warm()
        memory = gateway.memory()
        load.go(lambda share: tell(share * 0.5))
        grown = gateway.memory() - memory
        cpu, network_cpu = gateway.cpu(), smsc.process.cpu()
        smsc.open()
        began = _await(lambda: smsc.counts().accepted, 1, gateway, tell=lambda share: None)
        before = smsc.counts().accepted
        ended = _await(lambda: smsc.counts().accepted, messages, gateway, lambda share: tell(0.5 + share / 2))
        cpu, network_cpu = gateway.cpu() - cpu, smsc.process.cpu() - network_cpu
        peak = gateway.peak_memory()
        gateway.stop()
    return Figures(
        messages=messages,
        rate=(messages - before) / (ended - began),
        cpu=cpu / messages,
        memory=peak,
        queued_memory=grown / (messages - WARM_UP),
        network_cpu=network_cpu / messages,
    )


def _churn(scenario: Scenario, start: Start, messages: int, folder: Path, tell: Tell) -> Figures:
    """Without any gateway: the store's leases and outcomes, as fast as they go."""
    with postgres(folder) as database:
        order = churn.Order(database.url, messages, scenario.beside)
        command = [sys.executable, "-m", "bench.churn", msgspec.json.encode(order).decode()]
        with child("churn", command, folder) as process:
            for last in range(churn.PART, messages + churn.PART, churn.PART):
                process.line(_GIVE_UP)
                tell(min(1.0, last / messages))
            result = msgspec.json.decode(process.line(), type=churn.Result)
        database_cpu = database.cpu()
    return Figures(
        messages=messages,
        rate=messages / result.seconds,
        cpu=result.cpu / messages,
        memory=result.memory,
        database_cpu=database_cpu / messages,
        parts=result.rates,
    )


_RUNS: Final = {"accept": _accept, "cycle": _cycle, "drain": _drain, "churn": _churn}
_ALONE: Final = {
    "bundle": backlog.bundle,
    "priority": backlog.priority,
    "due": backlog.due,
    "incoming": incoming.incoming,
    "ready": ready.ready,
    "mms": mms.mms,
}
_BEHIND_A_PAST: Final = {"history": growth.growth, "pages": pages.pages}


def _since(before: Server | None, gateway: Gateway) -> Server | None:
    now = gateway.server()
    return None if before is None or now is None else Server(now.cpu - before.cpu, now.log - before.log)


def _norths_since(before: float | None, gateway: Gateway) -> float | None:
    now = gateway.norths_cpu()
    return None if before is None or now is None else now - before


def _finished(smsc: Network, gateway: Gateway, calls: bool) -> int:
    """`calls`: those count that it has told of."""
    acknowledged = smsc.counts().receipts_acked
    return min(gateway.reports() or 0, acknowledged) if calls else acknowledged


def _await(count: Callable[[], int], wanted: int, gateway: Gateway, tell: Tell) -> float:
    """The moment when `count()` had reached `wanted`."""
    last, since = -1, time.monotonic()
    while (now := count()) < wanted:
        gateway.check()
        if now > last:
            last, since = now, time.monotonic()
            tell(now / wanted)
        elif time.monotonic() > since + _GIVE_UP:
            raise Broken(f"{gateway.name} stays at {now} of {wanted}")
        time.sleep(_STEP)
    return time.monotonic()


class _Generator:
    """`bench.load`, in its own process."""

    def __init__(self, process: Child, gateway: Gateway, messages: int) -> None:
        self._process = process
        self._gateway = gateway
        self._expected = messages / 10_000  # seconds, for the progress alone

    def warm(self) -> None:
        self._process.line(60)

    def go(self, tell: Tell) -> Result:
        """Send it all; returns when the last is answered."""
        self._process.input.write("go\n")
        self._process.input.flush()
        began = time.monotonic()
        while not self._process.has_output():
            self._gateway.check()
            tell(min(0.99, (time.monotonic() - began) / self._expected))
            time.sleep(0.1)
        result = msgspec.json.decode(self._process.line(), type=Result)
        if result.refused:
            raise Broken(
                f"{self._gateway.name} refused {result.refused} requests; the first:\n{result.first_refusal}"
            )
        return result


@contextmanager
def _load(
    scenario: Scenario, gateway: Gateway, messages: int, folder: Path, *, receipts: bool
) -> Iterator[_Generator]:
    order = Order(
        shape=gateway.shape(scenario.interface, receipts=receipts, told=scenario.told),
        ports=list(gateway.ports),
        connections=scenario.connections,
        count=messages,
        warm_up=WARM_UP,
        report_port=gateway.report_port,
        steady=scenario.steady,
        asks=scenario.told and gateway.delivered() is not None,
    )
    with child("load", _command(order), folder) as process:
        yield _Generator(process, gateway, messages)


def _command(order: Order) -> Sequence[str]:
    return [sys.executable, "-m", "bench.load", msgspec.json.encode(order).decode()]


def generator_alone(folder: Path, messages: int) -> float:
    """Requests a second that the load generator makes of a server that costs next to nothing."""
    with child("echo", [sys.executable, "-m", "bench.echo"], folder) as echo:
        order = Order(Shape.PLAIN, [int(echo.line())], 64, messages, WARM_UP)
        with child("load", _command(order), folder) as load:
            load.line()
            load.input.write("go\n")
            load.input.flush()
            result = msgspec.json.decode(load.line(60), type=Result)
    return messages / (result.ended - result.began)
