"""The operators' pages: what each shows and does, whom it refuses, and what stays in the audit log."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from kavle.clock import SetClock, SystemClock
from kavle.core.operators import CreateOperator
from kavle.model.account import Role
from kavle.model.audit import AuditLine, Came
from kavle.model.incoming import Piece
from kavle.model.listing import Keys
from kavle.model.operator import OperatorAccount
from kavle.north.auth import hash_password
from kavle.simulator.faults import Faults
from kavle.store.office import OperatorChange
from support.accounts import make_operator
from support.pages import Browser, Page, browsing
from support.patience import PATIENCE
from support.running import Running, running

PASSWORD = "en lång hemlighet"
NUMBER, PHONE = "46737494123", "46702617396"
UNDELIVERABLE = "46701740611"
PAGES = (
    "/operator",
    "/operator?by=hour",
    "/operator?by=day",
    "/operator/accounts",
    "/operator/account?name=test",
    "/operator/messages",
    "/operator/numbers",
    "/operator/incoming",
    "/operator/carriers",
    "/operator/held",
    "/operator/person",
    "/operator/audit",
)
CHANGES = (
    ("/operator/accounts", {"name": "new", "password": PASSWORD, "credits": "5"}),
    ("/operator/account/settings", {"name": "test", "sender": "Larm"}),
    ("/operator/account/credits", {"name": "test", "amount": "5", "do": "give"}),
    ("/operator/account/credits", {"name": "test", "amount": "5", "do": "take"}),
    ("/operator/account/password", {"name": "test", "password": PASSWORD}),
    ("/operator/account/log-in", {"name": "test", "admitted": "no"}),
    ("/operator/numbers", {"number": NUMBER, "account": "test", "callback": "https://example.com/?p=hush"}),
    ("/operator/numbers/change", {"number": NUMBER, "charset": "utf-8"}),
    ("/operator/numbers/remove", {"number": NUMBER}),
    ("/operator/held", {"id": "1234", "verdict": "keep"}),
    ("/operator/incoming/1234/replay", {}),
    ("/operator/stop-list", {"account": "test", "recipient": PHONE}),
    ("/operator/person/export", {"number": PHONE}),
    ("/operator/person/erase", {"number": PHONE}),
)


async def operator(gateway: Running, name: str, role: Role) -> None:
    await make_operator(gateway.gateway.store, name, PASSWORD, role)


async def sign_in(browser: Browser, name: str, password: str = PASSWORD, to: str = "/operator") -> Page:
    await browser.get("/operator")
    return await browser.post("/operator/log-in", operator=name, password=password, next=to)


async def log(gateway: Running) -> list[AuditLine]:
    return (await gateway.gateway.store.office.audit(Keys(50))).lines


@pytest.fixture
async def admin(gateway: Running, visitor: Browser) -> Browser:
    await operator(gateway, "anna", "admin")
    assert "Traffic" in (await sign_in(visitor, "anna")).text
    return visitor


@pytest.fixture
async def viewer(gateway: Running) -> AsyncIterator[Browser]:
    await operator(gateway, "karin", "viewer")
    async with browsing(gateway.url) as browser:
        await sign_in(browser, "karin")
        yield browser


@pytest.mark.parametrize("language", ["en", "sv"])
async def test_each_page_is_there_with_one_heading(
    gateway: Running, admin: Browser, viewer: Browser, language: str
) -> None:
    await gateway.send()
    for browser in (admin, viewer):
        for path in PAGES:
            page = await browser.get(path, **{"Accept-Language": language})
            assert page.status == 200, path
            assert page.body.count("<h1") == 1, path
            assert "style=" not in page.body, path


async def test_nobody_and_no_customer_gets_any_of_it(gateway: Running, customer: Browser) -> None:
    async with browsing(gateway.url) as nobody:
        for browser in (nobody, customer):
            for path in PAGES:
                page = await browser.get(path)
                assert "Log in as operator" in page.text, path
                assert "1000.00" not in page.body, path
                piece = await browser.get(path, **{"HX-Request": "true"})
                assert piece.status == 401 or "Log in as operator" in piece.text, path


async def test_customers_viewers_and_forged_forms_change_nothing(
    gateway: Running, customer: Browser, viewer: Browser
) -> None:
    before = await gateway.gateway.store.accounts()
    await operator(gateway, "anna", "admin")
    async with browsing(gateway.url) as forger:
        await sign_in(forger, "anna")
        for path, fields in CHANGES:
            await customer.get("/visastatus.aspx")
            assert "Log in as operator" in (await customer.post(path, **fields)).text, path
            await viewer.get("/operator/accounts")
            refused = await viewer.post(path, **fields)
            assert refused.status == 403, path
            assert "You may look, and change nothing" in refused.text, path
            assert (await forger.post(path, token="another", **fields)).status == 403, path
    assert await gateway.gateway.store.accounts() == before
    assert await log(gateway) == []


async def test_every_change_has_its_line_in_which_there_is_no_secret(
    gateway: Running, admin: Browser
) -> None:
    for path, fields in CHANGES:
        await admin.get("/operator/audit")
        assert (await admin.post(path, **fields)).status in (200, 404), path
    lines = await log(gateway)
    assert len(lines) == len(CHANGES)
    assert {line.operator for line in lines} == {"anna"}
    page = await admin.get("/operator/audit")
    for secret in (PASSWORD, "hush", "argon2"):
        assert secret not in str(lines)
        assert secret not in page.body
    for told in ("Account made", "credits 1000.00", "credits 1005.00", "sender Larm", "log-in disabled"):
        assert told in page.text


async def test_wrong_passwords_are_throttled_and_lock_nobody_out_elsewhere(
    gateway: Running, visitor: Browser
) -> None:
    await operator(gateway, "anna", "admin")
    for _ in range(11):
        assert "Wrong name or password." in (await sign_in(visitor, "anna", "wrong")).text
    assert "Wrong name or password." in (await sign_in(visitor, "anna")).text, "throttled"
    assert "Sent messages" in (await visitor.sign_in()).text, "a customer is another"
    assert "Wrong name or password." in (await sign_in(visitor, "nobody")).text
    assert "Wrong name or password." in (await sign_in(visitor, "test", "1234")).text


async def test_a_session_ends_with_its_password_and_its_operator(gateway: Running, admin: Browser) -> None:
    office = gateway.gateway.store.office
    await office.change(OperatorChange("anna", disabled=True))
    assert "Log in as operator" in (await admin.get("/operator/accounts")).text
    assert "Wrong name or password." in (await sign_in(admin, "anna")).text
    await office.change(OperatorChange("anna", disabled=False))
    assert "Accounts" in (await sign_in(admin, "anna", to="/operator/accounts")).text
    await office.change(OperatorChange("anna", password_hash=await asyncio.to_thread(hash_password, "other")))
    assert "Log in as operator" in (await admin.get("/operator/accounts")).text


async def test_who_does_nothing_for_a_quarter_of_an_hour_logs_in_anew(tmp_path: Path) -> None:
    clock = SetClock()
    async with running(tmp_path / "kavle.db", clock=clock) as gateway, browsing(gateway.url) as browser:
        await operator(gateway, "anna", "admin")
        await sign_in(browser, "anna")
        clock.forward(minutes=14)
        assert "A new account" in (await browser.get("/operator/accounts")).text
        clock.forward(minutes=14)
        live = await browser.get("/operator/carriers", **{"HX-Request": "true"})
        assert live.status == 200
        clock.forward(minutes=2)  # a page that lies open kept nothing alive
        assert "Log in as operator" in (await browser.get("/operator/accounts")).text


async def test_a_log_in_leads_to_no_other_host(gateway: Running, visitor: Browser) -> None:
    await operator(gateway, "anna", "admin")
    page = await sign_in(visitor, "anna", to="//example.com/operator")
    assert "Traffic" in page.text


async def test_what_is_wrong_with_a_field_stands_beside_it(admin: Browser) -> None:
    await admin.get("/operator/account?name=test")
    page = await admin.post(
        "/operator/account/settings", name="test", region="Sverige", addresses="here", sender="Larm"
    )
    assert page.status == 422
    assert re.search(r'id="region-wrong" role="alert">[^<]+<', page.body)
    assert re.search(r'id="addresses-wrong" role="alert">[^<]+<', page.body)
    assert 'value="Sverige"' in page.body, "what was written stays"
    assert 'value="Larm"' in page.body
    await admin.get("/operator/account?name=test")
    for amount, told in (("x", "is not an amount"), ("0", "More than 0."), ("-1", "is not an amount")):
        wrong = await admin.post("/operator/account/credits", name="test", amount=amount, do="give")
        assert (wrong.status, told in wrong.text) == (422, True)
    much = await admin.post("/operator/account/credits", name="test", amount="1000.01", do="take")
    assert "account test has 1000.00 credits; take so much at most" in much.text
    assert "Balance 1000.00" in (await admin.get("/operator/account?name=test")).text
    assert (await admin.get("/operator/account?name=nobody")).status == 404
    again = await admin.post("/operator/accounts", name="test", password=PASSWORD)
    assert "there is an account named test already" in again.text


async def test_an_account_is_paid_corrected_disabled_and_gets_another_password(
    gateway: Running, admin: Browser
) -> None:
    await admin.get("/operator/account?name=test")
    page = await admin.post("/operator/account/credits", name="test", amount="10.50", do="give")
    assert "The balance is 1010.50 now." in page.text
    page = await admin.post("/operator/account/credits", name="test", amount="1010.50", do="take")
    assert "The balance is 0.00 now." in page.text
    await admin.post("/operator/account/password", name="test", password=PASSWORD)
    assert await gateway.send() == "101" or await gateway.send() == "1"
    assert await gateway.send(**{"pass": PASSWORD}) in ("100", "30", "4")
    assert "Enable it" in (await admin.post("/operator/account/log-in", name="test", admitted="no")).text
    assert "Disable it" in (await admin.post("/operator/account/log-in", name="test", admitted="yes")).text
    settings = await admin.post("/operator/account/settings", name="test", sender="Larm", region="")
    assert 'value="Larm"' in settings.body


async def test_any_message_is_found_and_a_viewer_sees_neither_number_nor_text(
    gateway: Running, admin: Browser, viewer: Browser
) -> None:
    id = await gateway.send(msg="En hemlig text")
    await gateway.until(id, 22)
    for query in (f"id={id}", "account=test", f"number={PHONE}", "text=hemlig", "state=delivered"):
        found = await admin.get(f"/operator/messages?{query}")
        assert "En hemlig text" in found.text, query
        assert PHONE in found.text, query
    for query in ("id=1234567", "account=nobody", "number=0701234567", "state=failed", "text=annan"):
        assert "No message is like that." in (await admin.get(f"/operator/messages?{query}")).text, query
    story = await admin.get(f"/operator/message/{id}")
    assert "stat:DELIVRD" in story.text
    for path in (f"/operator/messages?id={id}", "/operator/messages", "/operator/account?name=test",
                 f"/operator/messages?number={PHONE}", "/operator/messages?text=annan"):  # fmt: skip
        page = await viewer.get(path)
        assert "4670•••96" in page.text, path
        for hidden in ("hemlig", "En hem", PHONE + "<", "text:"):
            assert hidden not in page.body, path
    assert (await viewer.get("/operator/message/1234567")).status == 404


async def test_numbers_and_what_came_in_on_them(gateway: Running, admin: Browser, viewer: Browser) -> None:
    callback = "https://127.0.0.1:9/in?password=hush"
    await admin.get("/operator/numbers")
    wrong = await admin.post("/operator/numbers", number="12", account="test", callback=callback)
    assert (wrong.status, "11 or 15 digits" in wrong.text) == (422, True)
    given = await admin.post("/operator/numbers", number=NUMBER, account="test", callback=callback)
    assert "The number is the account's." in given.text
    changed = await admin.post(
        "/operator/numbers/change", number=NUMBER, account="test", callback=callback, charset="utf-8"
    )
    assert "<option selected>utf-8" in changed.body
    assert (await gateway.gateway.store.inbox.number(NUMBER)).settings.delivered is False
    (carrier_id,) = (await gateway.gateway.store.carrier_ids([])).values() or (1,)
    now = SystemClock().now()
    await gateway.gateway.store.inbox.take(
        [
            Piece(carrier_id, PHONE, NUMBER, "Hej <b>du</b>", now),
            Piece(carrier_id, PHONE, "46700000000", "Till ingen", now),
        ]
    )
    listed = await admin.get(f"/operator/incoming?number={NUMBER}")
    (id,) = re.findall(r"/operator/incoming/(\d+)", listed.body)
    page = await admin.get(f"/operator/incoming/{id}")
    assert "Hej &lt;b&gt;du&lt;/b&gt;" in page.body
    assert "1970" not in page.body, "a call that is to be made at once"
    assert "The customer is called again." in (await admin.post(f"/operator/incoming/{id}/replay")).text
    unowned = await admin.get("/operator/incoming?which=unowned")
    assert ("46700000000" in unowned.text, NUMBER in unowned.text) == (True, False)
    (lost,) = re.findall(r"/operator/incoming/(\d+)", unowned.body)
    assert "its number is nobody's" in (await admin.post(f"/operator/incoming/{lost}/replay")).text
    for path in ("/operator/numbers", "/operator/incoming", f"/operator/incoming/{id}"):
        seen = await viewer.get(path)
        for hidden in ("hush", "Hej", PHONE):
            assert hidden not in seen.body, path
    assert (await admin.get("/operator/incoming/1234567")).status == 404
    assert (await admin.get("/operator/incoming?before=x")).status == 404


async def test_carriers_tell_their_links_and_queues_as_they_are(gateway: Running, admin: Browser) -> None:
    async with asyncio.timeout(PATIENCE):
        while "bound as transceiver" not in (page := await admin.get("/operator/carriers")).text:
            await asyncio.sleep(0.05)
    assert 'hx-get="/operator/carriers"' in page.body
    piece = await admin.get("/operator/carriers", **{"HX-Request": "true"})
    assert piece.body.startswith('<section id="carriers"')
    assert "Nothing is held." in (await admin.get("/operator/held")).text
    for after in ("x", "x_1", "2026-01-01T00:00:00+00:00_1234"):
        assert (await admin.get(f"/operator/held?after={after}")).status == 200
    assert (
        "It is not held, or not any more."
        in (await admin.post("/operator/held", id="1234", verdict="fail")).text
    )
    await admin.get("/operator/held")
    assert (await admin.post("/operator/held", id="1234", verdict="eat")).status == 400


async def carriers_tell(browser: Browser, told: str, **headers: str) -> Page:
    async with asyncio.timeout(PATIENCE):
        while told not in (page := await browser.get("/operator/carriers", **headers)).text:
            await asyncio.sleep(0.05)
        return page


async def test_a_links_last_error_is_told_in_the_visitors_language(gateway: Running, admin: Browser) -> None:
    gateway.network.inflict(Faults(drop_at_submit=1))
    await gateway.until(await gateway.send(), 22)
    page = await carriers_tell(admin, "the link is lost: ")
    assert "the link is lost: the network closed the connection" in page.text
    page = await carriers_tell(admin, "länken är förlorad: ", **{"Accept-Language": "sv"})
    assert "länken är förlorad: operatören stängde förbindelsen" in page.text


async def test_the_last_hour_of_each_carrier_is_told_and_none_before_it(tmp_path: Path) -> None:
    clock = SetClock()
    async with running(tmp_path / "kavle.db", clock=clock) as gateway, browsing(gateway.url) as browser:
        await operator(gateway, "anna", "admin")
        await sign_in(browser, "anna")
        await gateway.until(await gateway.send(), 22)
        await gateway.until(await gateway.send(to=UNDELIVERABLE), 52)
        clock.forward(seconds=1)
        page = await carriers_tell(browser, "simulated 2 2 1 1")
        assert "Carrier Accepted Sent Delivered Failed Held messages" in page.text
        clock.forward(minutes=58)
        await sign_in(browser, "anna")
        await carriers_tell(browser, "simulated 2 2 1 1")
        clock.forward(minutes=4)
        await gateway.until(await gateway.send(), 22)
        clock.forward(seconds=1)
        await carriers_tell(browser, "simulated 1 1 1 0")


async def test_an_accounts_stop_list_is_changed_and_holds_at_once(
    gateway: Running, admin: Browser, viewer: Browser
) -> None:
    of, here = {"account": "test"}, "/operator/stop-list?account=test"
    page = await admin.get(here)
    assert ("Nobody is on the list." in page.text, "does not look at it" in page.text) == (True, True)
    await admin.post("/operator/account/settings", name="test", stop_list="yes")
    assert await gateway.send(to=PHONE) != "3"
    await admin.get(here)
    page = await admin.post("/operator/stop-list", **of, recipient="070-261 73 96", do="add")
    assert ("The stop list is changed." in page.text, PHONE in page.text) == (True, True)
    assert await gateway.send(to=PHONE) == "3"
    for recipient, told in ((PHONE, "already on the stop list"), ("hej", "not a telephone number")):
        page = await admin.post("/operator/stop-list", **of, recipient=recipient, do="add")
        assert (page.status, told in page.text) == (422, True)
    seen = await viewer.get(here)
    assert ("4670•••96" in seen.text, PHONE in seen.body) == (True, False)
    assert (await viewer.post("/operator/stop-list", **of, recipient=PHONE, do="remove")).status == 403
    await admin.get(here)
    page = await admin.post("/operator/stop-list", **of, recipient=PHONE, do="remove")
    assert "Nobody is on the list." in page.text
    assert await gateway.send(to=PHONE) != "3"
    assert (await admin.get("/operator/stop-list?account=nobody")).status == 404
    lines = await log(gateway)
    told = {line.what for line in lines if line.came is Came.DONE}
    assert told >= {"Phone put on the stop list", "Phone taken off the stop list"}
    assert PHONE not in str(lines)


async def test_what_is_held_is_decided_on(tmp_path: Path) -> None:
    carrier = {"unsure": "hold"}
    async with running(tmp_path / "kavle.db", carrier=carrier) as gateway, browsing(gateway.url) as browser:
        await operator(gateway, "anna", "admin")
        await sign_in(browser, "anna")
        gateway.complete = False
        gateway.network.inflict(Faults(drop_at_submit=1))
        id = await gateway.send()
        async with asyncio.timeout(PATIENCE):
            while f"/operator/message/{id}" not in (await browser.get("/operator/held")).body:
                await asyncio.sleep(0.05)
        page = await browser.post("/operator/held", id=id, verdict="fail")
        assert "It has failed, and what was held is refunded." in page.text
        assert await gateway.until(id, 51) == 51
        (line,) = await log(gateway)
        assert (line.what, line.subject, line.after) == ("Held messages failed", id, {"messages": id})


async def test_traffic_is_drawn_and_told_in_figures(gateway: Running, admin: Browser) -> None:
    for _ in range(3):
        await gateway.until(await gateway.send(), 22)
    async with asyncio.timeout(PATIENCE):
        while "Delivered 3" not in (page := await admin.get("/operator")).text:
            await asyncio.sleep(0.05)
    assert page.body.count("<polyline") == 4
    assert page.body.count("<tr>") == 61
    piece = await admin.get("/operator", **{"HX-Request": "true"})
    assert piece.body.startswith('<section id="traffic"')
    assert (await admin.get("/operator?by=hour")).body.count("<tr>") == 49
    assert (await admin.get("/operator?by=day")).body.count("<tr>") == 31


def test_a_create_command_shows_no_hash() -> None:
    made = OperatorAccount("anna", "$argon2id$x", "admin", False, SystemClock().now() - timedelta(days=1))
    assert "argon2" not in repr(made)
    assert CreateOperator("anna", "hash", "admin").role == "admin"


async def test_a_persons_data_are_shown_handed_over_and_erased(
    gateway: Running, admin: Browser, viewer: Browser
) -> None:
    gateway.complete = False  # what was erased can't be held against what the network got
    await gateway.until(await gateway.send(to="0702617396", msg="Hemligt"), 22)
    await viewer.get("/operator/person")
    page = await viewer.post("/operator/person", number="070-261 73 96")
    assert "Messages to it 1" in page.text
    assert "4670•••96" in page.text
    assert PHONE not in page.body
    assert "Erase" not in page.text

    await admin.get("/operator/person")
    page = await admin.post("/operator/person", number="12")
    assert (page.status, "this is no phone number" in page.text) == (422, True)
    page = await admin.post("/operator/person", number="070-261 73 96")
    assert "Messages to it 1" in page.text
    assert PHONE in page.text
    exported = json.loads((await admin.post("/operator/person/export", number=PHONE)).body)
    assert [one["text"] for one in exported["messages"]] == ["Hemligt"]
    assert exported["received"] == []
    await admin.get("/operator/person")
    page = await admin.post("/operator/person/erase", number=PHONE)
    assert "1 messages are erased." in page.text
    assert "Messages to it 0" in page.text
    messages = await admin.get("/operator/messages")
    assert "Hemligt" not in messages.text
    assert PHONE not in messages.text

    lines = await log(gateway)
    assert [(line.what, line.subject, line.came) for line in lines] == [
        ("Person's data erased", "4670•••96", Came.DONE),
        ("Person's data exported", "4670•••96", Came.DONE),
    ]
    assert lines[0].after == {"messages": "1", "cancelled": "0", "stop_lists": "0"}


async def test_what_is_not_over_of_a_person_is_told_and_kept(tmp_path: Path) -> None:
    carrier = {"unsure": "hold"}
    async with running(tmp_path / "kavle.db", carrier=carrier) as gateway, browsing(gateway.url) as browser:
        await operator(gateway, "anna", "admin")
        await sign_in(browser, "anna")
        gateway.complete = False
        gateway.network.inflict(Faults(drop_at_submit=1))
        id = await gateway.send(to=PHONE, msg="Larm")
        async with asyncio.timeout(PATIENCE):
            while not await gateway.gateway.store.held_counts():
                await asyncio.sleep(0.05)
        page = await browser.post("/operator/person/erase", number=PHONE)
        assert page.status == 422
        assert f"to be decided on (`kavle held list`): {id}; do it again" in page.text
        assert f"Not sent yet, or held {id}" in page.text
        assert (await log(gateway))[0].came is Came.REFUSED
        for language, told in (
            ("en", "erased Refused: nothing was changed"),
            ("sv", "Nekat: inget ändrades"),
        ):
            page = await browser.get("/operator/audit", **{"Accept-Language": language})
            assert told in page.text
