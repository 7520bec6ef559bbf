"""What operators and customers do beside sending, in a real browser: both languages, wide and on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from kavle.clock import SetClock
from kavle.model.description import Language
from kavle.north.web.words import all_words
from kavle.simulator.mo_pdus import MoText
from support.accounts import make_operator
from support.chromium import chromium, sign_in, sign_in_operator
from support.running import Running, running

ANNA = "anna", "en lång hemlighet"
NUMBER, PHONE = "46701740699", "46701740605"
BOTH = pytest.mark.parametrize(("language", "locale", "width"), [("en", "en-GB", 1180), ("sv", "sv-SE", 390)])


def agree(page: Page) -> None:
    """To whatever is asked once more."""
    page.on("dialog", lambda dialog: dialog.accept())


@BOTH
async def test_an_operator_makes_an_account_pays_it_and_finds_that_in_the_log(
    gateway: Running, language: Language, locale: str, width: int
) -> None:
    gateway.crowded = True
    words = all_words()[language]
    await make_operator(gateway.gateway.store, *ANNA)
    await gateway.until(await gateway.send(), 22)
    async with chromium(gateway.url, locale=locale, width=width) as page:
        agree(page)
        await sign_in_operator(page, *ANNA)
        await expect(page.locator("#traffic .legend")).to_contain_text(words("Delivered") + " 1")  # by itself
        await page.click(f".top nav >> text={words('Accounts')}")
        await page.fill("#name", "acme")
        await page.fill("#password", "12345678")
        await page.fill("#credits", "98,50")  # as Swedes write it, too
        await page.click(f"text={words('Make the account')}")
        await expect(page.locator(".notice")).to_have_text(words("The account is made."))
        await page.fill("#amount", "1.50")
        await page.click(f"button:has-text('{words('Give')}')")
        told = words("The balance is {credits} now.", credits=words.money(1_000_000))
        await expect(page.locator(".notice")).to_have_text(told)
        await page.fill("#region", "Sverige")
        await page.click(f"text={words('Change the settings')}")
        await expect(page.locator("#region-wrong")).to_be_visible()
        await page.click(f".top nav >> text={words('Audit log')}")
        for what in ("Account made", "Credits given"):
            await expect(page.locator("main")).to_contain_text(words(what))
        await page.click(f".top nav >> text={words('Carriers')}")
        await expect(page.locator("#carriers")).to_contain_text(words("bound as transceiver"))
        await page.click(".who form:last-child button")
        await expect(page.locator(".notice")).to_have_text(words("You have logged out."))


@BOTH
async def test_a_customer_reads_what_came_and_has_it_called_for_again(
    tried: Running, language: Language, locale: str, width: int
) -> None:
    tried.crowded = True
    words = all_words()[language]
    async with chromium(tried.url, locale=locale, width=width) as page:
        agree(page)
        await sign_in(page)
        await page.goto("/portal/incoming")
        await expect(page.locator(".empty")).to_be_visible()
        tried.network.mos.send(MoText(sender=PHONE, recipient=NUMBER, text="<b>Tack</b> 😀"))
        await expect(page.locator("#incoming td.text")).to_have_text("<b>Tack</b> 😀")
        await page.click("#incoming a time")
        await expect(page.locator("main")).to_contain_text("200 OK")
        await page.click(f"text={words('Call again')}")
        await expect(page.locator(".notice")).to_have_text(words("Your application is called again."))
        await expect(page.locator("#incoming-story tbody tr")).to_have_count(2)
        await page.goto("/portal/numbers")
        await page.click(f"text={words('Send a test call')}")
        told = words("{number}: your application said OK.", number=NUMBER)
        await expect(page.locator(".notice")).to_have_text(told)


async def test_a_wrong_password_and_a_session_that_has_ended_lead_to_the_log_in(tmp_path: Path) -> None:
    clock = SetClock()
    async with running(tmp_path / "kavle.db", clock=clock) as gateway:
        gateway.crowded, gateway.complete = True, False
        await gateway.account("other", "5678", 10)
        id = await gateway.send()
        async with chromium(gateway.url) as page:
            await page.goto(f"/portal/message/{id}")  # of nobody yet
            await page.fill("#account", "test")
            await page.fill("#password", "wrong")
            await page.click(".panel button")
            await expect(page.get_by_role("alert")).to_have_text("Wrong account or password.")
            assert await page.input_value("#account") == "test"
            await page.fill("#password", "1234")
            await page.click(".panel button")
            await page.wait_for_url(f"**/portal/message/{id}")
            await page.goto("/visastatus.aspx")
            clock.forward(minutes=31)
            await page.wait_for_selector("#account")  # what lies open asks by itself
            await page.fill("#account", "other")
            await page.fill("#password", "5678")
            await page.click(".panel button")
            await page.wait_for_selector("#messages")
            answer = await page.goto(f"/portal/message/{id}")
            assert answer is not None
            assert answer.status == 404
            await expect(page.locator("h1")).to_have_text("There is no such page")
            clock.forward(hours=1)
            await page.goto("/portal/send?to=0701740605")
            assert await page.input_value(".panel [name=next]") == "/portal/send?to=0701740605"
