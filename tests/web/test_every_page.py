"""What holds on each page that links lead to, in a real browser: all can read and operate it, and it fits a
phone."""

from __future__ import annotations

import asyncio
import time

import pytest
from playwright.async_api import Page

from kavle.core.accounts import ChangeAccount
from kavle.core.desk import Desk
from kavle.model.account import Operator
from kavle.simulator.faults import Faults
from kavle.simulator.mo_pdus import MoText
from kavle.store.inbox import StopChange
from kavle.store.types import HeldPage
from support.accounts import make_operator
from support.axe import AXE, every_page, faults
from support.chromium import Scheme, chromium, sign_in, sign_in_operator
from support.clients import require
from support.patience import PATIENCE
from support.running import Running

TABS = 60
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


NUMBER, PHONE = "46701740699", "46701740605"
ANNA = "anna", "en lång hemlighet"
STARTS: dict[str, tuple[str, ...]] = {
    "nobody": ("/", "/visastatus.aspx", "/operator", "/nothing", "/mms/mms.asmx?op=sendMMS"),
    "customer": ("/", "/portal/incoming?failed=yes"),
    "operator": ("/operator", "/operator/messages?id=1", "/operator/account?name=test"),
}
SEEN = {
    "nobody": {"/phones", "/visastatus.aspx", "/sendSms/sendSms.asmx", "/mms/mms.asmx"},
    "customer": {
        "/portal/send",
        "/portal/scheduled",
        "/portal/incoming",
        "/portal/numbers",
        "/portal/stop-list",
    },
    "operator": {"/operator/carriers", "/operator/held", "/operator/audit", "/operator/messages"},
}
"""Some of what links must have led to."""


async def filled(gateway: Running) -> None:
    """Something to be seen on each page."""
    gateway.complete = False  # what waits for its time, or is held, has not ended
    await make_operator(gateway.gateway.store, *ANNA)
    await gateway.until(await gateway.send(to="46701740611", msg="x" * 200), 52)
    at = str(int(time.time()) + 3600)
    call = {"konto": "test", "passwd": "1234", "from": "ip1", "meddelande": "Hej", "prio": "2", "sendAt": at}
    await gateway.soap("smsAt", till="0701740605", **call)
    await gateway.soap("smsBundleAt", till="0701740605,hej", **call)
    await gateway.until(await gateway.send(to="0701740605", msg="Nu", Type="flash"), 22)
    for to in (NUMBER, "46701740698"):  # and one that is nobody's
        mo = gateway.network.mos.send(MoText(sender=PHONE, recipient=to, text="Tack 😀"))
        async with asyncio.timeout(PATIENCE):
            await mo.wait()
    store, now = gateway.gateway.store, gateway.gateway.clock.now()
    account = await store.account("test")
    assert account is not None
    desk = Desk(store, gateway.gateway.clock, "SE")
    changed = ChangeAccount("test", {"sender": "Larm", "addresses": "127.0.0.1", "hosts": "www.example.com"})
    await desk.carry_out(Operator(ANNA[0], "admin"), changed)
    await store.inbox.stop(StopChange(account.id, PHONE, now))
    gateway.network.inflict(Faults(drop_at_submit=1))
    await gateway.send(to="46701740620", msg="Kanske")
    async with asyncio.timeout(PATIENCE):
        while not await store.held(HeldPage((now, 0), None, 1)):
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(("locale", "width", "scheme"), [("en-GB", 1180, "dark"), ("sv-SE", 390, "light")])
async def test_nothing_serious_is_wrong_with_any(
    tried: Running, locale: str, width: int, scheme: Scheme
) -> None:
    await require(AXE)
    tried.crowded = True
    await filled(tried)
    for who, starts in STARTS.items():
        async with chromium(tried.url, locale=locale, width=width, scheme=scheme) as page:
            if who == "customer":
                await sign_in(page)
            elif who == "operator":
                await sign_in_operator(page, *ANNA)
            seen = [(path, await judged(page)) async for path in every_page(page, *starts)]
        assert [(path, found) for path, found in seen if found] == []
        assert SEEN[who] <= {path for path, _ in seen}


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
