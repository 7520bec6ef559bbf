"""The counts of all processes of one gateway, as one text for Prometheus: each line says whose it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
from prometheus_client import generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector, CollectorRegistry

from kavle.metrics import Metrics

LABEL: Final = "process"

Sample = tuple[str, dict[str, str], float]
"""Name, labels, value."""


class Family(msgspec.Struct, frozen=True, array_like=True):
    """A metric of one process, with its samples."""

    name: str
    text: str
    kind: str
    samples: list[Sample]


class Counted(msgspec.Struct, frozen=True, array_like=True):
    process: str
    families: list[Family]


def counted(process: str, metrics: Metrics) -> Counted:
    families = [
        Family(one.name, one.documentation, one.type, [(s.name, s.labels, s.value) for s in one.samples])
        for one in metrics.collect()
    ]
    return Counted(process, families)


def text(all_of_them: Sequence[Counted]) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_All(all_of_them))
    return generate_latest(registry)


class _All(Collector):
    def __init__(self, counts: Sequence[Counted]) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        found: dict[str, Metric] = {}
        for one in self._counts:
            for family in one.families:
                metric = found.setdefault(family.name, Metric(family.name, family.text, family.kind))
                _add(metric, family.samples, one.process)
        yield from found.values()


def _add(metric: Metric, samples: Iterable[Sample], process: str) -> None:
    for name, labels, value in samples:
        metric.add_sample(name, {**labels, LABEL: process}, value)
