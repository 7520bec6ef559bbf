"""The menu, by which a visitor gets about: it marks the page that one is on, and no other."""

from __future__ import annotations

import re

from support.accounts import make_operator
from support.pages import Browser
from support.running import Running

ENTRY = re.compile(r'<a href="([^"]+)"( aria-current="page")?>')


def menu(body: str) -> dict[str, bool]:
    """Each address in it, and whether it is marked."""
    _, _, rest = body.partition('<nav aria-label="Portal">')
    return {address: bool(mark) for address, mark in ENTRY.findall(rest.partition("</nav>")[0])}


async def marks_each(browser: Browser, first: str) -> None:
    addresses = list(menu((await browser.get(first)).body))
    assert len(addresses) > 3
    for here in addresses:
        told = menu((await browser.get(here)).body)
        assert [address for address, marked in told.items() if marked] == [here]


async def test_a_customers_menu_marks_the_page_that_he_is_on(customer: Browser) -> None:
    await marks_each(customer, "/visastatus.aspx")


async def test_an_operators_menu_does_so_too(gateway: Running, visitor: Browser) -> None:
    await make_operator(gateway.gateway.store, "anna", "long enough")
    await visitor.get("/operator")
    await visitor.post("/operator/log-in", operator="anna", password="long enough", next="/operator")
    await marks_each(visitor, "/operator")
