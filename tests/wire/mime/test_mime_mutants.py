"""Mutated multiparts against the reader: nothing is raised but what is told by name, nothing hangs, and what
was read can be written, and is read again with the same octets.

Some thousands here; `make fuzz` takes a million, or MUTANTS=n. KAVLE_MUTANTS_SEED makes the same again."""

from __future__ import annotations

import os
import resource
from collections import Counter
from random import Random
from typing import Final

import pytest

from kavle.wire import mime
from kavle.wire.mime import Limits, Part
from support.no_hang import no_hang
from support.proof import Proof
from wire.mime.mime_mutants import mutant

COUNT: Final = int(os.environ.get("KAVLE_MUTANTS", "10000"))
BATCH: Final = 1_000
LONGEST_BATCH: Final = 60  # seconds; it takes a third of one
MOST_MEMORY: Final = 64 * 1024 * 1024
LIMITS: Final = Limits()


def look_at(content_type: str, body: bytes) -> str:
    """Have it read; tells what became of it."""
    try:
        part = mime.read(content_type, body)
    except mime.MimeError as error:
        return type(error).__name__
    sound(part, len(body))
    return "read"


def sound(part: Part, octets: int) -> None:
    below = list(part.walk())
    assert len(below) <= 1 + LIMITS.parts
    assert sum(len(inner.body) for inner in below) <= octets
    for inner in below:
        part.find(inner.name)
    if all(inner.parts for inner in below if inner.content_type.multipart):  # else there is nothing to write
        again = mime.read(*mime.write(part))
        assert [inner.body for inner in again.walk()] == [inner.body for inner in below]


@pytest.mark.timeout(0)
def test_mutated_multiparts_are_read_or_refused_by_name() -> None:
    proof = Proof("mutants-mime")
    seed = int(os.environ.get("KAVLE_MUTANTS_SEED", Random().randrange(2**32)))
    print(f"seed {seed}")  # noqa: T201 -- shown if it fails
    random = Random(seed)
    became: Counter[str] = Counter()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    content_type, body = "", b""
    try:
        for _ in proof.rounds(COUNT // BATCH):
            with no_hang(LONGEST_BATCH):
                for _ in range(BATCH):
                    content_type, body = mutant(random)
                    became[look_at(content_type, body)] += 1
    finally:
        print(f"the last one: {content_type!r}, {body[:2000]!r}")  # noqa: T201 -- shown if it fails
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) * 1024 < MOST_MEMORY
    # The mutants are worth their name: many came through, and each way to be refused was met.
    assert became["read"] > proof.made * BATCH // 10
    assert {kind.__name__ for kind in mime.MimeError.__subclasses__()} <= set(became)
    proof.holds({"mutants": proof.made * BATCH}, dict(became.most_common()))
