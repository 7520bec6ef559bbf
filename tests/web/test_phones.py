"""The phones of the simulated network: what comes to them, what is written on them, and who may look."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from urllib.parse import urlsplit

import pytest

from kavle.north.settings import HttpSettings
from support.pages import Browser, Page, browsing
from support.patience import PATIENCE
from support.running import Running

PHONE, ABSENT, THROTTLED = "46701740605", "46701740611", "46701740615"
NUMBER = "46701740699"  # the account's


@pytest.fixture
async def somebody(tried: Running) -> AsyncIterator[Browser]:
    async with browsing(tried.url) as browser:
        yield browser


async def seen(browser: Browser, path: str, is_there: Callable[[Page], bool]) -> Page:
    """The page, once that is so."""
    async with asyncio.timeout(PATIENCE):
        while not is_there(page := await browser.get(path)):
            await asyncio.sleep(0.02)
        return page


async def test_what_is_sent_comes_and_what_is_answered_is_called_back(
    tried: Running, somebody: Browser
) -> None:
    page = await somebody.get("/phones")
    assert "Nothing has come to this phone." in page.text
    assert "No callback has come." in page.text
    assert "1234" not in page.text, "this is no demo, and has no guests"
    assert f'value="{NUMBER}"' in page.body  # whom somebody would write to
    await tried.send(to=PHONE, msg="Hej 😀", **{"from": NUMBER})
    await seen(somebody, f"/phones/{PHONE}", lambda page: "Hej 😀" in page.text)
    await somebody.post(f"/phones/{PHONE}/write", to=f"+{NUMBER}", text="Tack\r\nåäö 😀")
    await seen(somebody, f"/phones/{PHONE}", lambda page: "the gateway has it" in page.text)
    page = await seen(somebody, "/phones/calls", lambda page: "incsmsid" in page.body)
    assert f"sender {PHONE} text Tack åäö 😀 to {NUMBER} delivered" in page.text
    assert "GET /customer?incsmsid=" in page.text


async def test_a_phone_tells_what_never_came_and_why(tried: Running, somebody: Browser) -> None:
    for to in (ABSENT, THROTTLED):
        await tried.until(await tried.send(to=to), 22, 52)
    absent = await somebody.get(f"/phones/{ABSENT}")
    assert "Nothing came from ip1 : undeliverable: receipt UNDELIV" in absent.text
    throttled = await somebody.get(f"/phones/{THROTTLED}")
    assert throttled.text.count("Nothing came from ip1 : refused by the network ESME_RTHROTTLED") == 2
    assert "ip1 Testar" in throttled.text


async def test_a_flash_and_a_long_text_are_shown_as_phones_show_them(
    tried: Running, somebody: Browser
) -> None:
    long = "åäö€" * 60
    await tried.until(await tried.send(to=PHONE, msg=long), 22)
    await tried.until(await tried.send(to=PHONE, msg="Nu", Type="flash"), 22)
    page = await somebody.get(f"/phones/{PHONE}")
    assert long in page.text
    assert "2 segments" in page.text
    assert "ip1 Flash Nu" in page.text


async def test_markup_in_a_text_or_an_answer_is_text(tried: Running, somebody: Browser) -> None:
    text = '<script>alert(1)</script>" onload="x'
    await tried.until(await tried.send(to=PHONE, msg=text, **{"from": "<b>"}), 22)
    await somebody.get("/phones")
    await somebody.post(f"/phones/{PHONE}/write", to=NUMBER, text=text)
    await seen(somebody, "/phones/calls", lambda page: text in page.text)
    page = await seen(somebody, "/phones", lambda page: page.text.count(text) >= 3)
    assert "<script>alert" not in page.body
    assert "<b>" not in page.body


async def test_a_piece_of_the_page_comes_again_only_when_it_has_changed(
    tried: Running, somebody: Browser
) -> None:
    for path in (f"/phones/{PHONE}/screen", f"/phones/{PHONE}/newest", "/phones/calls"):
        (again,) = {line.split('"')[0] for line in (await somebody.get(path)).body.split('hx-get="')[1:]}
        assert (await somebody.get(again)).status == 204, path
    await tried.until(await tried.send(to=PHONE), 22)
    assert (await somebody.get(f"/phones/{PHONE}/screen?seen=00000000")).status == 200


@pytest.mark.parametrize(
    ("written", "leads"),
    [("070-174 06 20", "/phones/46701740620"), ("+4712345678", "/phones/4712345678"), ("hej", "/phones")],
)
async def test_a_phone_is_chosen_by_its_number(
    tried: Running, somebody: Browser, written: str, leads: str
) -> None:
    async with somebody.session.get("/phones", params={"number": written}, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, leads)


@pytest.mark.parametrize(
    "fields", [{"to": "", "text": "x"}, {"to": NUMBER, "text": ""}, {"to": NUMBER, "text": "x" * 1001},
               {"to": "å", "text": "x"}, {"to": "4" * 21, "text": "x"}, {}]
)  # fmt: skip
async def test_what_no_phone_can_send_is_not_sent(
    tried: Running, somebody: Browser, fields: dict[str, str]
) -> None:
    await somebody.get("/phones")
    page = await somebody.post(f"/phones/{PHONE}/write", **fields)
    assert '<p class="wrong" role="alert">A phone sends 1 to 1,000 characters to a number.</p>' in page.body
    assert "A phone sends" not in (await somebody.get("/phones")).text
    assert tried.network.counts.mo == 0


async def test_a_form_of_another_site_writes_nothing(tried: Running, somebody: Browser) -> None:
    await somebody.get("/phones")
    for token in ("", "x"):
        page = await somebody.post(f"/phones/{PHONE}/write", token=token, to=NUMBER, text="x")
        assert page.status == 403
    assert tried.network.counts.mo == 0


@pytest.mark.parametrize("path", ["/phones/x", "/phones/1234567890123456", "/phones/+46", "/phones/٤٦"])
async def test_what_is_no_number_is_no_page(tried: Running, somebody: Browser, path: str) -> None:
    assert (await somebody.get(path)).status == 404


async def test_they_are_there_for_this_machine_by_its_own_name_alone(
    tried: Running, somebody: Browser
) -> None:
    port = urlsplit(tried.url).port
    for host, status in ((f"localhost:{port}", 200), (f"[::1]:{port}", 200), ("sms.example.com", 404)):
        assert (await somebody.get("/phones", Host=host)).status == status, host


async def test_a_network_that_is_gone_is_told_of(tried: Running, somebody: Browser) -> None:
    await tried.send()
    tried.face.stop()
    assert (await somebody.get("/phones")).status == 503


async def test_a_gateway_without_a_simulated_network_has_none(gateway: Running, visitor: Browser) -> None:
    assert (await visitor.get("/phones")).status == 404
    assert "/phones" not in (await visitor.get("/")).body


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1:8090", "https://127.0.0.1:8090", "http://127.0.0.1", "127.0.0.1:8090",
            "http://127.0.0.1:8090/x", "http://127.0.0.1:99999"]
)  # fmt: skip
def test_only_a_network_of_this_machine_can_be_named(url: str) -> None:
    with pytest.raises(ValueError, match=r"phones|port"):
        HttpSettings(phones=url)
