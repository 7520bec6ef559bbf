"""`make screenshots`: the main pages of a demo, all numbers kept for fiction, as pictures for the README."""

from __future__ import annotations

import asyncio
import re
import struct
import tempfile
import zlib
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlencode
from urllib.request import urlopen

from playwright.async_api import Page, expect

from support.chromium import chromium, sign_in
from support.patience import PATIENCE
from support.processes import kavle

FOLDER: Final = Path(__file__).parent.parent.parent / "docs/screenshots"
PHONE, NUMBER, PICTURED = "46701740605", "46701740699", "46701740606"
SENT: Final = (
    ("46701740611", "ip1", "Your parcel is here. Bring this message and fetch it before Friday."),
    ("46701740615", "ip1", "The alarm in the cold store: -12 °C for ten minutes."),
    (PHONE, NUMBER, "Your appointment is tomorrow at 14:20. Answer NO if you can't come."),
)
ANSWER: Final = "NO, but next week would be fine 😀"
PICTURE: Final = "The wall that you asked about, as it looks today."


async def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        log, data = Path(folder) / "log", str(Path(folder) / "demo")
        async with kavle("demo", "--data", data, "--port", "0", log=log, ready="/phones") as demo:
            (url,) = re.findall(r"(http://[\d.:]+)/phones", demo.said)
            for to, sender, text in SENT:
                await asyncio.to_thread(send, url, to, sender, text)
            async with chromium(url) as page:
                await show(page)


def send(url: str, to: str, sender: str, text: str) -> None:
    call = {"acc": "test", "pass": "1234", "to": to, "from": sender, "msg": text, "prio": "2"}
    query = urlencode(call, encoding="latin-1")
    with urlopen(f"{url}/sendsms.aspx?{query}", timeout=PATIENCE) as answer:  # noqa: S310 -- loopback
        assert int(answer.read()) >= 1000


async def show(page: Page) -> None:
    await page.goto(f"/phones/{PHONE}")
    await expect(page.locator(".bubble")).to_be_visible()
    await page.fill("#text", ANSWER)
    await page.click(".handset button")
    await expect(page.locator(".call")).to_be_visible()
    await expect(page.locator(".newest li")).to_have_count(len(SENT))
    await page.set_viewport_size({"width": 1180, "height": 1020})
    await take(page, "phones")
    await page.set_viewport_size({"width": 1180, "height": 740})
    await sign_in(page)
    await send_picture(page)
    await page.goto(f"/phones/{PICTURED}")
    await expect(page.locator(".bubble img")).to_be_visible()
    await page.set_viewport_size({"width": 1180, "height": 1020})
    await take(page, "picture")
    await page.set_viewport_size({"width": 1180, "height": 740})
    await page.goto("/visastatus.aspx")
    await expect(page.locator("#messages .good, #messages .bad")).to_have_count(len(SENT) + 1)
    await take(page, "messages", "dark")
    await page.click("#messages tbody tr:nth-child(3) a")  # the one that took three tries
    await page.wait_for_selector("#story")
    await take(page, "message")
    await page.goto(f"/portal/send?to={PHONE}")
    await page.fill("#text", SENT[-1][-1])
    await page.wait_for_selector("#measured strong, #measured dl, #measured p")
    await take(page, "send")


async def send_picture(page: Page) -> None:
    await page.goto("/portal/send-mms")
    await page.fill("#to", PICTURED)
    await page.fill("#sender", NUMBER)
    await page.fill("#text", PICTURE)
    await page.set_input_files("#files", {"name": "wall.png", "mimeType": "image/png", "buffer": picture()})
    await page.set_viewport_size({"width": 1180, "height": 780})
    await take(page, "send-mms")
    await page.click("form.send > button")
    await page.wait_for_selector("#story")


def picture() -> bytes:
    """A wall of bricks, drawn here: no picture of anybody's is needed."""
    width, height, tall, long = 480, 320, 40, 96

    def colour(x: int, y: int) -> bytes:
        row = y // tall
        along = (x + row % 2 * long // 2) % long
        if y % tall < 4 or along < 4:
            return bytes((206, 200, 190))
        shade = ((x + row % 2 * long // 2) // long * 37 + row * 53) % 40
        return bytes((150 + shade, 74 + shade // 2, 56 + shade // 3))

    lines = (b"\0" + b"".join(colour(x, y) for x in range(width)) for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(lines))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in chunks)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


async def take(page: Page, name: str, scheme: Literal["light", "dark"] = "light") -> None:
    await page.emulate_media(color_scheme=scheme)
    await page.screenshot(path=FOLDER / f"{name}.png", animations="disabled", caret="hide")
    print(f"docs/screenshots/{name}.png")  # noqa: T201 -- a command


if __name__ == "__main__":
    asyncio.run(main())
