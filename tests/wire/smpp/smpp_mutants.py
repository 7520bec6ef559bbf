"""PDUs as no peer should send them: those of the tables with octets flipped, lengths that lie, ends cut off,
two spliced, TLVs out of joint. One seed makes the same mutants each time."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Final

from kavle.wire.smpp.codec import MAX_COMMAND_LENGTH, encode
from wire.smpp.smpp_table import TABLE, TLVS

CORPUS: Final[Sequence[bytes]] = [
    *(row.octets for row in TABLE.values()),
    *(encode(kind(tlvs={tag: octets}), 1) for tag, (kind, octets) in TLVS.items()),  # type: ignore[call-arg]
]
_BODY: Final = 16  # where it begins
_ODD_LENGTHS: Final = [0, 1, 4, 15, 16, 17, 254, 255, MAX_COMMAND_LENGTH, MAX_COMMAND_LENGTH + 1]
_HUGE: Final = [0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x47455420, 0x16030100]  # two of them: "GET " and TLS
_COMMANDS: Final = [int.from_bytes(octets[4:8], "big") for octets in CORPUS]

Mutation = Callable[[Random, bytearray], None]


def _flip_bits(random: Random, pdu: bytearray) -> None:
    for _ in range(random.choice([1, 1, 2, 8])):
        pdu[random.randrange(4, len(pdu))] ^= 1 << random.randrange(8)


def _put_octets(random: Random, pdu: bytearray) -> None:
    at = random.randrange(_BODY, len(pdu) + 1)
    pdu[at : at + random.randrange(3)] = random.choice([b"", b"\0", b"\xff", random.randbytes(3)])


def _cut_the_end(random: Random, pdu: bytearray) -> None:
    del pdu[random.randrange(_BODY, len(pdu) + 1) :]


def _add_to_the_end(random: Random, pdu: bytearray) -> None:
    pdu += random.randbytes(random.choice([1, 2, 3, 4, 60, 4096]))


def _splice(random: Random, pdu: bytearray) -> None:
    other = random.choice(CORPUS)
    pdu[random.randrange(_BODY, len(pdu) + 1) :] = other[random.randrange(len(other)) :]


def _disjoint_tlvs(random: Random, pdu: bytearray) -> None:
    for _ in range(random.choice([1, 2, 40])):
        tag, value = random.randrange(0x10000), random.randbytes(random.randrange(6))
        length = random.choice([len(value), len(value) + 1, 0, 0xFFFF])
        pdu += struct.pack(">HH", tag, length) + value


def _long_string(random: Random, pdu: bytearray) -> None:
    at = random.randrange(_BODY, len(pdu) + 1)
    pdu[at:at] = b"1" * random.choice([5, 9, 16, 21, 41, 65, 66, 300])


def _another_command(random: Random, pdu: bytearray) -> None:
    pdu[4:8] = random.choice([random.choice(_COMMANDS), random.getrandbits(32)]).to_bytes(4, "big")


def _another_number(random: Random, pdu: bytearray) -> None:
    """Of a request that may be under way, say."""
    pdu[12:16] = random.choice([0, 1, 2, 3, 0x7FFFFFFF, 0xFFFFFFFF]).to_bytes(4, "big")


def _a_status(random: Random, pdu: bytearray) -> None:
    pdu[8:12] = random.choice([0, 8, 0x58, 0x400, 0xFFFFFFFF]).to_bytes(4, "big")


_MUTATIONS: Final[Sequence[Mutation]] = [
    _flip_bits,
    _put_octets,
    _cut_the_end,
    _add_to_the_end,
    _splice,
    _disjoint_tlvs,
    _long_string,
    _long_string,
    _another_command,
    _another_number,
    _a_status,
]


def mutant(random: Random) -> bytes:
    """Mostly with a command_length that is true: the others end the link, and nothing behind them is read."""
    pdu = bytearray(random.choice(CORPUS))
    for _ in range(random.choice([1, 1, 2, 3])):
        random.choice(_MUTATIONS)(random, pdu)
    length = len(pdu)
    lie = random.random()
    if lie < 0.05:
        length += random.choice([-17, -1, 1, 16])
    elif lie < 0.07:
        length = random.choice(_ODD_LENGTHS)
    elif lie < 0.08:
        length = random.choice(_HUGE)
    pdu[:4] = max(0, length).to_bytes(4, "big")
    return bytes(pdu)


def reads(random: Random, data: bytes) -> Iterator[bytes]:
    """The octets as a socket may give them: all at once, mostly."""
    if random.random() < 0.8:
        yield data
        return
    cut = random.randrange(len(data) + 1)
    yield data[:cut]
    yield data[cut:]
