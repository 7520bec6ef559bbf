"""A form as a browser sent it: read within bounds, and beside the event loop where that takes long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request

from kavle.north.query import SHORT

FORM_BYTES: Final = 2 * 1024 * 1024  # 100,000 numbers fit
_STRANGERS: Final = 64 * 1024
"""Bytes of a form without files from who has not logged in: a name and a password are not so long."""
_MOST_FILES: Final = 20
_MOST_FIELDS: Final = 100
_UTF_8: Final = (b"utf-8", b"utf8")


async def read_form(request: Request, *, stranger: bool) -> FormData:
    """Its fields, which `request.form()` has from then on; all of its body has come. Raises HTTPException:
    400 for what is no form, 403 for a long one of a `stranger`, and 415 for one in a charset of its own."""
    form = await _read(request, stranger=stranger)
    if any(isinstance(value, str) and "\0" in value for value in form.values()):
        raise HTTPException(400)  # PostgreSQL has it in no text
    return form


async def _read(request: Request, *, stranger: bool) -> FormData:
    kind, told = parse_options_header(request.headers.get("content-type"))
    if kind == b"multipart/form-data":
        # No browser says a charset here (RFC 7578 §5.1.2). Python has some whose work grows by the square of
        # the length, and some that give what is no text.
        if told.get(b"charset", b"utf-8").lower() not in _UTF_8:
            raise HTTPException(415)
        return await _form(request)
    length = len(await request.body())
    if stranger and length > _STRANGERS:
        raise HTTPException(403)
    return await (asyncio.to_thread(_driven, request) if length > SHORT else _form(request))


def _form(request: Request) -> Awaitable[FormData]:
    return request.form(max_files=_MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=FORM_BYTES)


def _driven(request: Request) -> FormData:
    """It waits for nothing: all of its body has come."""
    try:
        next(_form(request).__await__())
    except StopIteration as end:
        read: FormData = end.value
        return read
    raise RuntimeError("a form that waits for more of its body")
