"""A bundle on its way to another process: its recipients go by the thousand, so that who puts it together has
a turn for others between. A hundred thousand at once would hold the event loop for 30 ms."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec
from msgspec.structs import replace

from kavle.model.bundle import BundleDraft, Destination
from kavle.store.errors import RowRefused

_EACH: Final = 1_000

_encode: Final = msgspec.msgpack.Encoder().encode
_read: Final = msgspec.msgpack.Decoder(list[Destination]).decode


class Pieces(msgspec.Struct, array_like=True, frozen=True):
    draft: BundleDraft  # without its destinations
    destinations: list[bytes]


def taken_apart(draft: BundleDraft) -> Pieces:
    all_of_them = draft.destinations
    pieces = [_encode(all_of_them[at : at + _EACH]) for at in range(0, len(all_of_them), _EACH)]
    return Pieces(replace(draft, destinations=()), pieces)


async def put_together(pieces: Pieces) -> BundleDraft:
    """Raises `RowRefused` for what are no recipients."""
    found: list[Destination] = []
    for piece in pieces.destinations:
        try:
            found += _read(piece)
        except msgspec.DecodeError as error:
            raise RowRefused("it is not of the type that is stored") from error
        await asyncio.sleep(0)
    return replace(pieces.draft, destinations=tuple(found))
