"""Which open segment a delivery receipt is about: pure, and the same on every engine."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

import msgspec

from kavle.model.message import Receipt
from kavle.model.status import FINAL
from kavle.store.rows import to_ms

HORIZON: Final = timedelta(days=7)
"""A receipt later than this after its submit may belong to another message: networks reuse their ids."""

HORIZON_MS: Final = HORIZON // timedelta(milliseconds=1)
EARLY_MS: Final = 600_000
"""A receipt that was here so long before its submit's response is another message's: the second copy of one
whose network id was used again."""


class Incoming(msgspec.Struct, array_like=True, frozen=True):
    domain: int
    network_id: str
    recipient: str
    status: int | None
    at: int
    raw: str
    whole: bool


class Waiting(Incoming, frozen=True):
    """A row of `waiting`: it matched nothing when it came."""

    id: int


class Place(msgspec.Struct, array_like=True, frozen=True):
    """A row of `awaiting`: an accepted segment whose receipt is open."""

    domain: int
    network_id: str
    message_id: int
    number: int
    attempt: int
    recipient: str
    at: int


def incoming(receipt: Receipt) -> Incoming:
    return Incoming(
        receipt.carrier_id,
        receipt.network_id,
        receipt.recipient,
        None if receipt.status is None else int(receipt.status),
        to_ms(receipt.at),
        receipt.raw,
        receipt.whole,
    )


class Match:
    """Receipts being given to the open segments that bear their network ids."""

    def __init__(self, places: Iterable[Place]) -> None:
        self.matched: list[tuple[Place, Incoming]] = []
        self._open: dict[tuple[int, str], list[Place]] = {}
        for place in sorted(places, key=lambda place: place.at):
            self._open.setdefault((place.domain, place.network_id), []).append(place)

    def take(self, row: Incoming) -> bool:
        """To the newest open segment of this id and recipient that it can be about by its time."""
        candidates = self._open.get((row.domain, row.network_id), [])
        for place in reversed(candidates):
            if _same(row.recipient, place.recipient) and _in_time(row, place):
                self.matched.append((place, row))
                if row.status in FINAL:
                    candidates[:] = [one for one in candidates if not _settled(one, place, row)]
                return True
        return False


def kept(place: Place, row: Incoming) -> str:
    """Of a receipt as it came: nothing, if its message was erased meanwhile (it may begin with the text)."""
    return row.raw if place.recipient else ""


def _in_time(row: Incoming, place: Place) -> bool:
    """What has waited may be another message's. What has just come did not come before its submit, whatever
    the clock said then: it was set back."""
    late = row.at - place.at
    return late <= HORIZON_MS and (late >= -EARLY_MS or not isinstance(row, Waiting))


def _settled(one: Place, place: Place, row: Incoming) -> bool:
    return one is place or (row.whole and one.message_id == place.message_id)


def _same(written: str, recipient: str) -> bool:
    """Networks write the number in national form, with or without a plus, or not at all. An erased one is
    whichever they write: by then the id is to tell."""
    return not written or not recipient or written[-8:] == recipient[-8:]
