"""Forms that strangers send, and long ones."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from kavle.north.web.posted import read_form

FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=X"


def posted(body: bytes, content_type: str = FORM) -> Request:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", content_type.encode())]
    return Request({"type": "http", "method": "POST", "headers": headers, "app": None}, receive)


def part(value: bytes) -> bytes:
    return b'--X\r\nContent-Disposition: form-data; name="to"\r\n\r\n%s\r\n--X--\r\n' % value


CHARSETS = {
    "by the square of the length": ("punycode", b"a" * 50_000 + b"-" + b"a" * 50_000),
    "the same by another name": ("IDNA", b"xn--" + b"a9" * 20_000),
    "half a surrogate pair": ("utf-7", b"+2AA-"),
    "as Python writes it": ("unicode_escape", rb"\ud800"),
    "none at all": ("undefined", b"x"),
    "unknown": ("klingon", b"x"),
}


@pytest.mark.parametrize(("charset", "value"), CHARSETS.values(), ids=CHARSETS)
async def test_a_form_chooses_no_charset(charset: str, value: bytes) -> None:
    with pytest.raises(HTTPException) as refused:
        await read_form(posted(part(value), f"{PARTS}; charset={charset}"), stranger=True)
    assert refused.value.status_code == 415


@pytest.mark.parametrize("kind", [PARTS, f"{PARTS}; charset=UTF-8", f'{PARTS}; charset="utf8"'])
async def test_parts_are_in_utf_8(kind: str) -> None:
    form = await read_form(posted(part("åäö".encode()), kind), stranger=True)
    assert form["to"] == "åäö"


@pytest.mark.parametrize("numbers", [3, 5_000, 100_000])
async def test_a_long_form_is_read_beside_the_loop(numbers: int) -> None:
    request = posted(b"text=%C3%A5&to=" + b"%0D%0A".join(b"0702617396" for _ in range(numbers)))
    turn = asyncio.ensure_future(asyncio.sleep(0))
    form = await read_form(request, stranger=False)
    assert turn.done() == (numbers > 1000)
    assert form["text"] == "å"
    assert str(form["to"]).split() == ["0702617396"] * numbers
    assert await request.form() is form


async def test_nobody_sends_a_long_one_before_logging_in() -> None:
    body = b"next=" + b"%41" * 30_000
    with pytest.raises(HTTPException) as refused:
        await read_form(posted(body), stranger=True)
    assert refused.value.status_code == 403
    assert (await read_form(posted(body), stranger=False))["next"] == "A" * 30_000


async def test_what_is_wrong_in_a_long_one_is_told_as_in_a_short_one() -> None:
    for body in (b"a=b&" * 200, b"a=b&" * 20_000):
        with pytest.raises(HTTPException) as refused:
            await read_form(posted(body), stranger=False)
        assert refused.value.status_code == 400
