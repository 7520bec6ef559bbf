"""What everybody is told who asks while the database is away."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from kavle.model.errors import Reason, Refusal
from kavle.store.errors import StoreUnavailable

T = TypeVar("T")


async def had(read: Awaitable[T]) -> T:
    """Raises `Refusal` when the database can't be read now."""
    try:
        return await read
    except StoreUnavailable as error:
        raise Refusal(Reason.UNAVAILABLE, str(error)) from error
