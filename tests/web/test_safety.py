"""What a browser is told of each page: whose script it may run, who may frame it, and whose the cookie."""

from __future__ import annotations

import pytest

from support.pages import Browser
from support.running import Running

PAGES = (
    *("/", "/visastatus.aspx", "/portal/send", "/portal/account", "/portal/incoming", "/portal/ledger"),
    *("/operator", "/operator/accounts", "/no-such-page"),
)


@pytest.mark.parametrize("path", PAGES)
async def test_a_browser_runs_ours_alone_in_no_frame_and_keeps_no_copy(customer: Browser, path: str) -> None:
    headers = (await customer.get(path)).headers
    policy = headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "form-action 'self'", "base-uri 'none'"} <= set(policy)
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


async def test_the_cookie_is_for_no_script_and_no_other_site(gateway: Running, visitor: Browser) -> None:
    (cookie,) = [
        value
        for name, value in (await visitor.get("/visastatus.aspx")).headers.items()
        if name == "Set-Cookie"
    ]
    told = {word.strip().lower() for word in cookie.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/"} <= told
    assert not any(word.startswith("domain=") for word in told)
