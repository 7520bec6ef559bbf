"""A customer's messages from phones, numbers and stop list: what is seen and changed, what of others is not,
and what the audit log says of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kavle.clock import SetClock
from kavle.core.numbers import AddNumber, ChangeNumber, Numbers
from kavle.model.audit import AuditLine
from kavle.model.listing import Keys
from kavle.model.number import NumberSettings
from kavle.simulator.mo_pdus import MoText
from kavle.south.callback.settings import CallbackSettings
from support.pages import Browser, Page, browsing
from support.patience import PATIENCE
from support.receivers import OK, Receiver, receiver, says, silent, writes
from support.running import Running, running

PHONE, NUMBER, OTHERS = "46701740605", "46737494123", "46737494124"
SWEDISH = {"Accept-Language": "sv"}
LOOPBACK = {"callback": "http://127.0.0.1:9/"}
TEXT = "<script>alert(1)</script> åäö"


@pytest.fixture
async def app() -> AsyncIterator[Receiver]:
    async with receiver() as one:
        yield one


@pytest.fixture
async def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def gateway(tmp_path: Path, app: Receiver, clock: SetClock) -> AsyncIterator[Running]:
    """In which test's application may be called at its private address, since the operator has set it."""
    callbacks = CallbackSettings(allow=["127.0.0.0/8"])
    async with running(tmp_path / "kavle.db", callbacks=callbacks, clock=clock) as run:
        await run.account("other", "5678", 10)
        numbers = Numbers(run.gateway.store, run.gateway.clock)
        await numbers.add(AddNumber(NUMBER, "test", NumberSettings(f"{app.url}/in?key=hush")))
        await numbers.add(AddNumber(OTHERS, "other", NumberSettings(f"{app.url}/other")))
        yield run


async def write(gateway: Running, text: str, to: str = NUMBER) -> None:
    """From a phone, until the gateway has it."""
    mo = gateway.network.mos.send(MoText(sender=PHONE, recipient=to, text=text))
    async with asyncio.timeout(PATIENCE):
        await mo.wait()


async def until(browser: Browser, path: str, told: str, **headers: str) -> Page:
    async with asyncio.timeout(PATIENCE):
        while told not in (page := await browser.get(path, **headers)).text:
            await asyncio.sleep(0.02)
        return page


async def one_of(browser: Browser, told: str) -> str:
    """The path of the one message in the list, once this is said of it."""
    page = await until(browser, "/portal/incoming", told)
    (path,) = re.findall(r'"(/portal/incoming/\d+)"', page.body)
    return path


async def log(gateway: Running) -> list[AuditLine]:
    return (await gateway.gateway.store.office.audit(Keys(50))).lines


async def callback_of(gateway: Running) -> NumberSettings:
    number = await gateway.gateway.store.inbox.number(NUMBER)
    assert number is not None
    return number.settings


async def test_a_message_is_shown_with_the_calls_that_brought_it_and_called_for_again(
    gateway: Running, customer: Browser, app: Receiver
) -> None:
    assert "No phone has written to your numbers yet." in (await customer.get("/portal/incoming")).text
    app.behaviour = says(b"nej")
    await write(gateway, TEXT)
    path = await one_of(customer, "Your application is to be called")
    page = await until(customer, path, "200 nej")
    assert TEXT in page.text
    assert "<script>alert" not in page.body
    assert "Next call" in page.text
    assert "hx-trigger" in page.body
    app.behaviour = OK
    page = await customer.post(f"{path}/replay")
    assert "Your application is called again." in page.text
    page = await until(customer, path, "Your application said OK")
    assert "hx-trigger" not in page.body
    assert page.text.count("200") >= 2
    first, second = (call["incsmsid"] for call in app.calls)
    assert first == second == path.rpartition("/")[2].encode()
    (line,) = await log(gateway)
    assert (line.operator, line.what) == ("customer:test", "Incoming messages called again")
    assert TEXT in (await customer.get(f"/portal/incoming?number={NUMBER}")).text
    assert "No message is like that." in (await customer.get("/portal/incoming?failed=yes")).text
    assert (await customer.get("/portal/incoming?before=x")).status == 404


