"""What the gateway counts of itself: plain numbers in memory, shown to Prometheus when it asks."""

from __future__ import annotations

import math
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Final

from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

_BUCKETS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Histogram:
    """Seconds, in buckets from 1 ms to 10 s."""

    def __init__(self) -> None:
        self._counts = [0] * (len(_BUCKETS) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        self._counts[bisect_left(_BUCKETS, seconds)] += 1
        self._sum += seconds

    def family(self, name: str, text: str) -> HistogramMetricFamily:
        total, buckets = 0, []
        for bound, count in zip((*map(str, _BUCKETS), "+Inf"), self._counts, strict=True):
            total += count
            buckets.append((bound, total))
        return HistogramMetricFamily(name, text, buckets=buckets, sum_value=self._sum)


NAMESPACES: Final = 20
"""Namespaces that are told apart; each is what a customer's program says, and they may say anything."""
_LONGEST: Final = 100
OTHERS: Final = "(others)"

Gauge = Callable[[], dict[str, float]]
"""A reading by label value, taken when asked for."""


class Metrics(Collector):
    """One for each gateway, handed to those who count. Counting costs an integer addition."""

    def __init__(self) -> None:
        self.accepted = 0
        self.refused: Counter[str] = Counter()  # by reason
        self.commits = 0
        self.committed_calls = 0
        self.leases = 0
        self.leased_messages = 0
        self.outcomes: Counter[str] = Counter()  # by kind
        self.fenced_outcomes = 0
        self.receipts: Counter[str] = Counter()  # matched or waiting
        self.callbacks: Counter[str] = Counter()  # by what came of them
        self.fenced_callbacks = 0
        self.moved: Counter[str] = Counter()  # by carrier
        self.incoming: Counter[str] = Counter()  # message, incomplete or double
        self.namespaces: Counter[str] = Counter()  # of answered SOAP calls, but for our own
        self.stored_at: float | None = None  # by time.monotonic(): when the sweep last went through
        self.stalls = 0
        self.longest_stall = 0.0
        self.longest_work = 0.0  # seconds of the loop's own processor time within a stall
        self.accept_seconds = Histogram()
        self.commit_seconds = Histogram()
        self.submit_seconds = Histogram()
        self.callback_seconds = Histogram()
        self.oldest_queued: dict[str, float] = {}  # age in seconds by priority
        self.queued: dict[str, float] = {}
        self.uncalled = 0
        self.wrong_books = 0
        self.held: Mapping[str, float] = {}  # messages by carrier
        self._gauges: list[tuple[str, str, str, Gauge]] = []
        self.text: Callable[[], Awaitable[bytes]] = self._own
        """What /metrics answers; of one of several processes, that of all of them."""

    def committed(self, calls: int, seconds: float) -> None:
        self.commits += 1
        self.committed_calls += calls
        self.commit_seconds.observe(seconds)

    def log_in_refused(self) -> None:
        self.refused["credentials"] += 1

    def called_in(self, namespace: str) -> None:
        """A SOAP call was answered in a namespace that is not the WSDL's."""
        # Anybody may call in one, and operators read it on a terminal, which obeys some characters.
        name = "".join(one if one.isprintable() else "?" for one in namespace[:_LONGEST])
        known = name in self.namespaces or len(self.namespaces) < NAMESPACES
        self.namespaces[name if known else OTHERS] += 1

    @property
    def seconds_unstored(self) -> float:
        """Since the database last took what the sweep does each second."""
        return math.inf if self.stored_at is None else time.monotonic() - self.stored_at

    def gauge(self, name: str, text: str, label: str, read: Gauge) -> None:
        self._gauges.append((name, text, label, read))

    def registry(self) -> CollectorRegistry:
        registry = CollectorRegistry()
        registry.register(self)
        return registry

    async def _own(self) -> bytes:
        return generate_latest(self.registry())

    def collect(self) -> Iterator[Metric]:
        yield _counter("kavle_accepted", "Messages accepted", self.accepted)
        yield _counters("kavle_refused", "Requests refused", "reason", self.refused)
        yield _counter("kavle_commits", "Transactions written", self.commits)
        yield _counter("kavle_committed_calls", "Calls written by those transactions", self.committed_calls)
        yield _counter("kavle_leases", "Leases taken", self.leases)
        yield _counter("kavle_leased_messages", "Messages leased", self.leased_messages)
        yield _counters("kavle_outcomes", "Outcomes of segments", "outcome", self.outcomes)
        yield _counter("kavle_fenced_outcomes", "Outcomes that came after their lease", self.fenced_outcomes)
        yield _counters("kavle_receipts", "Delivery receipts kept", "match", self.receipts)
        yield _counters("kavle_callbacks", "Calls for incoming messages", "outcome", self.callbacks)
        yield _counter("kavle_fenced_callbacks", "Calls that ended after their lease", self.fenced_callbacks)
        yield _counters("kavle_moved", "Queued messages moved to a carrier", "carrier", self.moved)
        yield _counters("kavle_incoming", "Messages from phones, and doubles", "kind", self.incoming)
        foreign = "SOAP calls that were answered in a namespace that is not the WSDL's"
        yield _counters("kavle_foreign_namespace", foreign, "namespace", self.namespaces)
        unstored = "Since the database last took what each process does to it once a second"
        yield GaugeMetricFamily("kavle_seconds_unstored", unstored, self.seconds_unstored)
        yield _counter("kavle_loop_stalls", "Stalls of the event loop over 50 ms", self.stalls)
        yield GaugeMetricFamily("kavle_loop_longest_stall_seconds", "The longest one", self.longest_stall)
        work = "The most that the loop itself worked within one"
        yield GaugeMetricFamily("kavle_loop_longest_work_seconds", work, self.longest_work)
        yield self.accept_seconds.family("kavle_accept_seconds", "From a request's check to its commit")
        yield self.commit_seconds.family("kavle_commit_seconds", "Of each transaction")
        yield self.submit_seconds.family("kavle_submit_seconds", "From submit_sm to its response")
        yield self.callback_seconds.family("kavle_callback_seconds", "From a callback to its answer")
        yield _gauges("kavle_queued", "Messages in the queue", "priority", self.queued)
        yield _gauges("kavle_oldest_queued_seconds", "Age of the oldest one", "priority", self.oldest_queued)
        waiting = "Incoming messages that their customer does not have yet"
        yield GaugeMetricFamily("kavle_callbacks_waiting", waiting, self.uncalled)
        yield _gauges("kavle_held", "Messages that wait for an operator's decision", "carrier", self.held)
        wrong = "Accounts whose ledger does not add up to their balance"
        yield GaugeMetricFamily("kavle_wrong_books", wrong, self.wrong_books)
        for name, text, label, read in self._gauges:
            yield _gauges(name, text, label, read())


def _counter(name: str, text: str, value: int) -> CounterMetricFamily:
    return CounterMetricFamily(name, text, value=value)


def _counters(name: str, text: str, label: str, values: Counter[str]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _gauges(name: str, text: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
