"""What holds on each page that links lead to, in a real browser: all can read and operate it, and it fits a
phone."""

from __future__ import annotations

import time

import pytest
from playwright.async_api import Page

from support.axe import AXE, every_page, faults
from support.chromium import chromium, sign_in
from support.clients import require
from support.running import Running

TABS = 60
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


async def filled(gateway: Running) -> None:
    """Something to be seen on each page."""
    await gateway.until(await gateway.send(to="46701740611", msg="x" * 200), 52)
    at = str(int(time.time()) + 3600)
    call = {"konto": "test", "passwd": "1234", "from": "ip1", "meddelande": "Hej", "prio": "2", "sendAt": at}
    await gateway.soap("smsAt", till="0701740605", **call)
    await gateway.soap("smsBundleAt", till="0701740605,hej", **call)
    await gateway.until(await gateway.send(to="0701740605", msg="Nu", Type="flash"), 22)
    gateway.complete = False  # what waits for its time has not ended


@pytest.mark.parametrize(("locale", "width"), [("en-GB", 1180), ("sv-SE", 390)])
async def test_nothing_serious_is_wrong_with_any(tried: Running, locale: str, width: int) -> None:
    await require(AXE)
    tried.crowded = True
    await filled(tried)
    async with chromium(tried.url, locale=locale, width=width) as page:
        wrong = []
        for signed_in, starts in ((False, ("/", "/visastatus.aspx", "/nothing")), (True, ("/",))):
            if signed_in:
                await sign_in(page)
            seen = [(path, await judged(page)) async for path in every_page(page, *starts)]
            wrong += [(path, found) for path, found in seen if found]
        assert wrong == []
        assert {"/phones", "/portal/send", "/portal/scheduled"} <= {path for path, _ in seen}


async def judged(page: Page) -> list[str]:
    found = await faults(page)
    if await page.locator("h1").count() != 1:
        found.append("not one h1")
    if not await page.evaluate(FITS):
        found.append("wider than the window")
    return found


async def test_log_in_and_send_need_no_mouse(gateway: Running) -> None:
    gateway.crowded = True
    async with chromium(gateway.url) as page:
        await page.goto("/visastatus.aspx")
        await page.keyboard.type("test")  # the first field has the focus
        await page.keyboard.press("Tab")
        await page.keyboard.type("1234")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#messages")
        await tab_to(page, ".top a[href='/portal/send']")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("form.send")
        for field, said in (("#to", "0701740605"), ("#sender", "ip1"), ("#text", "Hej")):
            await tab_to(page, field)
            await page.keyboard.type(said)
        await tab_to(page, "form.send > button")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#story")
        id = page.url.rpartition("/")[2]
    assert await gateway.until(id, 22) == 22


async def tab_to(page: Page, selector: str) -> None:
    """By the key alone; and it is seen where one is."""
    for _ in range(TABS):
        await page.keyboard.press("Tab")
        focused = page.locator("*:focus-visible")
        if await focused.count() and await focused.evaluate("(one, to) => one.matches(to)", selector):
            assert await focused.evaluate("one => getComputedStyle(one).outlineStyle") != "none"
            return
    raise AssertionError(f"{selector} is not reached in {TABS} steps")