async def test_another_accounts_messages_and_numbers_are_as_if_they_were_not(
    gateway: Running, customer: Browser, app: Receiver
) -> None:
    await write(gateway, TEXT)
    path = await one_of(customer, "said OK")
    async with browsing(gateway.url) as other:
        await other.sign_in("other", "5678")
        assert TEXT not in (await other.get("/portal/incoming")).text
        assert (await other.get(path)).status == 404
        page = await other.get("/portal/numbers")
        assert (OTHERS in page.text, NUMBER in page.text) == (True, False)
        assert (await other.post(f"{path}/replay")).status == 404
        settings = {"number": NUMBER, "callback": "https://example.com/", "charset": "utf-8"}
        await other.get("/portal/numbers")
        assert (await other.post("/portal/numbers/change", **settings)).status == 404
        assert (await other.post("/portal/numbers/test", **settings)).status == 404
    assert len(app.heads) == 1
    assert await log(gateway) == []
    assert (await callback_of(gateway)).callback.startswith(app.url)


async def test_forms_of_other_sites_and_of_nobody_do_nothing(gateway: Running, customer: Browser) -> None:
    forms = (
        ("/portal/numbers/change", {"number": NUMBER, "callback": "https://example.com/"}),
        ("/portal/numbers/test", {"number": NUMBER}),
        ("/portal/stop-list", {"recipient": PHONE}),
        ("/portal/incoming/1234/replay", {}),
    )
    async with browsing(gateway.url) as nobody:
        for path, fields in forms:
            assert (await customer.post(path, token="another", **fields)).status == 403
            await nobody.get("/visastatus.aspx")
            assert "Log in" in (await nobody.post(path, **fields)).text
    assert await log(gateway) == []


async def test_a_test_call_tells_at_once_what_the_application_says(
    gateway: Running, customer: Browser, app: Receiver
) -> None:
    await customer.get("/portal/numbers")
    page = await customer.post("/portal/numbers/test", number=NUMBER)
    assert f"{NUMBER}: your application said OK." in page.text
    (call,) = app.calls
    assert (call["key"], call["incsmsid"], call["to"]) == (b"hush", b"1", NUMBER.encode())
    assert call["text"].decode("latin-1") == "A test call: åäö ÅÄÖ"
    app.behaviour = says(b"<b>Fel</b>", "500 Oops")
    page = await customer.post("/portal/numbers/test", number=NUMBER)
    assert "it answered 500 and “<b>Fel</b>”" in page.text
    assert "<b>Fel" not in page.body
    assert "No phone has written to your numbers yet." in (await customer.get("/portal/incoming")).text


async def test_test_calls_are_throttled_by_account(
    gateway: Running, customer: Browser, app: Receiver, clock: SetClock
) -> None:
    await customer.get("/portal/numbers")
    for _ in range(5):
        await customer.post("/portal/numbers/test", number=NUMBER)
    page = await customer.post("/portal/numbers/test", number=NUMBER)
    assert "That is enough for now" in page.text
    assert len(app.heads) == 5
    async with browsing(gateway.url) as other:
        await other.sign_in("other", "5678")
        await other.get("/portal/numbers")
        assert "said OK" in (await other.post("/portal/numbers/test", number=OTHERS)).text
    clock.forward(minutes=1)
    assert "said OK" in (await customer.post("/portal/numbers/test", number=NUMBER)).text


