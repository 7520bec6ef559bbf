"""A message's own page: all that is known of it, to whom it may be told, and an end to it before its time."""

from __future__ import annotations

import time

from support.pages import Browser, browsing
from support.running import Running

THROTTLED, UNDELIVERABLE, SILENT, REFUSED = "0701740615", "0701740611", "0701740614", "0701740617"


async def timed(gateway: Running) -> str:
    """The id of a message that waits an hour for its time."""
    return await gateway.soap(
        "smsAt", konto="test", passwd="1234", till="0702617396", **{"from": "ip1"},
        meddelande="Senare", prio="2", sendAt=str(int(time.time()) + 3600),
    )  # fmt: skip


async def test_it_tells_what_the_network_said_of_each_attempt(gateway: Running, customer: Browser) -> None:
    id = await gateway.send(to=THROTTLED, msg="Hej")
    await gateway.until(id, 22)
    page = await customer.get(f"/portal/message/{id}")
    assert page.status == 200
    for told in (
        "Message " + id,
        "Hej",
        "46701740615",
        "Put off by the network, to be tried again ESME_RTHROTTLED",
        "Taken by the network (attempt 3)",
        "Receipt: Delivered to the phone",
        "stat:DELIVRD",
        "10 Received by the gateway",
    ):
        assert told in page.text, told
    assert "hx-trigger" not in page.body  # nothing more will come


async def test_a_long_one_tells_of_each_segment_and_goes_on_telling(
    gateway: Running, customer: Browser
) -> None:
    id = await gateway.send(to=SILENT, msg="x" * 200)
    await gateway.until(id, 21)
    page = await customer.get(f"/portal/message/{id}")
    assert "1 of 2" in page.text
    assert "2 of 2" in page.text
    assert "2.00 (2 × 1.00)" in page.text
    assert f'hx-get="/portal/message/{id}"' in page.body
    piece = await customer.get(f"/portal/message/{id}", **{"HX-Request": "true"})
    assert piece.body.startswith('<div id="story"')


async def test_a_refund_is_told_beside_the_price(gateway: Running, customer: Browser) -> None:
    """Of what was cancelled, or refused by the network; not of what it took and did not deliver."""
    cancelled, refused, failed = (
        await timed(gateway),
        await gateway.send(to=REFUSED),
        await gateway.send(to=UNDELIVERABLE),
    )
    await gateway.until(refused, 52)
    await gateway.until(failed, 52)
    await customer.get(f"/portal/message/{cancelled}")
    await customer.post(f"/portal/message/{cancelled}/cancel")
    for id, told in ((cancelled, True), (refused, True), (failed, False)):
        page = await customer.get(f"/portal/message/{id}")
        assert ("1.00, refunded" in page.text) == told, page.text
    listed = (await customer.get("/visastatus.aspx")).text
    assert listed.count("1.00 refunded") == 2


async def test_markup_in_a_text_is_text(gateway: Running, customer: Browser) -> None:
    text = '<script>alert(1)</script>" onload="x'
    id = await gateway.send(msg=text, to=UNDELIVERABLE)
    for path in (f"/portal/message/{id}", "/visastatus.aspx", "/visastatus.aspx?text=%3Cscript%3E"):
        page = await customer.get(path)
        assert text in page.text
        assert "<script>alert" not in page.body
        assert "&lt;script&gt;alert" in page.body
    await gateway.until(id, 52)


async def test_another_accounts_message_is_as_one_that_never_was(gateway: Running, customer: Browser) -> None:
    await gateway.account("other", "5678", 10)
    id = await gateway.send()
    at = await timed(gateway)
    gateway.complete = False
    async with browsing(gateway.url) as other:
        await other.sign_in("other", "5678")
        theirs = await other.get(f"/portal/message/{id}")
        never = await other.get("/portal/message/1234567")
        assert (theirs.status, never.status) == (404, 404)
        assert theirs.text == never.text
        await other.get("/visastatus.aspx")
        assert (await other.post(f"/portal/message/{at}/cancel")).status == 404
    assert (await customer.get(f"/portal/message/{at}")).text.count("11 Delayed delivery") == 2


async def test_who_is_not_signed_in_is_asked_to(gateway: Running, visitor: Browser) -> None:
    page = await visitor.get("/portal/message/1234567")
    assert "Log in" in page.text
    assert 'value="/portal/message/1234567"' in page.body
    assert (await visitor.get("/portal/message/1234567", **{"HX-Request": "true"})).status == 401


async def test_what_waits_for_its_time_is_cancelled_by_its_button(
    gateway: Running, customer: Browser
) -> None:
    id = await timed(gateway)
    page = await customer.get(f"/portal/message/{id}")
    assert "Cancel it" in page.text
    after = await customer.post(f"/portal/message/{id}/cancel")
    assert "The message is cancelled" in after.text
    assert "12 Delayed delivery canceled" in after.text
    assert "Cancel it" not in after.text
    assert await gateway.balance() == "1000.00"
    again = await customer.post(f"/portal/message/{id}/cancel")
    assert "It can't be cancelled any more." in again.text


async def test_a_form_of_another_site_cancels_nothing(gateway: Running, customer: Browser) -> None:
    gateway.complete = False
    id = await timed(gateway)
    for token in ("", "x", customer.last.token + "x"):
        assert (await customer.post(f"/portal/message/{id}/cancel", token=token)).status == 403
    assert "Cancel it" in (await customer.get(f"/portal/message/{id}")).text
