"""The balance with its entries, the passwords, and what programs are told to call."""

from __future__ import annotations

import asyncio
import re
from html import unescape
from pathlib import Path

from kavle.core.accounts import SetPortalPassword
from support.clients import CURL, require
from support.mms import JPEG
from support.pages import Browser, browsing
from support.running import Running

NEW = "ett bättre lösen"


async def test_the_ledger_tells_of_each_entry(gateway: Running, customer: Browser) -> None:
    id = await gateway.send()
    bundle = await gateway.soap(
        "smsBundle", konto="test", passwd="1234", till="0702617396,0702617397", **{"from": "ip1"},
        meddelande="Hej", prio="1",
    )  # fmt: skip
    page = await customer.get("/portal/ledger")
    assert "Balance 997.00" in page.text
    assert f"Sent Bundle {bundle} -2.00 997.00" in page.text
    assert f"Sent Message {id} -1.00 999.00" in page.text
    assert "Top-up 1000.00 1000.00" in page.text
    await gateway.until(id, 22)


async def test_the_ledger_goes_on_by_keys_that_tell_nothing(gateway: Running, customer: Browser) -> None:
    for number in range(55):
        await gateway.send(msg=str(number))
    first = await customer.get("/portal/ledger")
    (key,) = re.findall(r"\?before=(\d+)", first.body)
    second = await customer.get(f"/portal/ledger?before={key}")
    assert "Top-up 1000.00 1000.00" in second.text
    assert second.text.count("Sent Message") == 5
    (back,) = re.findall(r"\?after=(\d+)", second.body)
    assert (await customer.get(f"/portal/ledger?after={back}")).text.count("Sent Message") == 50
    await gateway.account("other", "5678", 10)
    async with browsing(gateway.url) as other:
        await other.sign_in("other", "5678")
        theirs = await other.get("/portal/ledger")
        assert "Sent" not in theirs.text
        assert "Sent" not in (await other.get(f"/portal/ledger?before={key}")).text
        assert "Top-up 10.00 10.00" in theirs.text


async def change(customer: Browser, which: str, **filled: str) -> str:
    await customer.get("/portal/account")
    form = {"current": "1234", "new": NEW, "again": NEW, **filled}
    return (await customer.post(f"/portal/account/{which}-password", **form)).text


async def signs_in(gateway: Running, password: str) -> bool:
    async with browsing(gateway.url) as browser:
        return "Sent messages" in (await browser.sign_in(password=password)).text


async def test_the_portal_gets_a_password_of_its_own(gateway: Running, customer: Browser) -> None:
    async with browsing(gateway.url) as elsewhere:
        await elsewhere.sign_in()
        told = await change(customer, "portal")
        assert "The portal has a password of its own from now on." in told
        assert "Log in" in (await elsewhere.get("/visastatus.aspx")).text  # that session is over
    assert "Sent messages" in (await customer.get("/visastatus.aspx")).text  # and this one is not
    assert await signs_in(gateway, NEW)
    assert not await signs_in(gateway, "1234")
    assert await gateway.balance() == "1000.00"  # programs go on
    assert "That is not the password" in await change(customer, "programs")
    assert "Your programs have another password" in await change(
        customer, "programs", current=NEW, new="12345678", again="12345678"
    )
    assert "Sent messages" in (await customer.get("/visastatus.aspx")).text
    assert await gateway.balance() == "101"
    assert await gateway.soap("balans", Konto="test", Passwd="12345678") == "1000.00"
    await gateway.gateway.accounts.set_portal_password(SetPortalPassword("test", ""))
    assert await signs_in(gateway, "12345678")
    assert not await signs_in(gateway, NEW)


async def test_the_programs_password_is_the_pages_until_they_have_their_own(
    gateway: Running, customer: Browser
) -> None:
    assert "Your programs have another password" in await change(customer, "programs")
    assert "Sent messages" in (await customer.get("/visastatus.aspx")).text
    assert await gateway.balance() == "101"
    assert await signs_in(gateway, NEW)
    assert not await signs_in(gateway, "1234")


async def test_what_is_wrong_with_a_password_stands_beside_it(gateway: Running, customer: Browser) -> None:
    for filled, told in (
        ({"current": "fel"}, "That is not the password that you logged in by."),
        ({"new": "kort", "again": "kort"}, "A password has at least 8 characters."),
        ({"new": "x" * 2000, "again": "x" * 2000}, "A password has at least 8 characters."),
        ({"again": "annat"}, "The two are not the same."),
    ):
        for which in ("portal", "programs"):
            assert told in await change(customer, which, **filled)
    assert (await customer.post("/portal/account/portal-password", token="x", current="1234")).status == 403
    assert await gateway.balance() == "1000.00"
    assert await signs_in(gateway, "1234")


async def test_the_examples_work_as_they_stand(gateway: Running, customer: Browser, tmp_path: Path) -> None:
    await require(CURL)
    page = await customer.get("/portal/account")
    assert "1234" not in page.text
    (tmp_path / "bild.jpg").write_bytes(JPEG)
    found = re.findall(r"(curl .*?)</code>", page.body, re.DOTALL)
    by_url, by_service, mms = [unescape(one).replace("PASSWORD", "1234") for one in found]
    for call in (by_url, by_service):
        assert await gateway.until(await told(call, tmp_path), 22) == 22
    assert await told(mms, tmp_path) == "3", "all is well but that there is no carrier of MMS here"
    assert await told(mms.replace("<from>4", "<from>x"), tmp_path) == "2"


async def told(call: str, folder: Path) -> str:
    """By a shell, what the answer says between its tags."""
    process = await asyncio.create_subprocess_exec(
        "bash", "-c", call.replace("curl ", "curl --silent ", 1), cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    return re.sub(r"<[^>]+>", "", said.decode()).strip()
