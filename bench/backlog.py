"""What queues first: bundles made into messages, alarms that overtake a million, and ten thousand that are
due in one second. When something reached the network is what its journal says."""

from __future__ import annotations

import http.client
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from bench import fill, ours
from bench.child import Broken, child
from bench.load import percentile
from bench.network import Network, network
from bench.postgres import postgres
from bench.scenarios import Figures, Scenario
from bench.shapes import ACCOUNT, PASSWORD, SEED, SENDER
from kavle.simulator.journal import Submission, read_journal

_FILL: Final = 900.0  # seconds, at most
_AHEAD: Final = 10.0  # from the order until what is timed is due, beside 1 ms a message to order it
_PATIENCE: Final = 120.0
_ALARM: Final = "46704"  # recipients of alarms begin so

Tell = Callable[[float], None]
T = TypeVar("T")


def bundle(scenario: Scenario, messages: int, folder: Path, tell: Tell) -> Figures:
    """Accepted whole, and expanded to the last recipient; no network, and nothing beside it."""
    with network(folder, is_open=False, receipts=False) as smsc:
        config = _config(scenario, folder, smsc)
    filled = fill_queue(fill.Order(str(config), messages), folder)
    return Figures(
        messages=messages,
        rate=messages / filled.seconds,
        cpu=filled.cpu / messages,
        memory=filled.memory,
    )


def priority(scenario: Scenario, messages: int, folder: Path, tell: Tell) -> Figures:
    """So many of priority 1 queue, and are on their way. p50 and p99 are from an alarm's request to its
    arrival at the network; the rate is that of all others meanwhile."""
    alarms = min(100, max(20, messages // 3000))
    journal = folder / "journal.jsonl"
    with ExitStack() as stack:
        smsc = stack.enter_context(
            network(folder, is_open=False, receipts=False, journal=journal, delay=scenario.delay)
        )
        database = stack.enter_context(postgres(folder)).url if scenario.nodes else None
        config = _config(scenario, folder, smsc, database)
        fill_queue(fill.Order(str(config), messages), folder)
        port, first = stack.enter_context(ours.serve("kavle", config, folder))
        processes = [first]
        for number in range(1, scenario.nodes):  # the first has the only link: the last takes the alarms
            port, process = stack.enter_context(ours.serve(f"kavle-{number}", config, folder))
            processes.append(process)
        smsc.open()
        _until(lambda: smsc.counts().submits >= scenario.window)
        before, began, cpu = smsc.counts().submits, time.time(), sum(one.cpu() for one in processes)
        asked = dict(_alarms(port, alarms, scenario.delay or 0.05, tell))
        late = _until(lambda: len(told := _late(journal, asked)) == alarms and told)
        count, seconds = smsc.counts().submits - before, time.time() - began
        if smsc.counts().submits >= messages:
            raise Broken("the backlog was gone before the last alarm")
        used, memory = sum(one.cpu() for one in processes) - cpu, sum(one.peak_memory() for one in processes)
    return Figures(
        messages=messages,
        rate=count / seconds,
        cpu=used / count,
        memory=memory,
        p50=percentile(late, 0.5),
        p99=percentile(late, 0.99),
    )


def due(scenario: Scenario, messages: int, folder: Path, tell: Tell) -> Figures:
    """p50 and p99 are from the second that all are due in to their arrival, `longest` that of the last."""
    journal = folder / "journal.jsonl"
    with network(folder, is_open=True, receipts=True, journal=journal) as smsc:
        config = _config(scenario, folder, smsc)
        at = int(time.time() + _AHEAD + messages / 1000)
        filled = fill_queue(fill.Order(str(config), messages, at), folder)
        if time.time() > at - 2:
            raise Broken(f"it took {filled.seconds:.0f} s to order {messages} messages: they are due already")
        with ours.serve("kavle", config, folder) as (_, process):
            _until(lambda: smsc.counts().submits >= messages)
            cpu, memory = process.cpu(), process.peak_memory()
    late = sorted(one.at.timestamp() - at for one in read_journal(journal) if isinstance(one, Submission))
    if late[0] < 0:
        raise Broken(f"a message came {-late[0]:.3f} s before its time")
    return Figures(
        messages=messages,
        rate=messages / late[-1],
        cpu=cpu / messages,
        memory=memory,
        p50=percentile(late, 0.5),
        p99=percentile(late, 0.99),
        longest=late[-1],
    )


def _config(scenario: Scenario, folder: Path, smsc: Network, database: str | None = None) -> Path:
    database = database or f"sqlite:///{folder / 'kavle.db'}"
    config = ours.settings(folder, smsc.port, database, window=scenario.window, rate=scenario.rate)
    ours.create_account(config)
    return config


def fill_queue(order: fill.Order, folder: Path) -> fill.Result:
    command = [sys.executable, "-m", "bench.fill", msgspec.json.encode(order).decode()]
    with child("fill", command, folder) as process:
        return msgspec.json.decode(process.line(_FILL), type=fill.Result)


def _alarms(port: int, count: int, pause: float, tell: Tell) -> Iterator[tuple[str, float]]:
    """One after the other, at random moments: each recipient, and when its request began."""
    draw = random.Random(SEED)  # noqa: S311 -- pauses, not secrets
    with _connection(port) as connection:
        for number in range(count):
            time.sleep(draw.uniform(0, 2 * pause))
            recipient, began = f"{_ALARM}{number:06}", time.time()
            connection.request(
                "GET",
                f"/sendsms.aspx?acc={ACCOUNT}&pass={PASSWORD}&msg=Fire&to={recipient}&from={SENDER}&prio=3",
            )
            answer = connection.getresponse().read()
            if len(answer) < 4:
                raise Broken(f"an alarm was refused with {answer!r}")
            yield recipient, began
            tell(number / count)


@contextmanager
def _connection(port: int) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        yield connection
    finally:
        connection.close()


def _late(journal: Path, asked: dict[str, float]) -> list[float]:
    """Seconds from each request to the first arrival, in order."""
    came: dict[str, float] = {}
    for one in read_journal(journal):
        if isinstance(one, Submission) and one.recipient in asked:
            came.setdefault(one.recipient, one.at.timestamp())
    return sorted(at - asked[recipient] for recipient, at in came.items())


def _until(reached: Callable[[], T]) -> T:
    end = time.monotonic() + _PATIENCE
    while not (value := reached()):
        if time.monotonic() > end:
            raise Broken("what was awaited never came")
        time.sleep(0.05)
    return value
