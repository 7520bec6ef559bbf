"""A real browser, as visitors have it: Debian's chromium, driven by playwright."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from playwright.async_api import Page, async_playwright, expect

from support.clients import Need, require

Scheme = Literal["light", "dark"]

PATIENCE = 60_000
"""Milliseconds for what a page is to show: a loaded machine takes its time."""

PROGRAM = Path("/usr/bin/chromium")
CHROMIUM = Need("chromium", PROGRAM.exists, "apt-get install chromium")


@asynccontextmanager
async def chromium(
    url: str,
    *,
    locale: str = "en-GB",
    width: int = 1180,
    scheme: Scheme = "light",
    scripts: bool = True,
) -> AsyncIterator[Page]:
    """A page of its own, on which nothing may go wrong that only a browser sees: a script's error, or
    something that our policy forbids."""
    await require(CHROMIUM)
    wrong: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        context = await browser.new_context(
            base_url=url,
            locale=locale,
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
            java_script_enabled=scripts,
        )
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)  # five seconds, unless one says so
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
        yield page
        await browser.close()
    assert wrong == []


async def sign_in(page: Page, name: str = "test", password: str = "1234") -> None:  # noqa: S107
    await page.goto("/visastatus.aspx")
    await page.fill("#account", name)
    await page.fill("#password", password)
    await page.click(".panel button")
    await page.wait_for_selector("#messages")


async def sign_in_operator(page: Page, name: str, password: str) -> None:
    await page.goto("/operator")
    await page.fill("#operator", name)
    await page.fill("#password", password)
    await page.click(".panel button")
    await page.wait_for_selector("#traffic")