async def test_who_hammers_the_forms_does_not_fill_the_audit_log(
    gateway: Running, customer: Browser, app: Receiver, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kavle.core.allowance.MOST_CHANGES", 3)
    app.behaviour = says(b"nej")
    await write(gateway, TEXT)
    path = await one_of(customer, "is to be called")
    given = {"number": NUMBER, "callback": "https://example.com/", "current": "1234", "new": "x" * 8}
    forms = ("/portal/stop-list", "/portal/numbers/change", f"{path}/replay", "/portal/account/x-password")
    for _ in range(3):
        await customer.post("/portal/stop-list", recipient=PHONE)  # refused but once, and each has its line
    for form in forms:
        page = await customer.post(form, recipient=PHONE, do="remove", again="x" * 8, **given)
        assert "nothing was changed: after 3 changes in a row one is taken each minute" in page.text
        assert page.status in (409, 422)
    assert len(await log(gateway)) == 3
    async with browsing(gateway.url) as other:
        await other.sign_in("other", "5678")
        await other.get("/portal/stop-list")
        assert "gets nothing more from you" in (await other.post(forms[0], recipient=PHONE)).text
    clock.forward(minutes=1)
    assert "is off the list" in (await customer.post(forms[0], recipient=PHONE, do="remove")).text


async def test_who_waits_for_a_silent_application_is_answered(
    gateway: Running, customer: Browser, app: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kavle.core.portal.PATIENCE", 0.2)
    app.behaviour = silent
    await customer.get("/portal/numbers")
    page = await customer.post("/portal/numbers/test", number=NUMBER)
    assert "it could not be called: no whole answer within 0.2 s" in page.text


async def test_an_address_that_a_customer_sets_leads_to_the_open_internet_alone(
    gateway: Running, customer: Browser, app: Receiver
) -> None:
    await customer.get("/portal/numbers")
    mine = f"{app.url}/mine?key=new"
    page = await customer.post(
        "/portal/numbers/change", number=NUMBER, callback=mine, charset="utf-8", delivered="on"
    )
    assert "The number is changed." in page.text
    assert await callback_of(gateway) == NumberSettings(mine, charset="utf-8", by_customer=True)
    page = await customer.post("/portal/numbers/test", number=NUMBER)
    assert "127.0.0.1 is this machine's own" in page.text
    await write(gateway, "Hej")
    path = await one_of(customer, "is to be called")
    await until(customer, path, "127.0.0.1 is this machine's own")
    assert app.heads == []
    (line,) = await log(gateway)
    assert (line.operator, line.what, line.subject) == ("customer:test", "Number changed", NUMBER)
    assert (line.before["charset"], line.after["charset"]) == ("latin-1", "utf-8")
    assert line.after["callback"] == f"{app.url}/mine?…"
    numbers = Numbers(gateway.gateway.store, gateway.gateway.clock)
    await numbers.change(ChangeNumber(NUMBER, None, {"charset": "latin-1"}))
    assert (await callback_of(gateway)).by_customer, "the operator has not touched the address"
    await numbers.change(ChangeNumber(NUMBER, None, {"callback": f"{app.url}/ours"}))
    assert not (await callback_of(gateway)).by_customer
    await customer.post("/portal/numbers/change", number=NUMBER, callback=f"{app.url}/ours")
    assert not (await callback_of(gateway)).by_customer, "nor has the customer"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"callback": "ftp://example.com/"}, "begins with http:// or https://"),
        ({"callback": "http://example.com/å"}, "is ASCII without spaces"),
        ({"callback": "https://example.com/", "charset": "utf-7"}, "utf-7"),
    ],
)
async def test_what_is_wrong_with_an_address_stands_beside_it(
    gateway: Running, customer: Browser, given: dict[str, str], told: str
) -> None:
    before = await callback_of(gateway)
    await customer.get("/portal/numbers")
    page = await customer.post("/portal/numbers/change", number=NUMBER, **given)
    assert page.status == 422
    assert told in page.text
    assert given["callback"] in page.body, "what was written stays"
    assert await callback_of(gateway) == before


