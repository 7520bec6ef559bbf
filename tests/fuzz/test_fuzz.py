"""Mutated requests against those who read them: SOAP, queries, user data, MM7. Nothing is raised but what is
told by name, nothing hangs, no more memory is taken than for good ones.

Some thousands of each here; `make fuzz` takes a million, or MUTANTS=n. KAVLE_MUTANTS_SEED makes the same
again. An input that broke something goes into the corpus."""

from __future__ import annotations

import os
import resource
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Final

import pytest

from fuzz.mutation import corpus, mutant
from kavle.model.errors import Refusal
from kavle.north.query import texts
from kavle.sms import udh
from kavle.sms.segment import Encoding, text_of
from kavle.wire.mm7 import Unreadable
from kavle.wire.mm7 import read as read_mm7
from kavle.wire.soap import Fault, parse
from support.no_hang import no_hang
from support.proof import Proof

COUNT: Final = int(os.environ.get("KAVLE_MUTANTS", "5000"))
BATCH: Final = 1_000
TOLD_EVERY: Final = 50_000
LONGEST_BATCH: Final = 60  # seconds; it takes less than one
MOST_MEMORY: Final = 64 * 1024 * 1024
OPERATIONS: Final = {name.lower(): name for name in ("sms", "cancelSms", "sendMMS")}


def soap(data: bytes) -> str:
    try:
        call = parse(data, "text/xml; charset=utf-8", None, OPERATIONS, {"files"})
    except Fault as fault:
        return f"{fault.status} {fault.blame.name}"
    assert call.operation in OPERATIONS.values()
    for value in call.parameters.values():
        value.encode()  # no half of a pair
    return "read"


def url(data: bytes) -> str:
    for charset in ("auto", "latin-1"):
        for key, value in texts(data, charset).items():
            assert key == key.lower()
            value.encode()
    try:
        texts(data, "utf-8")
    except Refusal as refusal:
        return refusal.reason.name
    return "read"


def user_data(data: bytes) -> str:
    try:
        header, body = udh.parse(data)
    except ValueError:
        return "refused"
    assert data.endswith(body)
    for encoding in Encoding:
        text_of(body, encoding).encode()
    part = header.concatenation
    if part is None:
        return "read"
    assert 1 <= part.number <= part.total
    return "a part"


def mm7(data: bytes) -> str:
    kind, _, body = data.partition(b"\n\n")
    try:
        message = read_mm7(kind.decode("latin-1"), body)
    except Unreadable as error:
        return type(error).__name__
    repr(message)
    return type(message).__name__


READERS: Final[dict[str, tuple[Callable[[bytes], str], set[str]]]] = {
    "soap": (soap, {"read", "400 CALLER", "500 CALLER", "500 VERSION"}),
    "url": (url, {"read", "PARAMETER"}),
    "udh": (user_data, {"read", "refused", "a part"}),
    "mm7": (mm7, {"Unreadable", "SubmitReq", "DeliverReq", "RSErrorRsp"}),
}
"""Each by its folder in the corpus, and what becomes of some of its mutants, if they are worth their name."""


@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", READERS)
def test_mutants_are_read_or_refused_by_name(name: str) -> None:
    proof, (read, expected) = Proof(f"mutants-{name}"), READERS[name]
    seed = int(os.environ.get("KAVLE_MUTANTS_SEED", Random().randrange(2**32)))
    print(f"{name}: seed {seed}")  # noqa: T201 -- shown if it fails
    random, seeds = Random(seed), corpus(name)
    became: Counter[str] = Counter(read(good) for good in seeds)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    data = b""
    try:
        for turn in proof.rounds(COUNT // BATCH):
            with no_hang(LONGEST_BATCH):
                for _ in range(BATCH):
                    data = mutant(random, seeds)
                    became[read(data)] += 1
            if turn * BATCH % TOLD_EVERY == 0:
                print(f"{name}: {turn * BATCH:,} mutants")  # noqa: T201
    finally:
        print(f"the last one: {data[:2000]!r}")  # noqa: T201 -- shown if it fails
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) * 1024 < MOST_MEMORY
    assert expected <= set(became)
    proof.holds({"mutants": proof.made * BATCH}, dict(became.most_common()))
