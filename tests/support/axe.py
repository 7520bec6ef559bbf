"""Every page that links lead to, and what axe-core finds wrong with one."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from functools import cache
from urllib.parse import urljoin, urlsplit

from playwright.async_api import Page

from support.clients import PROGRAMS, Need

_SOURCE = PROGRAMS / "node/node_modules/axe-core/axe.min.js"
AXE = Need("axe-core", _SOURCE.exists, "apt-get install npm && npm ci --prefix tests/clients/node")

_PAGES = 80
_NO_PAGES = re.compile(r"/downloads/|\.asmx\?(WSDL|disco)|/static/|\.csv")
_LINKS = "links => links.map(link => link.href)"
_FAULTS = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
    .filter(found => ["serious", "critical"].includes(found.impact))
    .map(found => `${found.id}: ${found.nodes.map(node => node.html).join(" ")}`)"""


async def faults(page: Page) -> list[str]:
    """The serious and the critical ones of the page as it is shown."""
    await page.evaluate(_source())  # by the debugger, which our policy does not bind
    found: list[str] = await page.evaluate(_FAULTS)
    return found


async def every_page(page: Page, *starts: str) -> AsyncIterator[str]:
    """Visits what links lead to, one of each kind: the paths, the page on each in turn."""
    waiting, known = list(starts), set(map(_kind, starts))
    while waiting:
        path = waiting.pop(0)
        await page.goto(path)
        assert len(known) < _PAGES, known
        links = await page.locator("a[href]").evaluate_all(_LINKS)
        for link in (urlsplit(urljoin(page.url, link)) for link in links):
            to = link.path + (f"?{link.query}" if link.query else "")
            if link.netloc != urlsplit(page.url).netloc or _NO_PAGES.search(to):
                continue
            if _kind(to) not in known:
                known.add(_kind(to))
                waiting.append(to)
        yield path


def _kind(path: str) -> str:
    return re.sub(r"[0-9]+|=[^&]*", "…", path)


@cache
def _source() -> str:
    return _SOURCE.read_text("utf-8")
