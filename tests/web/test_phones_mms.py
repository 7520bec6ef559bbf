"""MMS on the phones of the simulated networks: pictures that come, and pictures that are sent from there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import BytesIO

import aiohttp
import pytest

from kavle.north.web.phone_network import PhoneNetwork
from kavle.simulator.face import Face
from kavle.simulator.mmsc.desk import MmscDesk
from kavle.wire.mime import ContentType, Part
from kavle.wire.mm7 import DeliverReq
from mms import mms_files as files
from support.pages import Browser, Page, browsing
from support.running import Running
from support.vasp import NUMBER, Vasp, vasp

PHONE, EXPIRED, OTHER = "46701740605", "46701740612", "46701740650"
PICTURE = files.png(64, 48) + b"\r\n--boundary\r\n\r\n\0\r\n--kavle-0--\r\n"
PAGE = b"<html><script>alert(1)</script></html>"


@pytest.fixture
async def network(tried: Running) -> AsyncIterator[Vasp]:
    """An MMSC beside the SMSC, on the face that the gateway looks at; a test has the other end of its MM7."""
    assert tried.face is not None
    async with vasp() as gateway:
        tried.face.add(MmscDesk(gateway.mmsc))
        yield gateway


@pytest.fixture
async def somebody(tried: Running) -> AsyncIterator[Browser]:
    async with browsing(tried.url) as browser:
        yield browser


async def came(network: Vasp, to: str, *parts: Part, subject: str = "") -> None:
    await network.submit(to, *parts, subject=subject)
    await network.until(len(network.got) + 1)


def picture(name: str = "bild.png") -> Part:
    return Part(ContentType("image/png"), PICTURE, content_location=name)


async def fetched(browser: Browser, path: str) -> tuple[int, bytes, dict[str, str]]:
    async with browser.session.get(path) as answer:
        return answer.status, await answer.read(), dict(answer.headers)


async def sent(browser: Browser, text: str, name: str, data: bytes) -> Page:
    """By the phone's form, with a file."""
    fields = {"token": browser.last.token, "to": f"+{NUMBER}", "text": text}
    form = aiohttp.FormData(fields, quote_fields=False)
    form.add_field("file", BytesIO(data), filename=name, content_type="image/png")
    headers = {"Accept": "text/html", "Accept-Language": "en"}
    async with browser.session.post(f"/phones/{PHONE}/write", data=form, headers=headers) as answer:
        return Page(answer.status, dict(answer.headers), await answer.text())


async def test_a_picture_comes_with_its_text_and_is_shown(network: Vasp, somebody: Browser) -> None:
    await came(network, PHONE, Part(body="Sol & bad på Öland".encode()), picture(), subject="Hej!")
    page = await somebody.get(f"/phones/{PHONE}")
    assert f"{NUMBER} MMS Hej!" in page.text
    assert "Sol & bad på Öland" in page.text
    assert f'<img src="/phones/{PHONE}/mms/1/1" alt="bild.png">' in page.body
    status, data, headers = await fetched(somebody, f"/phones/{PHONE}/mms/1/1")
    assert (status, data, headers["Content-Type"]) == (200, PICTURE, "image/png")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["Content-Disposition"] == "inline"
    newest = await somebody.get(f"/phones/{PHONE}/newest")
    assert f"{PHONE} Hej!" in newest.text


async def test_what_is_no_picture_is_given_to_be_kept_and_never_shown(
    network: Vasp, somebody: Browser
) -> None:
    await came(
        network,
        PHONE,
        Part(ContentType("image/png"), PAGE, content_location="bild.png"),
        Part(ContentType("text/html"), PAGE, content_location="<b>.html"),
        Part(ContentType("image/svg+xml"), b"<svg onload='x'/>"),
        Part(ContentType("text/x-vcard"), files.VCARD, content_location="karin.vcf"),
    )
    page = await somebody.get(f"/phones/{PHONE}")
    assert "<img" not in page.body.partition("<main")[2]
    assert "<b>" not in page.body
    assert "<script>alert" not in page.body
    for place, kind in enumerate(["bin", "bin", "bin", "vcf"]):
        status, _, headers = await fetched(somebody, f"/phones/{PHONE}/mms/1/{place}")
        assert (status, headers["Content-Type"]) == (200, "application/octet-stream")
        assert headers["Content-Disposition"] == f"attachment; filename=file.{kind}"
        assert headers["X-Content-Type-Options"] == "nosniff"


