"""What a store does with all that one phone number has in it, on every engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Final, Protocol

import msgspec

ERASED: Final = ""
"""Where a number stood that was erased."""
TAIL: Final = 8
"""Digits by which a network's way of writing a number is told from another's: as receipts are matched."""


class Loose(msgspec.Struct, frozen=True):
    """What a number has that is not over and stands in no message yet."""

    parts: int  # of its long messages, which wait for others
    bundles: list[int]  # in which it is a recipient that is to become a message yet


class Erasing(msgspec.Struct, frozen=True):
    """Some of a number's messages, by internal ids."""

    number: str
    sent: tuple[int, ...] = ()  # to it
    received: tuple[int, ...] = ()  # from it


class Ending(msgspec.Struct, frozen=True):
    """All of a number's messages are erased."""

    number: str
    at: datetime
    stops: bool  # it goes from all stop lists, too


class Erasures(msgspec.Struct, frozen=True):
    """Which a database knows of."""

    count: int
    last: datetime | None


class Persons(Protocol):
    """Part of a store, and as that one. A number's messages are found by `History` and `Inbox`."""

    async def queued(self, ids: Sequence[int]) -> list[int]:
        """Those of these messages that are not sent yet, or that an operator is to decide on."""

    async def loose(self, number: str) -> Loose: ...

    async def files(self, ids: Sequence[int]) -> int:
        """How many these messages have, in either direction."""

    async def stops(self, number: str) -> list[tuple[str, datetime]]:
        """The accounts on whose stop lists it is, and since when."""

    async def erase(self, one: Erasing) -> int:
        """Erase number, texts, files and what networks and customers said of these; how many they were. Left
        out is what is not over. What was sent, when, for how much, and what became of it stays, and a
        receipt that is to come counts. A bundle's text goes with the last of its recipients."""

    async def end(self, one: Ending) -> int:
        """What is left of it beside messages; from how many stop lists it went. From now on it is known that
        it was erased."""

    async def erased_at(self, number: str) -> datetime | None: ...

    async def erasures(self) -> Erasures: ...


def fingerprint(key: bytes, number: str) -> bytes:
    """By which a number is known again, but not read: there are so few numbers that a hash without a key
    would tell them."""
    return blake2b(number.encode(), key=key, digest_size=16).digest()
