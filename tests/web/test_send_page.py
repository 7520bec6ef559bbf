"""Sending from the portal: what it comes to is told beforehand, by the code that accepts it."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import FormData

from kavle.core.accept import Accept
from kavle.north.http import ClientGone
from kavle.north.web import door, send
from support.pages import Browser, Page, browsing
from support.running import Running

FORM = {"to": "0702617396", "sender": "ip1", "text": "Hej", "priority": "2", "at": ""}


async def test_one_is_sent_and_followed(gateway: Running, customer: Browser) -> None:
    await customer.get("/portal/send")
    page = await customer.post("/portal/send", **{**FORM, "text": "Hej\r\nåäö", "flash": "on"})
    assert "It is accepted, and on its way." in page.text
    (id,) = re.findall(r"<h1>Message (\d+)", page.body)
    await gateway.until(id, 22)
    (text,) = gateway.texts("46702617396")
    assert text.text == "Hej\nåäö"
    assert "flash" in page.text


async def test_a_list_becomes_a_bundle(gateway: Running, customer: Browser) -> None:
    await customer.get("/portal/send")
    page = await customer.post("/portal/send", **{**FORM, "to": "0702617396;0702617397\r\n0702617398,nej"})
    (id,) = re.findall(r"<h1>Bundle (\d+)", page.body)
    while "4 of 4 have ended" not in (page := await customer.get(f"/portal/bundle/{id}")).text:
        pass
    assert "22 Delivered to the phone 3" in page.text


@pytest.mark.parametrize(
    ("file", "recipients"),
    [
        (b"0702617396\n0702617397\n", 2),
        ('\ufeffMobil;Namn\r\n0702617396;Åsa\r\n\r\n"070-261 73 97";Örjan\r\n'.encode(), 2),
        ("Mobil\tNamn\n0702617396\tÅsa\n".encode("latin-1"), 1),
        (b"\x00\xff\xfe", 0),
    ],
)
async def test_the_numbers_may_be_in_a_file(
    gateway: Running, customer: Browser, file: bytes, recipients: int
) -> None:
    page = await customer.get("/portal/send")
    form = FormData({**FORM, "to": "", "token": page.token})
    form.add_field("file", file, filename="list.csv", content_type="text/csv")
    async with customer.session.post("/portal/send/measure", data=form) as answer:
        told = await answer.text()
    assert (f"{recipients} recipient" in told) == (recipients > 0)
    assert (f"Price {recipients}.00" in told) == (recipients > 0)


async def test_a_picture_is_no_list_and_nothing_is_sent(gateway: Running, customer: Browser) -> None:
    page = await customer.get("/portal/send")
    form = FormData({**FORM, "token": page.token})  # with a number that was typed
    form.add_field("file", b"\xff" * 200_000, filename="list.png", content_type="image/png")
    async with customer.session.post("/portal/send", data=form) as answer:
        assert answer.status == 422
        assert "The file is no list of numbers." in await answer.text()
    assert await gateway.balance() == "1000.00"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"text": "x" * 161}, ("161 characters", "2 segments", "GSM 03.38, 7 bit", "Price 2.00")),
        ({"text": "😀" * 35}, ("70 characters", "1 segment", "UCS-2, 16 bit", "Price 1.00")),
        ({"to": "0702617396, 4799999999"}, ("2 recipients", "Price 2.20")),
        ({"to": "0702617396, hej"}, ("1 recipient", "1 that no message can be sent to")),
        ({"to": ""}, ("3 characters", "1 segment")),
        ({"text": ""}, ("told as you write",)),
        ({"text": "x" * 9999}, ("The text is too long",)),
        ({"to": "1," * 100_001}, ("At most 100000 recipients at a time.",)),
    ],
)
async def test_what_it_comes_to_is_told_while_it_is_written(
    gateway: Running, customer: Browser, written: dict[str, str], told: tuple[str, ...]
) -> None:
    await customer.get("/portal/send")
    page = await customer.post("/portal/send/measure", **{**FORM, **written})
    assert page.status == 200
    if "😀" in written.get("text", ""):
        told = ("35 characters", *told[1:])
    for words in told:
        assert words in page.text
    assert await gateway.balance() == "1000.00"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"to": " , "}, "Write at least one number."),
        ({"to": "hej"}, "This is no number that a message can be sent to."),
        ({"to": "0702617396,0702617397", "flash": "on"}, "A flash message goes to one recipient at a time."),
        ({"text": ""}, "Write a text."),
        ({"text": "x" * 9999}, "The text is too long"),
        ({"sender": ""}, "The sender is a number, or up to 11 letters and digits."),
        ({"sender": "x\x01"}, "The sender is a number, or up to 11 letters and digits."),
        ({"at": "i morgon"}, "Choose a time within the next two years."),
        ({"at": "2999-01-01T10:00"}, "Choose a time within the next two years."),
        ({"at": "0001-01-01T10:00"}, "Choose a time within the next two years."),
        ({"to": "0702617396," * 1001}, "Your balance is too small for this."),
    ],
)
async def test_what_is_wrong_stands_beside_its_field_and_nothing_is_sent(
    gateway: Running, customer: Browser, written: dict[str, str], told: str
) -> None:
    await customer.get("/portal/send")
    page = await customer.post("/portal/send", **{**FORM, **written})
    assert page.status == 422
    assert told in page.text
    assert f">{FORM['text']}</textarea>" in page.body or "text" in written
    assert await gateway.balance() == "1000.00"


async def test_it_may_be_sent_later(gateway: Running, customer: Browser) -> None:
    gateway.complete = False
    at = datetime.now(ZoneInfo("Europe/Stockholm")) + timedelta(days=1)
    await customer.get("/portal/send")
    page = await customer.post("/portal/send", **{**FORM, "at": f"{at:%Y-%m-%dT%H:%M}"})
    assert "It is accepted, and waits for its time." in page.text
    assert f"To be sent {at:%Y-%m-%d %H:%M}:00" in page.text
    assert "Cancel it" in page.text


async def test_only_who_is_signed_in_sends(gateway: Running, customer: Browser) -> None:
    async with browsing(gateway.url) as nobody:
        await nobody.get("/visastatus.aspx")
        assert "Log in" in (await nobody.post("/portal/send", **FORM)).text
        assert (await nobody.post("/portal/send", token="x", **FORM)).status == 403
    assert (await customer.post("/portal/send", token="", **FORM)).status == 403
    assert await gateway.balance() == "1000.00"


async def test_of_what_is_measured_meanwhile_the_latest_is_told(
    gateway: Running, customer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser gives up what it asked for before: that must not be the only one that is answered."""
    begun, let_go = asyncio.Event(), asyncio.Event()
    real = Accept.quote

    async def quote(*asked: Any) -> Any:
        begun.set()
        await let_go.wait()
        return await real(*asked)

    monkeypatch.setattr(Accept, "quote", quote)
    read: list[Any] = []
    really_written = send._written

    async def written(form: Any) -> Any:
        read.append(await really_written(form))
        return read[-1]

    monkeypatch.setattr(send, "_written", written)
    await customer.get("/portal/send")

    def asking(text: str) -> asyncio.Task[Page]:
        return asyncio.create_task(customer.post("/portal/send/measure", **{**FORM, "text": text}))

    first = asking("x")
    await begun.wait()
    waiting = asking("x" * 2)
    while len(read) < 2:
        await asyncio.sleep(0)
    latest = asking("x" * 3)
    while len(read) < 3:
        await asyncio.sleep(0)
    let_go.set()
    assert "1 characters" in (await first).text
    assert (await waiting).status == 204
    assert "3 characters" in (await latest).text
    assert "2 characters" in (await customer.post("/portal/send/measure", **{**FORM, "text": "xx"})).text


async def test_who_leaves_in_the_middle_of_a_form_meets_no_bug(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def left(*_: object) -> bytes:
        raise ClientGone

    monkeypatch.setattr(door, "read_body", left)
    assert (await visitor.get("/visastatus.aspx")).status == 400  # if anybody still read it
    assert "bug" not in caplog.text
