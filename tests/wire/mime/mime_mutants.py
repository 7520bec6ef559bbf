"""Multiparts as no peer should send them: good ones with octets flipped, delimiters and headers that lie,
ends cut off, two spliced. One seed makes the same mutants each time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from kavle.wire import mime
from wire.mime.mime_bodies import EVERY_KIND, MIXED, MM7, MM7_TYPE

CORPUS: Final[Sequence[tuple[str, bytes]]] = [
    (MM7_TYPE, MM7),
    mime.write(EVERY_KIND),
    mime.write(mime.Part(MIXED, parts=EVERY_KIND.parts[1].parts)),
    ("multipart/mixed; boundary=b", b"--b\n\n1\n--b\nContent-Type: text/plain\n\n2\n--b--\n"),
]
_HEADERS: Final = [
    *(b"Content-Type: multipart/mixed; boundary=b", b"Content-Type: multipart/mixed", b"Content-Type: x"),
    *(b"Content-Type: text/plain; name*=utf-8''%FF%00", b'Content-Type: a/b; c="', b"Content-ID: <<>>", b":"),
    *(
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: x",
        b"X: \0",
        b" folded",
        b"X" * 9000,
    ),
    *(b"Content-Location: =?utf-8?Q?=0D=0A?= =?utf-8?B?=?=", b"Content-Disposition: ;filename=a;;;=;b"),
]
_PIECES: Final = [
    b"\r\n",
    b"\n",
    b"\r",
    b"--",
    b"--b\r\n",
    b"--b--\r\n",
    b"\0",
    b"\r\n\r\n",
    b" ",
    b'"',
    b"=",
]

Mutation = Callable[[Random, bytearray], None]


def _flip_bits(random: Random, body: bytearray) -> None:
    for _ in range(random.choice([1, 1, 2, 8])):
        body[random.randrange(len(body))] ^= 1 << random.randrange(8)


def _put_a_piece(random: Random, body: bytearray) -> None:
    at = random.randrange(len(body) + 1)
    body[at : at + random.randrange(3)] = random.choice(_PIECES)


def _put_a_header(random: Random, body: bytearray) -> None:
    """Behind some line's end."""
    at = body.find(b"\n", random.randrange(len(body))) + 1
    body[at:at] = random.choice(_HEADERS) + random.choice([b"\r\n", b"\r\n", b"\n"])


def _cut_the_end(random: Random, body: bytearray) -> None:
    del body[random.randrange(1, len(body) + 1) :]


def _splice(random: Random, body: bytearray) -> None:
    _, other = random.choice(CORPUS)
    body[random.randrange(1, len(body) + 1) :] = other[random.randrange(len(other)) :]


def _repeat(random: Random, body: bytearray) -> None:
    """A stretch of it, often: parts in great number, and parts within parts."""
    start = random.randrange(len(body))
    stretch = body[start : start + random.randrange(1, 400)]
    body[start:start] = stretch * random.choice([1, 2, 5, 120])


def _multiparts_within(random: Random, body: bytearray) -> None:
    at = random.randrange(len(body))
    body[at:at] = b"\r\n--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" * random.choice(
        [2, 5, 1000]
    )


def _shorter_lines(random: Random, body: bytearray) -> None:
    body[:] = body.replace(b"\r\n", b"\n", random.choice([1, 3, -1]))


_MUTATIONS: Final[Sequence[Mutation]] = [
    _flip_bits,
    _flip_bits,
    _put_a_piece,
    _put_a_piece,
    _put_a_header,
    _put_a_header,
    _cut_the_end,
    _splice,
    _repeat,
    _multiparts_within,
    _shorter_lines,
]


def mutant(random: Random) -> tuple[str, bytes]:
    """Mostly with a Content-Type that is good: under others nothing of the body is read."""
    content_type, octets = random.choice(CORPUS)
    body = bytearray(octets)
    for _ in range(random.choice([1, 1, 2, 3])):
        _MUTATIONS[random.randrange(len(_MUTATIONS))](random, body)
    if random.random() < 0.05:
        header = bytearray(content_type.encode())
        random.choice([_flip_bits, _put_a_piece, _cut_the_end])(random, header)
        content_type = header.decode("latin-1")
    return content_type, bytes(body)
