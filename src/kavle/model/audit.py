"""The audit log: who changed what, when, and what it was before and after."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from typing import Final

import msgspec

State = Mapping[str, str]
"""What can be told of a subject, in words; no password, no text of a message, no whole number of a phone."""


class Came(IntEnum):
    """What came of a change. Its line is written before it is made, so that none is made without a line."""

    OPEN = 0  # it is under way, or the process died meanwhile: it was made or not
    DONE = 1
    REFUSED = 2  # nothing was changed


class AuditNote(msgspec.Struct, frozen=True):
    """A change that is about to be made."""

    at: datetime
    operator: str
    what: str
    subject: str


class AuditEnd(msgspec.Struct, frozen=True):
    """What came of it; of the subject, only what the change made different."""

    id: int
    came: Came
    before: State
    after: State


class AuditLine(msgspec.Struct, frozen=True):
    id: int
    at: datetime
    operator: str
    what: str
    subject: str
    came: Came
    before: State
    after: State


_NOTHING: Final = ""


def difference(before: State, after: State) -> tuple[State, State]:
    """Of both, what is not the same in the other."""
    keys = [key for key in {**before, **after} if before.get(key, _NOTHING) != after.get(key, _NOTHING)]
    return {key: before.get(key, _NOTHING) for key in keys if key in before}, {
        key: after.get(key, _NOTHING) for key in keys if key in after
    }
