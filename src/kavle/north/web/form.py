"""What pages read of their forms."""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request


async def fields(request: Request) -> dict[str, str]:
    """Each as it was written, without the spaces round it."""
    return {name: value.strip() for name, value in (await request.form()).items() if isinstance(value, str)}


NUMBERS: Final = ("callback", "mms_callback", "charset")
"""What is written or chosen of `NumberSettings`; the rest is ticked."""


async def field(request: Request, name: str) -> str:
    """One that our own forms always have; raises HTTPException 400 without it."""
    value = (await fields(request)).get(name, "")
    if not value:
        raise HTTPException(400)
    return value