async def test_what_is_not_there_is_told(network: Vasp, somebody: Browser) -> None:
    await came(network, PHONE, picture())
    for path in ("mms/1/1", "mms/2/0", "mms/x/0", "mms/1", "mms/1/0x"):
        assert (await fetched(somebody, f"/phones/{PHONE}/{path}"))[0] == 404, path
    async with somebody.session.get(
        f"/phones/{PHONE}/mms/1/0", headers={"Host": "sms.example.com"}
    ) as answer:
        assert answer.status == 404


async def test_a_picture_is_sent_from_a_phone(network: Vasp, somebody: Browser) -> None:
    page = await somebody.get(f"/phones/{PHONE}")
    assert 'type="file"' in page.body
    await sent(somebody, "Tack\r\nåäö", "på väg.png", PICTURE)
    (got,) = await network.until(1)
    assert isinstance(got, DeliverReq)
    assert got.content is not None
    _, text, file = got.content.parts
    assert text.body.decode() == "Tack\nåäö"
    assert (file.body, file.name) == (PICTURE, "pa_vag.png")
    page = await somebody.get(f"/phones/{PHONE}")
    assert f"To {NUMBER} MMS Tack åäö" in page.text
    assert (await fetched(somebody, f"/phones/{PHONE}/mms/1/1"))[1] == PICTURE


async def test_a_file_alone_is_enough_and_a_text_alone_is_an_sms(
    tried: Running, network: Vasp, somebody: Browser
) -> None:
    await somebody.get(f"/phones/{PHONE}")
    await sent(somebody, "", "a.png", PICTURE)
    await network.until(1)
    await sent(somebody, "utan bild", "", b"")
    await tried.network.until(lambda counts: counts.mo == 1)
    assert network.mmsc.counts.mo.owed == 1


async def test_what_is_too_large_is_not_sent(network: Vasp, somebody: Browser) -> None:
    await somebody.get(f"/phones/{PHONE}")
    page = await sent(somebody, "x", "a.png", PICTURE + bytes(614_400))
    assert '<p class="wrong" role="alert">A phone sends a file of at most 600 kB' in page.body
    page = await sent(somebody, "", "", b"")
    assert '<p class="wrong" role="alert">A phone sends up to 1,000 characters, a picture or' in page.body
    page = await sent(somebody, "x", "a.png", bytes(3_000_000))
    assert (page.status, page.headers["Connection"]) == (413, "close")
    assert "a form holds 2 MB" in page.text
    assert network.mmsc.counts.mo.owed == 0


async def test_a_phone_tells_which_mms_never_came(network: Vasp, somebody: Browser) -> None:
    await came(network, EXPIRED, picture())
    page = await somebody.get(f"/phones/{EXPIRED}")
    assert f"Nothing came from {NUMBER} : expired: report Expired" in page.text
    assert "MMS here: expired: report Expired." in page.text


async def test_the_page_moves_when_a_picture_comes(network: Vasp, somebody: Browser) -> None:
    (again,) = {
        line.split('"')[0]
        for line in (await somebody.get(f"/phones/{PHONE}/screen")).body.split('hx-get="')[1:]
    }
    assert (await somebody.get(again)).status == 204
    await came(network, PHONE, picture())
    assert (await somebody.get(again)).status == 200


async def test_a_network_of_mms_alone_has_phones_too() -> None:
    async with vasp() as gateway:
        face = Face(MmscDesk(gateway.mmsc))
        network = PhoneNetwork(f"http://127.0.0.1:{await face.start(0)}")
        await gateway.submit(OTHER, picture())
        await gateway.until(1)
        assert [event.kind for event in (await network.phone(OTHER)).events] == ["mms"]
        ((glimpse,), _) = await network.newest()
        assert glimpse.number == OTHER
        assert await network.outcomes("/numbers") == []
        face.stop()


async def test_a_network_of_sms_alone_takes_no_pictures(tried: Running, somebody: Browser) -> None:
    page = await somebody.get(f"/phones/{PHONE}")
    assert 'type="file"' not in page.body
    assert "outcomes for MMS" not in page.text
