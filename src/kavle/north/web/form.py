"""What pages read of their forms."""

from __future__ import annotations

from typing import Any, Final

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request


async def fields(request: Request) -> dict[str, str]:
    """Each as it was written, without the spaces round it."""
    return {name: value.strip() for name, value in (await request.form()).items() if isinstance(value, str)}


NUMBERS: Final = ("callback", "mms_callback", "charset")
"""What is written or chosen of `NumberSettings`; the rest is ticked."""


def text(form: FormData, name: str) -> str:
    """As it was written; empty where it is a file, or was not sent."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def settings(given: dict[str, str], *ticks: str) -> dict[str, Any]:
    """What a form has of `NumberSettings`; core says what is wrong with it. `ticks`: those of its own."""
    told: dict[str, Any] = {name: given[name] for name in NUMBERS if name in given}
    return {**told, **{name: name in given for name in ticks}}


async def field(request: Request, name: str) -> str:
    """One that our own forms always have; raises HTTPException 400 without it."""
    value = (await fields(request)).get(name, "")
    if not value:
        raise HTTPException(400)
    return value
