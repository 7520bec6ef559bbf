"""What core asks of whoever calls customers; `south.callback` is one."""

from __future__ import annotations

from typing import Protocol

import msgspec

from kavle.model.callback import LeasedCallback
from kavle.model.why import Why


class Answer(msgspec.Struct, frozen=True):
    """What a receiver said; or, in `error`, why that can't be told."""

    ok: bool
    status: int | None = None
    head: str = ""  # what its body begins with, printable
    error: Why | None = None


class Caller(Protocol):
    async def call(self, callback: LeasedCallback, public_id: int) -> Answer:
        """One call, within a minute at most. Whatever a receiver does is an Answer."""

    def close(self) -> None: ...
