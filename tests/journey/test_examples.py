"""The examples of the pages do what these say: each is run as it stands, and prints what stands below it."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from kavle.core.numbers import AddNumber, Numbers
from kavle.model.number import NumberSettings
from kavle.simulator.mo_pdus import MoText
from kavle.south.callback.settings import CallbackSettings
from support.clients import CURL, PHP, require
from support.processes import LOOPBACK, free_port
from support.running import Running, running

DOCS = Path(__file__).parent.parent.parent / "docs"
GATEWAY = "http://127.0.0.1:8080"
RECEIVER = "8000"
ID = "1761468129"
"""The one of the manual's example, which stands on the pages for whatever id was answered."""
NUMBER = "46737494123"
PHONE = "46701740605"
TEXTS = ("Hej på dig!", "Det kostar 5 €", "Žluťoučký kůň 😀")
"""By ISO-8859-1, by windows-1252, and by UTF-8."""
COMMANDS = {"sh": ["bash", "-euo", "pipefail"], "php": ["php"], "python": [sys.executable]}


class Example(NamedTuple):
    language: str
    code: str
    printed: str | None


def examples(page: str) -> Iterator[Example]:
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", (DOCS / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    for (language, code), (after, printed) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if language in COMMANDS:
            yield Example(language, code, printed if after == "text" else None)


async def printed(example: Example, folder: Path, gateway: str, id: str) -> str:
    code = example.code.replace(GATEWAY, gateway).replace(ID, id)
    file = folder / f"example.{example.language}"
    file.write_text(code, "utf-8")
    process = await asyncio.create_subprocess_exec(
        *COMMANDS[example.language],
        str(file),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


@pytest.mark.parametrize("page", ["sms-url.md", "sms-soap.md"])
async def test_each_example_prints_what_stands_below_it(page: str, tmp_path: Path) -> None:
    await require(CURL, PHP)
    ran, id = 0, ID
    async with running(tmp_path / "kavle.db") as run:
        for example in examples(page):
            out = await printed(example, tmp_path, run.url, id)
            assert example.printed is not None, f"say what it prints:\n{example.code}"
            pattern = re.escape(example.printed.strip()).replace(ID, r"(\d{4,10})")
            found = re.fullmatch(pattern, out.replace("\r\n", "\n").strip())
            assert found, f"{out}\nis not what is said of\n{example.code}"
            if found.groups():
                id = found[1]
                await run.until(id, 22)
            ran += 1
    assert ran >= 3


@pytest.mark.parametrize("language", ["php", "python"])
async def test_a_receiver_takes_what_phones_write(language: str, tmp_path: Path) -> None:
    await require(PHP)
    (example,) = [one for one in examples("sms-incoming.md") if one.language == language]
    port = free_port()
    file = tmp_path / f"receive.{language}"
    file.write_text(
        example.code.replace(f"127.0.0.1:{RECEIVER}", f"127.0.0.1:{port}").replace(RECEIVER, str(port))
    )
    serve = ["php", "-S", f"{LOOPBACK}:{port}"] if language == "php" else [sys.executable]
    receiver = await asyncio.create_subprocess_exec(
        *serve, str(file), cwd=tmp_path, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await listening(port)
        allow = CallbackSettings(allow=["127.0.0.0/8"], interval=1)
        async with running(tmp_path / "kavle.db", callbacks=allow) as run:
            await received(run, f"http://{LOOPBACK}:{port}/receive.php?customer=7", tmp_path / "received.txt")
    finally:
        receiver.kill()
        await receiver.wait()


async def received(run: Running, callback: str, file: Path) -> None:
    numbers = Numbers(run.gateway.store, run.gateway.clock)
    await numbers.add(AddNumber(NUMBER, "test", NumberSettings(callback)))
    for text in TEXTS:
        await run.network.mos.send(MoText(sender=PHONE, recipient=NUMBER, text=text)).wait()
    async with asyncio.timeout(30):
        while not file.exists() or len(file.read_text("utf-8").splitlines()) < len(TEXTS):
            await asyncio.sleep(0.05)
    lines = file.read_text("utf-8").splitlines()
    said = [re.sub(r"^\d{4,} ", "", line) for line in lines]
    assert said == [f"from {PHONE} to {NUMBER}: {text}" for text in TEXTS]


async def listening(port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection(LOOPBACK, port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return
