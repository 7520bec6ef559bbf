"""The form that sends an MMS: pictures to a phone, what is wrong beside its field, and nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import FormData

from kavle.core.mms_order import LONGEST_TEXT
from mms import mms_files as files
from support.axe import AXE, faults
from support.chromium import chromium
from support.chromium import sign_in as browse_in
from support.clients import require
from support.pages import Browser, Page, browsing
from support.patience import PATIENCE
from support.running import Running, running

PHONE, SENDER = "46701740605", "46701740699"
GOOD = {"to": "0701740605", "sender": SENDER, "text": "Titta!\r\nHej"}
PICTURE = files.png(8, 8) + b"\r\n--boundary\r\n\r\n\0\r\n------WebKitFormBoundary--\r\n"


@pytest.fixture
async def offered(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path / "kavle.db", mms=True) as run:
        yield run


@pytest.fixture
async def sender(offered: Running) -> AsyncIterator[Browser]:
    async with browsing(offered.url) as browser:
        await browser.sign_in()
        yield browser


async def post(browser: Browser, written: dict[str, str], *chosen: tuple[str, str, bytes]) -> Page:
    form = FormData(quote_fields=False)
    for name, value in {"token": browser.last.token, **written}.items():
        form.add_field(name, value)
    for name, kind, data in chosen:
        form.add_field("files", data, filename=name, content_type=kind)
    if not chosen:  # as a browser does where nothing was chosen
        form.add_field("files", b"", filename="", content_type="application/octet-stream")
    async with browser.session.post("/portal/send-mms", data=form) as answer:
        return Page(answer.status, dict(answer.headers), await answer.text())


def on_the_phone(run: Running) -> list[list[bytes]]:
    assert run.mmsc is not None
    return [[file.data for file in mm.files] for mm in run.mmsc.album.of(PHONE)]


async def test_a_picture_and_a_text_are_sent_and_followed(offered: Running, sender: Browser) -> None:
    assert "Send pictures and other files by MMS" in (await sender.get("/portal/send")).text
    await sender.get("/portal/send-mms")
    two = [("Bild.png", "image/png", PICTURE), ("kort.vcf", "text/x-vcard", files.VCARD)]
    page = await post(sender, GOOD, *two)
    assert page.status == 200
    assert "It is accepted, and on its way." in page.text
    assert "Bild.png image/png" in page.text
    assert "Price 2.50" in page.text
    async with asyncio.timeout(PATIENCE):
        while not on_the_phone(offered):
            await asyncio.sleep(0.02)
    assert on_the_phone(offered) == [[b"Titta!\nHej", PICTURE, files.VCARD]]


WRONG = {
    "letters as sender": (GOOD | {"sender": "Kavle"}, (), "The sender of an MMS is a number."),
    "a bad number": (GOOD | {"to": "1"}, (), "This is no number that an MMS can be sent to."),
    "nothing": (GOOD | {"text": ""}, (), "Write a text, or choose a file."),
    "a script": (
        GOOD,
        (
            ("ok.png", "image/png", PICTURE),
            ("<b>.png", "image/png", b"#!/bin/sh\n"),
            ("tom.gif", "image/gif", b""),
        ),
        "Of a kind that is not sent to phones, or empty: <b>.png, tom.gif Choose the files again",
    ),
    "a good file": (
        GOOD | {"sender": "Kavle"},
        (("ok.png", "image/png", PICTURE),),
        "Choose the files again: a browser does not keep them.",
    ),
    "too long a text": (GOOD | {"text": "x" * (LONGEST_TEXT + 1)}, (), "The text is too long, or holds"),
    "too large": (
        GOOD,
        (("a.jpg", "image/jpeg", files.JPEG + bytes(400_000)),),
        "The files have 400,022 bytes; at most 307,200 are sent.",
    ),
    "one octet too large": (
        GOOD,
        (("a.jpg", "image/jpeg", files.JPEG + bytes(307_201 - len(files.JPEG))),),
        "The files have 307,201 bytes; at most 307,200 are sent.",
    ),
}


async def test_what_is_wrong_stands_beside_its_field_and_costs_nothing(
    offered: Running, sender: Browser
) -> None:
    for written, chosen, told in WRONG.values():
        await sender.get("/portal/send-mms")
        page = await post(sender, written, *chosen)
        assert (page.status, told in page.text) == (422, True), (told, page.text)
        assert 'aria-invalid="true"' in page.body
        assert f'value="{written["to"]}"' in page.body
    assert await offered.balance() == "1000.00"
    assert (await post(sender, GOOD | {"token": "x"})).status == 403
    assert on_the_phone(offered) == []


async def test_all_that_is_wrong_is_told_at_once(offered: Running, sender: Browser) -> None:
    await sender.get("/portal/send-mms")
    page = await post(sender, {"to": "1", "sender": "Kavle", "text": ""})
    for told in ("letters as sender", "a bad number", "nothing"):
        assert WRONG[told][2] in page.text
    assert "Choose the files again" not in page.text


@pytest.mark.parametrize(
    ("megabytes", "locale", "told", "back"),
    [
        (3, "en-GB", "a form holds 2 MB", "choose smaller files"),
        (12, "sv-SE", "ett formulär rymmer 2 MB", "välj mindre filer"),
    ],
)
async def test_without_scripts_too_long_a_form_gets_a_page_that_says_what_to_do(
    offered: Running, tmp_path: Path, megabytes: int, locale: str, told: str, back: str
) -> None:
    offered.crowded = True
    (tmp_path / "large.jpg").write_bytes(files.JPEG + bytes(megabytes * 1_000_000))
    async with chromium(offered.url, locale=locale, scripts=False) as page:
        await browse_in(page)
        await page.goto("/portal/send-mms")
        await page.fill("#to", "0701740605")
        await page.fill("#sender", SENDER)
        await page.set_input_files("#files", tmp_path / "large.jpg")
        async with page.expect_response("**/portal/send-mms") as answer:
            await page.click("form.send > button")
        assert (await answer.value).status == 413
        shown = await page.inner_text("main")
        assert told in shown
        assert back in shown
    assert await offered.balance() == "1000.00"


async def test_where_there_is_no_carrier_of_mms_there_is_no_form(gateway: Running, customer: Browser) -> None:
    assert (await customer.get("/portal/send-mms")).status == 404
    assert "MMS" not in (await customer.get("/portal/send")).text


async def test_in_a_browser_too_large_a_file_is_told_of_before_it_is_sent(
    offered: Running, tmp_path: Path
) -> None:
    await require(AXE)
    offered.crowded = True
    (tmp_path / "large.jpg").write_bytes(files.JPEG + bytes(400_000))
    (tmp_path / "small.png").write_bytes(PICTURE)
    async with chromium(offered.url) as page:
        await browse_in(page)
        await page.goto("/portal/send-mms")
        assert await faults(page) == []
        await page.set_input_files("#files", tmp_path / "large.jpg")
        told = "document.querySelector('#files').validationMessage"
        assert await page.evaluate(told) == "These files are too large: at most 300 kB are sent."
        await page.set_input_files("#files", tmp_path / "small.png")
        assert await page.evaluate(told) == ""
        await page.fill("#to", "0701740605")
        await page.fill("#sender", SENDER)
        await page.click("form.send > button")
        await page.wait_for_selector(".files img")
        picture = page.locator(".files img")
        assert await picture.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 8
        assert await faults(page) == []
        id = page.url.rpartition("/")[2]
    async with asyncio.timeout(PATIENCE):
        while await offered.soap("status", "/mms/mms.asmx", mmsId=id) != "22":
            await asyncio.sleep(0.02)
