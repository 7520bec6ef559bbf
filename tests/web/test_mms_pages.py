"""MMS on the pages: what senders, receivers and operators see, and what a browser does with files."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from kavle.clock import SystemClock
from kavle.core.inbox import Inbox, ListIncoming
from kavle.core.numbers import AddNumber, Numbers
from kavle.model.account import Account
from kavle.model.message import Draft, Outcome, Priority, Refused
from kavle.model.mms import MmsFile
from kavle.model.number import NumberSettings
from kavle.model.service import Service
from kavle.model.status import Status
from kavle.sms.segment import Encoding
from kavle.store.types import LeaseRequest
from support.mms import JPEG, MMSC, incoming_mms
from support.pages import Browser, browsing
from support.running import Running
from web.test_operator_pages import operator, sign_in

NUMBER = "46737494123"
PICTURE = MmsFile("Bild-1.jpg", "image/jpeg", JPEG)
TEXT = MmsFile("hej.txt", "text/plain; charset=utf-8", "Hej å".encode() * 300)


async def sent(gateway: Running, text: str = "Se <b>bilden</b>", status: Status | None = None) -> str:
    """The public id of an MMS by a carrier that has no link here; refused by it with that status."""
    gateway.complete = False
    store, now = gateway.gateway.store, SystemClock().now()
    account = await store.account("test")
    assert isinstance(account, Account)
    carrier = (await store.carrier_ids([MMSC]))[MMSC.name]
    draft = Draft(
        account_id=account.id,
        recipient="46702617396",
        sender="46702317396",
        text=text,
        encoding=Encoding.UCS2,
        segments=1,
        flash=False,
        priority=Priority.NORMAL,
        segment_price=25_000,
        carrier_id=carrier,
        accepted_at=now,
        expires_at=now + timedelta(days=2),
        service=Service.MMS,
        files=(PICTURE, TEXT),
    )
    id = await store.accept(draft)
    assert id is not None
    if status is not None:
        (leased,) = await store.lease(LeaseRequest(carrier, 1, 7, now, now + timedelta(minutes=1)))
        refused = Refused(status, retryable=False, error="2002")
        await store.record([Outcome(leased.lease, 1, refused, now)])
    return str(store.public_ids.public(id))


async def received(gateway: Running, *files: tuple[str, str, bytes]) -> str:
    """The public id of an MMS to test's own number."""
    store = gateway.gateway.store
    await Numbers(store, gateway.gateway.clock).add(
        AddNumber(NUMBER, "test", NumberSettings("https://example.com/mms"))
    )
    carrier = (await store.carrier_ids([MMSC]))[MMSC.name]
    given = incoming_mms(carrier, SystemClock().now(), "t1", *files, recipient=NUMBER)
    assert await store.inbox.take_mms(given)
    (line,) = await Inbox(store, gateway.gateway.clock).page(ListIncoming())
    return line.id


