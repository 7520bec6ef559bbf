"""`/sendsms.aspx` by curl, as scripts call it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from support.clients import CURL, curl, require
from support.running import Running, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

CALL = "acc=test&pass=1234&to=0702617396&from=ip1&prio=2"
PHONE = "46702617396"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def run(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    await require(CURL)
    async with running(tmp_path_factory.mktemp("gateway") / "kavle.db") as run:
        yield run


async def arrived(run: Running, answer: str) -> str:
    """The text that the phone got last, once the answer's message is there."""
    run.answered.append(answer)
    await run.until(answer, 22)
    return run.texts(PHONE)[-1].text


ESCAPED = {
    "ISO-8859-1": ("iso-8859-1", "Räksmörgås + ål = 100 % & mer"),
    "UTF-8": ("utf-8", "Räksmörgås för 20 €"),
    "UTF-8 of another script": ("utf-8", "Привет 👋"),
    "windows-1252": ("windows-1252", "Räksmörgås för 20 €"),
    "line breaks of Windows": ("iso-8859-1", "Hej\r\nhå"),
}


@pytest.mark.parametrize(("charset", "text"), ESCAPED.values(), ids=ESCAPED)
async def test_a_text_that_curl_escapes(run: Running, tmp_path: Path, charset: str, text: str) -> None:
    (tmp_path / "text").write_bytes(text.encode(charset))
    data = "--data-urlencode", f"msg@{tmp_path / 'text'}"
    answer = await curl("--get", f"{run.url}/sendsms.aspx", "--data", CALL, *data)
    assert await arrived(run, answer) == text.replace("\r\n", "\n")


RAW = {
    "Latin-1": ("Räksmörgås", "iso-8859-1"),
    "UTF-8": ("Räksmörgås", "utf-8"),
    "what a URL must not have": ('[a]{b}|^"å', "iso-8859-1"),
}


@pytest.mark.parametrize(("text", "charset"), RAW.values(), ids=RAW)
async def test_a_text_that_nobody_escapes(run: Running, text: str, charset: str) -> None:
    answer = await curl("--globoff", f"{run.url}/sendsms.aspx?{CALL}&msg={text}".encode(charset))
    assert await arrived(run, answer) == text


HABITS = {
    "HTTP/1.0": ["--http1.0"],
    "a form and nothing in it": ["--data", ""],
    "a body that has nothing to do with it": [
        "--header",
        "Content-Type: application/json",
        "--data",
        '{"a": 1}',
    ],
    "GET with a body": ["--request", "GET", "--data", '{"a": 1}'],
    "waiting to be asked for the body": ["--header", "Expect: 100-continue", "--data", "a"],
    "a body in chunks": ["--header", "Transfer-Encoding: chunked", "--data", "a"],
    "closing": ["--header", "Connection: close"],
}


@pytest.mark.parametrize("habit", HABITS.values(), ids=HABITS)
async def test_habits(run: Running, habit: list[str]) -> None:
    answer = await curl(*habit, f"{run.url}/sendsms.aspx?{CALL}&msg=Hej")
    assert await arrived(run, answer) == "Hej"


async def test_many_on_one_connection(run: Running) -> None:
    told = "--write-out", " %{num_connects} "
    said = (await curl(*told, f"{run.url}/sendsms.aspx?{CALL}&msg=[1-5]")).split()
    for answer in said[0::2]:
        await arrived(run, answer)
    assert said[1::2] == ["1", "0", "0", "0", "0"]
    assert {text.text for text in run.texts(PHONE)[-5:]} == set("12345")


async def test_flash(run: Running) -> None:
    answer = await curl(f"{run.url}/sendsms.aspx?{CALL}&msg=Brand&Type=Flash")
    assert await arrived(run, answer) == "Brand"
    assert run.texts(PHONE)[-1].flash


async def test_the_answer_is_200_whatever_the_code(run: Running) -> None:
    told = "--write-out", " %{http_code} %{content_type}"
    said = await curl(*told, f"{run.url}/sendsms.aspx?{CALL}&msg=Hej&type=fax")
    assert said == "110 200 text/html; charset=utf-8"
