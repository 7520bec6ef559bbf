"""Octets as nobody should send them: good ones of the corpus with bits flipped, pieces put in, ends cut off,
stretches repeated, two spliced. One seed makes the same mutants each time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Final

CORPUS: Final = Path(__file__).parent / "corpus"
_PIECES: Final = [
    *(
        b"\0",
        b"\xff",
        b"\xfe\xff",
        b"\xef\xbb\xbf",
        b"\r\n",
        b"%",
        b"%u",
        b"%uD83D",
        b"%0a",
        b"&",
        b"=",
        b"+",
    ),
    *(b"<", b">", b"</", b"/>", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<!DOCTYPE x>", b"<?xml?>", b"&amp;"),
    *(
        b"&#0;",
        b"&#xD800;",
        b'"',
        b"'",
        b' xmlns=""',
        b' xmlns:s="urn:x"',
        b"s:",
        b"<a>",
        b"<a></a>",
        b"\x1b",
    ),
]
Mutation = Callable[[Random, bytearray, Sequence[bytes]], None]


def corpus(name: str) -> list[bytes]:
    """What lies in the folder `name`, in the order of the files' names."""
    return [file.read_bytes() for file in sorted((CORPUS / name).iterdir())]


def mutant(random: Random, seeds: Sequence[bytes]) -> bytes:
    data = bytearray(random.choice(seeds))
    for _ in range(random.choice([1, 1, 1, 2, 4])):
        random.choice(_MUTATIONS)(random, data, seeds)
    return bytes(data)


def _flip_bits(random: Random, data: bytearray, seeds: Sequence[bytes]) -> None:
    if data:
        for _ in range(random.choice([1, 1, 2, 8])):
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _put_a_piece(random: Random, data: bytearray, seeds: Sequence[bytes]) -> None:
    at = random.randrange(len(data) + 1)
    data[at : at + random.randrange(3)] = random.choice(_PIECES)


def _cut_out(random: Random, data: bytearray, seeds: Sequence[bytes]) -> None:
    at = random.randrange(len(data) + 1)
    del data[at : at + random.choice([1, 2, 5, 40])]


def _repeat(random: Random, data: bytearray, seeds: Sequence[bytes]) -> None:
    at = random.randrange(len(data) + 1)
    data[at:at] = data[at : at + random.randrange(1, 60)] * random.choice([1, 2, 5, 200])


def _splice(random: Random, data: bytearray, seeds: Sequence[bytes]) -> None:
    other = random.choice(seeds)
    data[random.randrange(len(data) + 1) :] = other[random.randrange(len(other) + 1) :]


def _move(random: Random, data: bytearray, seeds: Sequence[bytes]) -> None:
    start = random.randrange(len(data) + 1)
    stretch = data[start : start + random.randrange(1, 60)]
    at = random.randrange(len(data) + 1)
    data[at:at] = stretch


_MUTATIONS: Final[Sequence[Mutation]] = [
    *(_flip_bits, _flip_bits, _put_a_piece, _put_a_piece, _cut_out, _repeat, _splice, _move),
]