class File(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


async def fetch(browser: Browser, path: str) -> File:
    async with browser.session.get(path, allow_redirects=False) as answer:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return File(answer.status, headers, await answer.read())


def check_safe(file: File, how: str, kind: str) -> None:
    assert file.status == 200
    assert file.headers["content-type"] == kind
    assert file.headers["content-disposition"].startswith(f"{how}; filename=")
    assert file.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert file.headers["x-content-type-options"] == "nosniff"
    assert file.headers["cache-control"] == "no-store"


async def test_the_history_and_its_file_tell_of_an_mms_in_appendix_bs_words(
    gateway: Running, customer: Browser
) -> None:
    await sent(gateway, "Okänd", Status.PHONE_FAILED)
    await sent(gateway)
    listed = (await customer.get("/visastatus.aspx")).text
    assert "MMS Se <b>bilden</b> 0 Delivered to gateway" in listed
    assert "MMS Okänd 45 Invalid phone number" in listed
    swedish = await customer.get("/visastatus.aspx", **{"Accept-Language": "sv"})
    assert "45 Felaktigt mobilnummer" in swedish.text
    failed = await customer.get("/visastatus.aspx?state=failed")
    assert "Okänd" in failed.text
    assert "bilden" not in failed.text
    sheet = await customer.get("/portal/messages.csv")
    assert "45,Invalid phone number" in sheet.body
    assert sheet.body.count(",MMS\r\n") == 2


async def test_its_page_shows_pictures_and_offers_all_else(gateway: Running, customer: Browser) -> None:
    id = await sent(gateway)
    page = await customer.get(f"/portal/message/{id}")
    for told in ("Bild-1.jpg image/jpeg, 29 B", "hej.txt text/plain, 2 kB", "Service MMS", "Price 2.50"):
        assert told in page.text, told
    assert "0 Delivered to gateway" in page.text
    assert "UCS-2" not in page.text
    here = f"/portal/message/{id}/file"
    assert page.body.count("<img") == 1
    assert f'<img src="{here}/Bild-1.jpg"' in page.body
    picture, text = await fetch(customer, f"{here}/Bild-1.jpg"), await fetch(customer, f"{here}/hej.txt")
    check_safe(picture, "inline", "image/jpeg")
    check_safe(text, "attachment", "text/plain; charset=utf-8")
    assert (picture.body, text.body) == (PICTURE.data, TEXT.data)
    for wrong in ("hej", "..%2F..%2Fhej.txt", "%C3%A5.jpg"):
        assert (await fetch(customer, f"{here}/{wrong}")).status == 404
    assert (await fetch(customer, f"{here}/%00")).status == 400, "which no browser sends"


async def test_without_a_text_there_is_none(gateway: Running, customer: Browser) -> None:
    page = await customer.get(f"/portal/message/{await sent(gateway, '')}")
    assert "message-text" not in page.body


async def test_nobody_else_is_given_its_files(gateway: Running, customer: Browser, visitor: Browser) -> None:
    out, back = await sent(gateway), await received(gateway)
    await gateway.account("other", "5678", 10)
    paths = [f"/portal/message/{out}/file/Bild-1.jpg", f"/portal/incoming/{back}/file/bild.jpg"]
    async with browsing(gateway.url) as stranger:
        for path in paths:
            assert (await fetch(customer, path)).status == 200
            assert (await fetch(stranger, path)).status == 303
            assert (await fetch(stranger, path.replace("portal", "operator"))).status == 303
        await stranger.sign_in("other", "5678")
        assert [(await fetch(stranger, path)).status for path in paths] == [404, 404]
    crossed = [path.replace(out, back) if out in path else path.replace(back, out) for path in paths]
    assert [(await fetch(customer, path)).status for path in crossed] == [404, 404]


async def test_what_a_phone_sent_is_shown_to_its_receiver(gateway: Running, customer: Browser) -> None:
    page = b"<script>alert(1)</script>"
    id = await received(gateway, ("a.jpg", "image/jpeg", JPEG), ("b.htm", "text/html", page))
    assert "MMS Semester" in (await customer.get("/portal/incoming")).text
    shown = await customer.get(f"/portal/incoming/{id}")
    assert "Semester" in shown.text
    assert f"Service MMS mmsid {id}" in shown.text
    assert shown.body.count("<img") == 1
    hostile = await fetch(customer, f"/portal/incoming/{id}/file/b.htm")
    check_safe(hostile, "attachment", "text/html")
    assert hostile.body == page


async def test_what_it_says_is_shown_to_its_receiver_and_to_operators(
    gateway: Running, customer: Browser
) -> None:
    id = await received(
        gateway,
        ("show.smil", "application/smil", b"<smil><body/></smil>"),
        ("a.txt", "text/plain", "Hej <b>å</b> från stranden".encode()),
        ("bild.jpg", "image/jpeg", JPEG),
        ("b.txt", "text/plain", "Ö".encode("latin-1") + b"l" * 20_000),
    )
    assert "MMS Semester Hej <b>å</b> från stranden Öll" in (await customer.get("/portal/incoming")).text
    told = await customer.get(f"/portal/incoming/{id}")
    for name, role in (("anna", "admin"), ("vera", "viewer")):
        await operator(gateway, name, role)  # type: ignore[arg-type]
    async with browsing(gateway.url) as anna, browsing(gateway.url) as vera:
        await sign_in(anna, "anna")
        await sign_in(vera, "vera")
        whole, veiled = [await one.get(f"/operator/incoming/{id}") for one in (anna, vera)]
    for page in (told, whole):
        assert "Semester Hej <b>å</b> från stranden Ölll" in page.text
        assert "<b>å" not in page.body
        assert len(page.body) < 20_000
        assert page.body.index("<img") < page.body.index("a.txt"), "pictures first"
    assert "stranden" not in veiled.text


async def test_operators_find_them_and_viewers_see_no_file(gateway: Running, visitor: Browser) -> None:
    out, back = await sent(gateway, status=Status.EXPIRED), await received(gateway)
    for name, role in (("anna", "admin"), ("vera", "viewer")):
        await operator(gateway, name, role)  # type: ignore[arg-type]
    paths = [f"/operator/message/{out}", f"/operator/incoming/{back}"]
    async with browsing(gateway.url) as anna:
        await sign_in(anna, "anna")
        assert "MMS Se <b>bilden</b> 44 Delivery failed" in (await anna.get("/operator/messages")).text
        assert "MMS" in (await anna.get("/operator/incoming")).text
        for path, name in zip(paths, ("Bild-1.jpg", "bild.jpg"), strict=True):
            assert f"{name} image/jpeg, 29 B" in (await anna.get(path)).text
            check_safe(await fetch(anna, f"{path}/file/{name}"), "inline", "image/jpeg")
    async with browsing(gateway.url) as vera:
        await sign_in(vera, "vera")
        for path, name in zip(paths, ("Bild-1.jpg", "bild.jpg"), strict=True):
            assert name not in (await vera.get(path)).text
            assert (await fetch(vera, f"{path}/file/{name}")).status == 404


async def test_the_accounts_page_tells_how_to_send_one(gateway: Running, customer: Browser) -> None:
    page = await customer.get("/portal/account")
    assert "/mms/mms.asmx' -H 'Content-Type: text/xml'" in page.text
    assert "<acc>test</acc>" in page.text
