"""Bundles and what is to be sent later, on their pages."""

from __future__ import annotations

import re
import time

from support.pages import Browser, browsing
from support.running import Running


async def bundle(gateway: Running, to: str, text: str = "Till alla", later: float = 0) -> str:
    call = {"konto": "test", "passwd": "1234", "till": to, "from": "ip1", "meddelande": text, "prio": "1"}
    if later:
        return await gateway.soap("smsBundleAt", **call, sendAt=str(int(time.time() + later)))
    return await gateway.soap("smsBundle", **call)


async def test_a_bundle_is_followed_to_its_end(gateway: Running, customer: Browser) -> None:
    assert "No bundle has been sent yet." in (await customer.get("/portal/bundles")).text
    id = await bundle(gateway, "0702617396,hej,0702617397")
    assert "Till alla" in (await customer.get("/portal/bundles")).text
    while "3 of 3 have ended" not in (page := await customer.get(f"/portal/bundle/{id}")).text:
        assert "hx-trigger" in page.body
    assert "hx-trigger" not in page.body
    assert "22 Delivered to the phone 2" in page.text
    assert "3 Invalid phone number format 1" in page.text
    assert "Price 2.00" in page.text
    messages = await customer.get(f"/visastatus.aspx?bundle={id}")
    assert messages.text.count("Delivered to the phone") == 2
    (one, *_) = re.findall(r"/portal/message/(\d+)", messages.body)
    assert f'href="/portal/bundle/{id}"' in (await customer.get(f"/portal/message/{one}")).body


async def test_a_bundle_is_cancelled_before_its_time(gateway: Running, customer: Browser) -> None:
    id = await bundle(gateway, "0702617396,0702617397", later=3600)
    assert "Cancel all of it" in (await customer.get(f"/portal/bundle/{id}")).text
    after = await customer.post(f"/portal/bundle/{id}/cancel")
    assert "The bundle is cancelled" in after.text
    assert "12 Delayed delivery canceled 2" in after.text
    assert "Cancel all of it" not in after.text
    assert await gateway.balance() == "1000.00"
    again = await customer.post(f"/portal/bundle/{id}/cancel")
    assert "It can't be cancelled any more." in again.text


async def test_another_accounts_bundle_is_unknown(gateway: Running, customer: Browser) -> None:
    await gateway.account("other", "5678", 10)
    id = await bundle(gateway, "0702617396", later=3600)
    gateway.complete = False
    async with browsing(gateway.url) as other:
        await other.sign_in("other", "5678")
        assert "No bundle has been sent yet." in (await other.get("/portal/bundles")).text
        assert (await other.get(f"/portal/bundle/{id}")).status == 404
        assert (await other.get("/portal/bundle/1234567")).status == 404
        assert "No message is like that." in (await other.get(f"/visastatus.aspx?bundle={id}")).text
        assert "No message is like that." in (await customer.get("/visastatus.aspx?bundle=1234567")).text
        assert (await other.post(f"/portal/bundle/{id}/cancel")).status == 404
    assert "11 Delayed delivery 1" in (await customer.get(f"/portal/bundle/{id}")).text


async def test_what_is_to_be_sent_later_is_listed_and_cancelled_singly(
    gateway: Running, customer: Browser
) -> None:
    assert "Nothing waits for its time." in (await customer.get("/portal/scheduled")).text
    ids = [
        await gateway.soap(
            "smsAt", konto="test", passwd="1234", till="0702617396", **{"from": "ip1"},
            meddelande=text, prio="2", sendAt=str(int(time.time()) + later),
        )
        for text, later in (("den andra", 7200), ("den första", 3600))
    ]  # fmt: skip
    page = await customer.get("/portal/scheduled")
    assert page.text.index("den första") < page.text.index("den andra")
    for number, id in enumerate(ids, start=1):
        after = await customer.post(f"/portal/message/{id}/cancel", **{"from": "scheduled"})
        assert "The message is cancelled" in after.text
        assert after.body.count("/cancel") == 2 - number
    assert "Nothing waits for its time." in after.text
    for wrong in ("x", "-", "1-", "99999999999999-1", "1-99999999999", "1e3-7"):
        assert (await customer.get(f"/portal/scheduled?after={wrong}")).status == 200
