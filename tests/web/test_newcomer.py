"""The newcomer's path in a real browser: a demo, an SMS, a phone that shows it, an answer, its callback."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from kavle.model.description import Language
from kavle.north.web.words import all_words
from mms.mms_files import png
from support.chromium import chromium
from support.processes import kavle

TEXT = "<script>document.title = 'run'</script> Din tid är kl 14 😀"


@pytest.mark.parametrize(("language", "locale", "width"), [("en", "en-GB", 1180), ("sv", "sv-SE", 390)])
async def test_from_the_demo_to_a_callback_without_leaving_the_browser(
    tmp_path: Path, language: Language, locale: str, width: int
) -> None:
    words = all_words()[language]
    log, data = tmp_path / "demo.log", str(tmp_path / "demo")
    async with kavle("demo", "--data", data, "--port", "0", log=log, ready="/phones") as demo:
        (url,) = re.findall(r"(http://[\d.:]+)/phones", demo.said)
        async with chromium(url, locale=locale, width=width) as page:
            await page.goto("/")
            await page.click(f"main a:has-text('{words('Phones')}')")
            await expect(page.get_by_text(words("Nothing has come to this phone."))).to_be_visible()
            guest = (
                "Send one in the portal (account {name}, password {password}) or by any of the interfaces."
            )
            await expect(page.locator(".lead")).to_contain_text(words(guest, name="test", password="1234"))
            await page.click(f"text={words('Send to this phone')}")
            await send_as_test(page)
            await page.click(f"nav >> text={words('Phones')}")
            await expect(page.locator(".screen .bubble .said")).to_have_text(TEXT)
            await page.fill("#text", "Tack, vi ses! 👋")
            await page.click(".handset button")
            await expect(page.locator(".bubble.own")).to_contain_text(words("the gateway has it"))
            await expect(page.locator(".call")).to_contain_text("Tack, vi ses! 👋")
            await send_a_picture(page, tmp_path / "bild.png")
            assert "run" not in await page.title()
        assert await demo.stop() == 0


async def send_as_test(page: Page) -> None:
    """Log in where asked to, then send from the form as it is filled in."""
    await page.fill("#account", "test")
    await page.fill("#password", "1234")
    await page.click(".panel button")
    await page.fill("#text", TEXT)
    await page.click("form.send > button")
    await page.wait_for_selector("#story")


async def send_a_picture(page: Page, path: Path) -> None:
    """From the phone, which shows it, to the customer, who is told of it."""
    path.write_bytes(png(64, 48))
    await page.set_input_files("#file", path)
    await page.click(".handset button")
    picture = page.locator(".bubble.own img")
    await expect(picture).to_be_visible(timeout=60_000)
    assert await picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 64
    await expect(page.locator(".call").first).to_contain_text("bild.png")
