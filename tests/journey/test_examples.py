"""The examples of the pages do what these say: each is run as it stands, and prints what stands below it."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from kavle.core.numbers import AddNumber, Numbers
from kavle.model.number import NumberSettings
from kavle.simulator.mmsc.mo import GivenFile, MmText
from kavle.simulator.mo_pdus import MoText
from kavle.south.callback.settings import CallbackSettings
from mms import mms_files as files
from support.clients import CURL, PHP, require
from support.patience import PATIENCE
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
HERE = CallbackSettings(allow=["127.0.0.0/8"], interval=1)
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
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE):
        out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


@pytest.mark.parametrize("page", ["sms-url.md", "sms-soap.md", "mms-soap.md"])
async def test_each_example_prints_what_stands_below_it(page: str, tmp_path: Path) -> None:
    await require(CURL, PHP)
    ran, id, mms = 0, ID, page.startswith("mms")
    (tmp_path / "bild.jpg").write_bytes(files.JPEG)
    async with running(tmp_path / "kavle.db", mms=mms) as run:
        for example in examples(page):
            out = await printed(example, tmp_path, run.url, id)
            assert example.printed is not None, f"say what it prints:\n{example.code}"
            pattern = re.escape(example.printed.strip()).replace(ID, r"(\d{4,10})")
            found = re.fullmatch(pattern, out.replace("\r\n", "\n").strip())
            assert found, f"{out}\nis not what is said of\n{example.code}"
            if found.groups():
                id = found[1]
                await (mms_arrived(run, id) if mms else run.until(id, 22))
            ran += 1
    assert ran >= 3


async def mms_arrived(run: Running, id: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while await run.soap("status", "/mms/mms.asmx", mmsId=id) != "22":
            await asyncio.sleep(0.02)


both = pytest.mark.parametrize("language", ["php", "python"])


@both
async def test_a_receiver_takes_what_phones_write(language: str, tmp_path: Path) -> None:
    async with (
        running(tmp_path / "kavle.db", callbacks=HERE) as run,
        receiving("sms-incoming.md", language, tmp_path, run.url) as url,
    ):
        await received(run, url, tmp_path / "received.txt")


@both
async def test_a_receiver_fetches_the_files_that_phones_send(language: str, tmp_path: Path) -> None:
    pictures = [files.JPEG + b"\r\n\0--kavle\r\n", files.png()]
    given = [GivenFile(pictures[0], "Semester på Öland.jpg"), GivenFile(pictures[1], "../bild.png")]
    async with (
        running(tmp_path / "kavle.db", callbacks=HERE, mms=True) as run,
        receiving("mms-incoming.md", language, tmp_path, run.url) as url,
    ):
        numbers = Numbers(run.gateway.store, run.gateway.clock)
        await numbers.add(AddNumber(NUMBER, "test", NumberSettings(url)))
        assert run.mmsc is not None
        for subject in TEXTS:
            run.mmsc.mos.send(
                MmText(sender=PHONE, recipient=NUMBER, subject=subject, text="Titta", files=given)
            )
        lines = await written(tmp_path / "received.txt", len(TEXTS))
    told = dict(line.split(" ", 1) for line in lines)
    assert sorted(told.values()) == sorted(
        f"from {PHONE} to {NUMBER}: {subject}, 4 files" for subject in TEXTS
    )
    for mms_id in told:
        got = [file.read_bytes() for file in tmp_path.glob(f"{mms_id}-*")]
        assert {*pictures, b"Titta"} <= set(got)
        assert len(got) == 4, "its presentation besides"


@asynccontextmanager
async def receiving(page: str, language: str, folder: Path, gateway: str) -> AsyncIterator[str]:
    """The page's example at work; where it is to be called."""
    await require(PHP)
    (example,) = [one for one in examples(page) if one.language == language]
    port = free_port()
    file = folder / f"receive.{language}"
    code = example.code.replace(GATEWAY, gateway).replace(f"127.0.0.1:{RECEIVER}", f"127.0.0.1:{port}")
    file.write_text(code.replace(f", {RECEIVER})", f", {port})"))
    serve = ["php", "-S", f"{LOOPBACK}:{port}"] if language == "php" else [sys.executable]
    receiver = await asyncio.create_subprocess_exec(
        *serve, str(file), cwd=folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await listening(port)
        yield f"http://{LOOPBACK}:{port}/receive.php?customer=7"
    finally:
        receiver.kill()
        await receiver.wait()


async def written(file: Path, lines: int) -> list[str]:
    """Returns once there are so many."""
    async with asyncio.timeout(PATIENCE):
        while not file.exists() or len(file.read_text("utf-8").splitlines()) < lines:
            await asyncio.sleep(0.05)
    return file.read_text("utf-8").splitlines()


async def received(run: Running, callback: str, file: Path) -> None:
    numbers = Numbers(run.gateway.store, run.gateway.clock)
    await numbers.add(AddNumber(NUMBER, "test", NumberSettings(callback)))
    for text in TEXTS:
        await run.network.mos.send(MoText(sender=PHONE, recipient=NUMBER, text=text)).wait()
    lines = await written(file, len(TEXTS))
    said = [re.sub(r"^\d{4,} ", "", line) for line in lines]
    assert said == [f"from {PHONE} to {NUMBER}: {text}" for text in TEXTS]


async def listening(port: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                _, writer = await asyncio.open_connection(LOOPBACK, port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return
