"""What is measured, by name, and what comes out of a run."""

from __future__ import annotations

from typing import Final

import msgspec


class Scenario(msgspec.Struct, frozen=True):
    name: str
    interface: str  # "URL" or "SOAP"
    connections: int
    # "accept", "cycle", "drain", "bundle", "priority", "due", "incoming", "ready", "history", "pages", "mms",
    # or the queue's "churn"
    kind: str
    nodes: int = 0  # gateways on one PostgreSQL; 0: one on a file of its own
    norths: int = 0  # processes that let customers in, beside the one of a file
    beside: str = "nothing"  # the churn: "snapshot", "export"
    window: int = 100  # the carrier's, of those that queue first
    rate: float = 0.0  # and its submit_sm a second; 0: as fast as it goes
    delay: float = 0.0  # seconds until the network answers one
    hanging: int = 0  # of ten customers, those that never answer a callback
    told: bool = (
        False  # the customer learns of each final state by one HTTP call: by being told, or by asking
    )
    steady: float = 0.0  # share of the rate of the closed loop at which its answers are timed, in an open one


ACCEPT_16: Final = Scenario("accept, URL, 16 connections", "URL", 16, "accept")
ACCEPT_64: Final = Scenario("accept, URL, 64 connections", "URL", 64, "accept")
SOAP_16: Final = Scenario("accept, SOAP, 16 connections", "SOAP", 16, "accept")
SOAP_64: Final = Scenario("accept, SOAP, 64 connections", "SOAP", 64, "accept")
CYCLE_16: Final = Scenario("full cycle, nobody told, 16 connections", "URL", 16, "cycle")
CYCLE_64: Final = Scenario("full cycle, nobody told, 64 connections", "URL", 64, "cycle")
TOLD_16: Final = Scenario("full cycle, each told, 16 connections", "URL", 16, "cycle", told=True)
TOLD_64: Final = Scenario("full cycle, each told, 64 connections", "URL", 64, "cycle", told=True)
DRAIN: Final = Scenario("drain of a backlog, no receipts", "URL", 64, "drain")
BUNDLE: Final = Scenario("bundle, accepted and expanded", "", 0, "bundle")
PRIORITY_SLOW: Final = Scenario(
    "priority 3 past a backlog, 100/s", "URL", 1, "priority", window=10, rate=100, delay=0.5
)
PRIORITY_FAST: Final = Scenario("priority 3 past a backlog, no rate", "URL", 1, "priority")
PRIORITY_SLOW_NODES: Final = Scenario(
    "PostgreSQL, priority 3 past a backlog, 100/s", "URL", 1, "priority", 2, window=10, rate=100, delay=0.5
)
PRIORITY_FAST_NODES: Final = Scenario(
    "PostgreSQL, priority 3 past a backlog, no rate", "URL", 1, "priority", 2
)
DUE: Final = Scenario("due in the same second", "", 0, "due")
INCOMING: Final = Scenario("incoming, 2,000/s, 10 customers", "", 0, "incoming", rate=2_000)
INCOMING_HANGING: Final = Scenario(
    "incoming, 2,000/s, 1 of 10 customers hangs", "", 0, "incoming", rate=2_000, hanging=1
)
MMS: Final = Scenario("MMS of 100 kB, 16 connections", "", 16, "mms")
STEADY: Final = Scenario("accept, URL, open loop at 70 % of it", "URL", 64, "accept", steady=0.7)
READY: Final = Scenario("ready, with a long queue", "SOAP", 4, "ready")
HISTORY: Final = Scenario("verbs after a long history", "", 0, "history")
HISTORY_SERVER: Final = Scenario("PostgreSQL, verbs after a long history", "", 0, "history", 1)
PAGES: Final = Scenario("pages of a long history", "", 1, "pages")
PAGES_SERVER: Final = Scenario("PostgreSQL, pages of a long history", "", 1, "pages", 1)
ACCEPT_NODES: Final = tuple(
    Scenario(f"PostgreSQL, accept, {_processes}", "URL", 64, "accept", nodes)
    for nodes, _processes in ((1, "1 process"), (2, "2 processes"), (4, "4 processes"))
)
CYCLE_NODES: Final = tuple(
    Scenario(f"PostgreSQL, full cycle, {_processes}", "URL", 64, "cycle", nodes)
    for nodes, _processes in ((1, "1 process"), (2, "2 processes"), (4, "4 processes"))
)
CHURN: Final = Scenario("PostgreSQL, queue churn", "", 0, "churn")
CHURN_SNAPSHOT: Final = Scenario("PostgreSQL, queue churn, old snapshot", "", 0, "churn", beside="snapshot")
CHURN_EXPORT: Final = Scenario("PostgreSQL, queue churn, export", "", 0, "churn", beside="export")

ACCEPT_NORTHS: Final = tuple(
    Scenario(f"accept, URL, {_processes}", "URL", 64, "accept", norths=norths)
    for norths, _processes in ((1, "1 north process"), (2, "2 north processes"))
)
CYCLE_NORTHS: Final = tuple(
    Scenario(f"full cycle, nobody told, {_processes}", "URL", 64, "cycle", norths=norths)
    for norths, _processes in ((1, "1 north process"), (2, "2 north processes"))
)

ON_FILE: Final = (ACCEPT_16, ACCEPT_64, SOAP_16, SOAP_64, STEADY, CYCLE_16, CYCLE_64, TOLD_16, TOLD_64, DRAIN)
BEHIND: Final = (BUNDLE, PRIORITY_SLOW, PRIORITY_FAST, PRIORITY_SLOW_NODES, PRIORITY_FAST_NODES, DUE)
ON_SERVER: Final = (*ACCEPT_NODES, *CYCLE_NODES, CHURN, CHURN_SNAPSHOT, CHURN_EXPORT)
INBOUND: Final = (INCOMING, INCOMING_HANGING)
GROWTH: Final = (READY, HISTORY, HISTORY_SERVER, PAGES, PAGES_SERVER)
ALONE: Final = (*BEHIND, *INBOUND, *GROWTH, MMS)
"""Kannel is not measured beside these."""
BY_NORTHS: Final = (*ACCEPT_NORTHS, *CYCLE_NORTHS)
SCENARIOS: Final = (*ON_FILE, *BY_NORTHS, *ALONE, *ON_SERVER)


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Of one run. Times are seconds, sizes bytes; CPU, disk and queue memory are those of one message."""

    messages: int
    rate: float
    cpu: float
    memory: int  # resident at most
    p50: float | None = None  # of the HTTP answers, or of the way to the network
    p99: float | None = None
    longest: float | None = None  # of what p50 and p99 are of
    disk: float | None = None
    queued_memory: float | None = None
    grown: float | None = (
        None  # resident of the whole queue, while it came to a process that was there before
    )
    ready: float | None = None  # from the command until it serves
    times_young: dict[str, float] = {}  # seconds of a verb with a long past, in parts of those without
    pages: dict[str, float] = {}  # of the history: seconds at the 95th percentile
    network_cpu: float | None = None
    norths_cpu: float | None = None  # of `cpu`, what north processes took
    load_cpu: float | None = None
    database_cpu: float | None = None  # of PostgreSQL, all its processes
    log: float | None = None  # PostgreSQL's, as it is written ahead
    asked_cpu: float | None = None  # of a question for the status, in `cpu` as well
    parts: list[float] = []  # the rates of a churn, part by part
    others: float = 0.0  # share of the machine that went to processes which are not ours
    reports: int | None = None  # HTTP calls that told of a final state
