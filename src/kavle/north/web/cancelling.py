"""An end to what waits for its time, and what the next page says of it."""

from __future__ import annotations

from collections.abc import Awaitable

from kavle.model.errors import Reason, Refusal
from kavle.north.web.visitor import Visitor


async def cancel(under_way: Awaitable[None], visitor: Visitor, done: str) -> None:
    """`done` is told, or that its time has come."""
    try:
        await under_way
    except Refusal as refusal:
        if refusal.reason is not Reason.PARAMETER:
            raise
        visitor.refuse(visitor.words("It can't be cancelled any more."))
    else:
        visitor.notify(done)