async def test_mms_may_go_to_an_address_of_their_own(
    gateway: Running, customer: Browser, app: Receiver
) -> None:
    before = await callback_of(gateway)
    form = {"number": NUMBER, "callback": before.callback, "delivered": "on"}
    page = await customer.get("/portal/numbers")
    for wrong in ("ftp://example.com/", "x"):
        page = await customer.post("/portal/numbers/change", **form, mms_callback=wrong)
        assert (page.status, f'value="{wrong}"' in page.body) == (422, True)
    page = await customer.post("/portal/numbers/change", **form, mms_callback="https://example.com/mms")
    assert 'value="https://example.com/mms"' in page.body
    now = await callback_of(gateway)
    assert (now.mms_callback, now.by_customer) == ("https://example.com/mms", True)
    await customer.post("/portal/numbers/change", **form, mms_callback="")
    now = await callback_of(gateway)
    assert (now.callback, now.mms_callback) == (before.callback, "")
    assert now.by_customer, "whoever set one answers for where they lead, until the operator sets it"


async def test_in_swedish_errors_and_amounts_are_swedish_too(gateway: Running, customer: Browser) -> None:
    assert "Saldo 1000,00" in (await customer.get("/portal/ledger", **SWEDISH)).text
    form = {"token": customer.last.token, "number": NUMBER, "callback": "ftp://example.com/"}
    async with customer.session.post("/portal/numbers/change", data=form, headers=SWEDISH) as answer:
        assert "adressen som anropas börjar med http://" in await answer.text()
    form = {"token": customer.last.token, "recipient": "hej"}
    async with customer.session.post("/portal/stop-list", data=form, headers=SWEDISH) as answer:
        assert "&#39;hej&#39;: inget telefonnummer" in await answer.text()


async def test_in_swedish_the_reason_of_a_failed_call_is_swedish(
    gateway: Running, customer: Browser, app: Receiver
) -> None:
    app.behaviour = writes(b"")
    await write(gateway, TEXT)
    path = await one_of(customer, "Your application is to be called")
    await until(customer, path, "closed without an answer")
    await until(customer, path, "stängde utan svar", **SWEDISH)
    form = {"token": customer.last.token, "number": NUMBER}
    async with customer.session.post("/portal/numbers/test", data=form, headers=SWEDISH) as answer:
        assert f"{NUMBER}: den gick inte att anropa: stängde utan svar" in await answer.text()
    async with customer.session.post("/portal/numbers/change", data=LOOPBACK | form) as answer:
        assert answer.status == 200
    async with customer.session.post("/portal/numbers/test", data=form, headers=SWEDISH) as answer:
        told = "den gick inte att anropa: ingen förbindelse: 127.0.0.1 är den här maskinens egen"
        assert told in await answer.text()


async def test_the_stop_list_is_read_and_changed(gateway: Running, customer: Browser) -> None:
    page = await customer.get("/portal/stop-list")
    assert "Nobody is on the list." in page.text
    assert "does not look at its stop list" in page.text
    page = await customer.post("/portal/stop-list", recipient="070-174 06 05", do="add")
    assert f"{PHONE} gets nothing more from you." in page.text
    for recipient, told in ((PHONE, "already on the stop list"), ("hej", "not a telephone number")):
        page = await customer.post("/portal/stop-list", recipient=recipient, do="add")
        assert (page.status, told in page.text) == (422, True)
    async with browsing(gateway.url) as other:
        await other.sign_in("other", "5678")
        assert PHONE not in (await other.get("/portal/stop-list")).text
    page = await customer.post("/portal/stop-list", recipient=PHONE, do="remove")
    assert "Nobody is on the list." in page.text
    lines = [line for line in await log(gateway) if line.came == 1]
    assert [line.what for line in lines] == ["Phone taken off the stop list", "Phone put on the stop list"]
    assert PHONE not in str(lines)


async def test_what_a_customer_changes_of_its_passwords_is_in_the_audit_log(
    gateway: Running, customer: Browser
) -> None:
    for which, current, new in (("programs", "1234", "12345678"), ("portal", "12345678", "87654321")):
        await customer.get("/portal/account")
        form = {"current": current, "new": new, "again": new}
        assert "password" in (await customer.post(f"/portal/account/{which}-password", **form)).text
    lines = await log(gateway)
    assert [(line.operator, line.what, line.after) for line in lines] == [
        ("customer:test", "Account's password to the pages changed", {"password": "changed"}),
        ("customer:test", "Account's password changed", {"password": "changed"}),
    ]
