"""What no browser sends, on each page and in each form, on both engines: refused, or of no account; never a
bug."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest
from yarl import URL

from support.accounts import make_operator
from support.pages import Browser, browsing
from support.postgres import fresh_database, release
from support.running import Running, running

ANNA = "anna", "en lång hemlighet"
CUSTOMERS = {
    "/visastatus.aspx": ("since", "until", "number", "bundle", "text", "before", "state"),
    "/portal/messages.csv": ("since", "until", "number", "bundle", "text"),
    "/portal/message/{}": (),
    "/portal/message/{}/file/{}": (),
    "/portal/bundle/{}": (),
    "/portal/bundles": ("before", "after"),
    "/portal/scheduled": ("after",),
    "/portal/ledger": ("before",),
    "/portal/incoming": ("before", "number"),
    "/portal/incoming/{}/file/{}": (),
    "/portal/numbers": ("after",),
    "/portal/stop-list": ("after",),
    "/portal/send": ("to",),
}
OPERATORS = {
    "/operator": ("by",),
    "/operator/accounts": ("name", "after"),
    "/operator/account": ("name",),
    "/operator/messages": ("id", "account", "number", "since", "text"),
    "/operator/incoming": ("number", "before"),
    "/operator/incoming/{}": (),
    "/operator/numbers": ("after",),
    "/operator/stop-list": ("account", "account=test&after"),
    "/operator/held": ("carrier", "after"),
    "/operator/audit": ("before",),
}
FORMS = {
    "/portal/stop-list": ("recipient",),
    "/portal/numbers/change": ("number",),
    "/portal/send": ("text", "sender", "to", "at"),
    "/portal/message/{}/cancel": (),
    "/operator/accounts": ("name",),
    "/operator/account/settings": ("name",),
    "/operator/account/credits": ("name", "amount"),
    "/operator/numbers": ("number", "account"),
    "/operator/stop-list": ("account", "recipient"),
    "/operator/person": ("number",),
    "/operator/held": ("id",),
}
VALUES = ("a\0b", "0001-01-01", "9999-12-31", "9" * 30, "٣%")
FILLED = {"account": "test", "name": "test", "recipient": "x", "text": "x", "to": "x", "verdict": "release"}


@pytest.fixture(params=["sqlite", "postgres"])
async def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Running]:
    place = await fresh_database() if request.param == "postgres" else tmp_path / "kavle.db"
    async with running(place) as run:
        await make_operator(run.gateway.store, *ANNA)
        yield run
    if isinstance(place, str):
        await release(place)


async def said(gateway: Running, browser: Browser, path: str, form: dict[str, str] | None = None) -> int:
    url = URL(gateway.url + path, encoded=True)
    method = "GET" if form is None else "POST"
    async with browser.session.request(method, url, data=form, allow_redirects=False) as answer:
        await answer.read()
        return answer.status


@pytest.mark.parametrize("value", VALUES)
async def test_nothing_that_is_written_into_them_is_a_bug(gateway: Running, value: str) -> None:
    told, written = {}, quote(value, safe="")
    async with browsing(gateway.url) as customer, browsing(gateway.url) as anna:
        await customer.sign_in()
        await anna.get("/operator")
        await anna.post("/operator/log-in", operator=ANNA[0], password=ANNA[1])
        for browser, pages in ((customer, CUSTOMERS), (anna, OPERATORS)):
            for path, names in pages.items():
                for query in (f"?{name}={written}" for name in names or [""]):
                    told[path + query] = await said(gateway, browser, path.replace("{}", written) + query)
        await customer.get("/portal/stop-list")
        await anna.get("/operator/person")
        for path, names in FORMS.items():
            browser = anna if path.startswith("/operator") else customer
            for name in names or ["x"]:
                form = {**FILLED, "token": browser.last.token, name: value}
                told[f"{path} {name}"] = await said(gateway, browser, path.replace("{}", written), form)
    assert {path: status for path, status in told.items() if status >= 500} == {}
