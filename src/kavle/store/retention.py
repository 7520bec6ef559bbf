"""What is kept how long: which rows of a look are old, on every engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec

BATCH: Final = 1_000
"""Rows of one look. More than a node may give ids of late (a block of 256): a look with young ones alone is
therefore behind all that is old."""
FEW: Final = 20
"""Messages whose files are erased at once: up to 6 MB, of which SQLite overwrites every page."""


class Kept(StrEnum):
    """In this order: messages are spared as long as their bundle is there."""

    FILES = "files"
    TEXTS = "texts"
    BUNDLES = "bundles"
    MESSAGES = "messages"
    INCOMING = "incoming"
    AUDIT = "audit"


_OF_MESSAGES: Final = {"body": "message_id", "file": "message_id"}
ROWS: Final = {
    Kept.FILES: {"file": "message_id"},
    Kept.TEXTS: {"body": "message_id"},
    Kept.BUNDLES: {"body": "message_id", "bundle_part": "bundle_id", "bundle": "id"},
    Kept.MESSAGES: {**_OF_MESSAGES, "segment": "message_id", "receipt": "message_id", "message": "id"},
    Kept.INCOMING: {**_OF_MESSAGES, "callback_try": "incoming_id", "incoming": "id"},
    Kept.AUDIT: {"audit": "id"},
}
"""The tables that go with each, in this order, and their column with the id that is looked at."""
HELD: Final = {Kept.FILES: "file", Kept.TEXTS: "body"}
"""What is no row of its own, but held by messages of all kinds: its table."""


class Erase(msgspec.Struct, frozen=True):
    """Some of what came before then, from behind the id `after` on."""

    kind: Kept
    before: datetime
    after: int = 0
    account_id: int | None = None  # of this one alone, which keeps less than the others


class Erased(msgspec.Struct, frozen=True):
    rows: int
    after: int | None  # where to go on; None: that was all


def chosen(kind: Kept, rows: Sequence[Any]) -> tuple[list[int], int | None]:
    """Of a look's (id, whether it is young, whether it is open), in the order of the ids: which are to be
    erased, and where to go on."""
    old = [id for id, young, open in rows if not young and not open]
    if kind is Kept.FILES and len(old) > FEW:
        return old[:FEW], old[FEW - 1]
    over = len(rows) < BATCH or all(young for _, young, _ in rows)
    return old, None if over else rows[-1][0]
