"""Databases that are copies of what they were: how one is recognised, and what is known of what it lacks.
Pure, and the same on every engine. ADR 27 has why."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol

import msgspec

LEAP: Final = 10_000_000
"""Ids that are passed over at least: whatever was given after the copy was taken is none of those to come."""
A_SECOND: Final = 1_000
"""And for each second since."""
FARTHEST: Final = 1_000_000_000
"""Not more: half of all public ids (`model.ids.SPAN`) are still to come before one comes again."""
_BLOCK: Final = 256  # of PostgreSQL's sequence


class Restored(msgspec.Struct, frozen=True):
    """What is known of a copy, until an operator confirms it."""

    why: str  # how it was seen to be one
    at: datetime  # when
    until: datetime | None  # the newest that it knows of; None: it knows nothing
    last_id: int  # the newest that it had given
    next_id: int  # the next one goes behind this
    settled: bool = False  # all that was not sent by then is held


class Mark(msgspec.Struct, frozen=True):
    """What a database and what stands beside it say of each other. Where both say the same, or the database
    is ahead, it is what it was."""

    home: str
    tick: int  # rises while anything is written
    last_id: int = 0
    inode: int = 0  # of the file


class Restoring(Protocol):
    """Part of a store, and as that one."""

    async def recognise(self, now: datetime) -> None:
        """To be called once at the start of whatever sends, before it does: if this is a copy that nobody
        knew of, say so in it, and pass over the ids that may have been given since."""

    async def mark(self, now: datetime, why: str) -> None:
        """Somebody knows that it is one."""

    async def state(self) -> Restored | None:
        """None: it is no copy, or the operator has confirmed it."""

    async def hold(self, now: datetime) -> int:
        """Hold a bounded number of messages that had not been sent, so that only an operator has them sent.
        How many; at 0 it is settled, and holds no more."""

    async def confirm(self) -> Restored | None:
        """What was confirmed; None where there was nothing to confirm."""


def changed(row: Mark, beside: Mark | None) -> str | None:
    """Why a file that says `row` is a copy; None if it is what was here before. `row.inode` is the file's
    own."""
    if row.home.startswith(BACKUP):
        return f"it was made by `kavle backup` at {row.home.removeprefix(BACKUP)}"
    if beside is None:
        return "the .mark that was beside it is missing"
    if beside.home != row.home:
        return "the .mark beside it is another database's"
    if row.tick < beside.tick:
        return "it is older than what was here before"
    if row.inode != beside.inode:
        return "it is another file than was here before"
    return None


BACKUP: Final = "backup "
"""A home that is no place: of a copy by `kavle backup`, and then when it was made."""


def backup_home(now: datetime) -> str:
    return f"{BACKUP}{now:%Y-%m-%d %H:%M:%S} UTC"


def leap(last_id: int, until: datetime | None, now: datetime, known: int = 0) -> int:
    """The id behind which new ones go, as far above the newest that the copy knows of, or that is `known`
    from elsewhere, as others may have been given since `until`."""
    seconds = max(0.0, (now - until).total_seconds()) if until else 0.0
    far = min(LEAP + int(seconds * A_SECOND), FARTHEST)
    return max(last_id, known) + (far + _BLOCK - 1) // _BLOCK * _BLOCK


read_restored: Final = msgspec.json.Decoder(Restored).decode


def written(restored: Restored) -> str:
    return msgspec.json.encode(restored).decode()
