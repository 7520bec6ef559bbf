"""The customer's way through the portal in a real browser, in both languages, wide and on a phone."""

from __future__ import annotations

import time

import pytest

from support.accounts import make_operator
from support.chromium import chromium, sign_in, sign_in_operator
from support.running import Running

ANNA = "anna", "en lång hemlighet"
PAGES = (
    "/portal/send",
    "/visastatus.aspx",
    "/portal/bundles",
    "/portal/scheduled",
    "/portal/ledger",
    "/portal/account",
)


@pytest.mark.parametrize(
    ("locale", "width", "price", "delivered"),
    [("en-GB", 1180, "Price 2.00", "Delivered to the phone"), ("sv-SE", 390, "Pris 2,00", "Levererat till")],
)
async def test_a_message_is_written_sent_and_followed_as_it_changes(
    gateway: Running, locale: str, width: int, price: str, delivered: str
) -> None:
    async with chromium(gateway.url, locale=locale, width=width) as page:
        await sign_in(page)
        await page.goto("/portal/send")
        await page.fill("#to", "0702617396")
        await page.fill("#sender", "ip1")
        await page.fill("#text", "å" * 161)
        await page.wait_for_selector(f"#measured :text('{price}')")  # told by the server, as it is written
        await page.click("form.send > button")
        await page.wait_for_selector(f"#story :text('{delivered}')")  # the page asks again by itself
        id = page.url.rpartition("/")[2]
        await page.goto("/visastatus.aspx")
        await page.wait_for_selector(f"#m{id} :text('{delivered}')")
        for path in PAGES:
            await page.goto(path)
            assert await page.locator("h1").count() == 1
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


_ONE_ROW = """(() => {
  const all = [...document.querySelectorAll('.top nav a, .who form')].map(one => one.getBoundingClientRect());
  return Math.max(...all.map(one => one.top)) < Math.min(...all.map(one => one.bottom));
})()"""


async def test_the_menu_is_one_row_on_a_small_laptop_in_swedish_too(gateway: Running) -> None:
    await make_operator(gateway.gateway.store, *ANNA)
    async with chromium(gateway.url, locale="sv-SE", width=1180) as page:
        await sign_in(page)
        assert await page.evaluate(_ONE_ROW)
    async with chromium(gateway.url, locale="sv-SE", width=1180) as page:
        await sign_in_operator(page, *ANNA)
        assert await page.evaluate(_ONE_ROW)


async def test_markup_in_a_text_runs_nowhere(gateway: Running) -> None:
    text = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
    id = await gateway.send(msg=text)
    async with chromium(gateway.url) as page:
        await sign_in(page)
        for path in ("/visastatus.aspx", f"/portal/message/{id}"):
            await page.goto(path)
            assert await page.get_by_text(text).count() == 1
            assert "run" not in await page.title()


async def test_who_is_asked_whether_to_cancel_may_say_no(gateway: Running) -> None:
    id = await gateway.soap(
        "smsAt", konto="test", passwd="1234", till="0702617396", **{"from": "ip1"},
        meddelande="Senare", prio="2", sendAt=str(int(time.time()) + 3600),
    )  # fmt: skip
    async with chromium(gateway.url) as page:
        await sign_in(page)
        await page.goto(f"/portal/message/{id}")
        page.once("dialog", lambda dialog: dialog.dismiss())
        await page.click("button.danger")
        assert await page.locator("button.danger").count() == 1
        page.once("dialog", lambda dialog: dialog.accept())
        await page.click("button.danger")
        await page.wait_for_selector(".notice")
    assert await gateway.until(id, 12) == 12
