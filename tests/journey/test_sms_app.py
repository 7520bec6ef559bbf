"""The command-line application, as its users call it: the Python command, the single file for Linux, and
sms.exe under wine. All three are held to the same words."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from kavle.smsapp.main import HELP
from support.north import NAME, PASSWORD, gateway, texts
from support.running import Running, running
from support.smsapp import (
    Authority,
    Program,
    answering,
    linux_program,
    python_program,
    result,
    stranger,
    windows_program,
)

MANUAL = ("test", "1234", "46702617396", "ip1", "Welcome to ip1", "2")


@pytest.fixture(params=[python_program, linux_program, windows_program], ids=["python", "linux", "windows"])
def sms(request: pytest.FixtureRequest, tmp_path: Path) -> Program:
    install: Callable[[Path], Program] = request.param
    folder = tmp_path / "program"
    folder.mkdir()
    return install(folder)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def with_text(text: str | bytes) -> tuple[str | bytes, ...]:
    return (*MANUAL[:4], text, MANUAL[5])


def received(run: Running) -> list[tuple[str, str]]:
    """Senders and texts on the manual's phone."""
    return [(text.sender, text.text) for text in run.texts("46702617396")]


# --- a gateway ------------------------------------------------------------------------------------------


async def test_the_manuals_example_reaches_the_phone(sms: Program, tmp_path: Path) -> None:
    async with running(tmp_path / "kavle.db") as run:
        sms.ini(f"; where the gateway is\r\n[sms]\r\nurl={run.url}\r\n")
        told = await sms(*MANUAL)
        assert told == (0, f"{int(told.out)}\n", "")
        assert int(told.out) >= 1000
        await run.until(told.out.strip(), 22)
        assert received(run) == [("ip1", "Welcome to ip1")]


TEXTS = ["åäö ÅÄÖ € é", "Привет, 世界 🎉", 'a < b & "c" > d', "one%0atwo", "'quoted' \\ back\\"]


async def test_texts_arrive_letter_by_letter(sms: Program, tmp_path: Path) -> None:
    async with running(tmp_path / "kavle.db") as run:
        for text in TEXTS:
            told = await sms(*with_text(text), url=run.url)
            assert told.code == 0, told
            await run.until(told.out.strip(), 22)
        assert received(run) == [("ip1", text.replace("%0a", "\n")) for text in TEXTS]


async def test_latin_1_bytes_of_an_old_script(sms: Program, tmp_path: Path) -> None:
    if sms.on_windows:
        pytest.skip("Windows has arguments in UTF-16 alone")
    async with running(tmp_path / "kavle.db") as run:
        told = await sms(*with_text("Räksmörgås".encode("latin-1")), url=run.url)
        assert told.code == 0, told
        await run.until(told.out.strip(), 22)
        assert received(run) == [("ip1", "Räksmörgås")]


async def test_the_password_from_standard_input(sms: Program, tmp_path: Path) -> None:
    letters = "lösenord €"
    async with running(tmp_path / "kavle.db") as run:
        await run.account("åke", letters, 10)
        for name, given in {
            "test": [b"1234\n", b"1234\r\n", b"1234"],
            "åke": [letters.encode()],
        }.items():
            for line in given:
                told = await sms(name, "-", *MANUAL[2:], url=run.url, stdin=line)
                assert told.code == 0, told
                await run.until(told.out.strip(), 22)


async def test_what_the_gateway_refuses_is_told_by_code_and_description(sms: Program, tmp_path: Path) -> None:
    async with running(tmp_path / "kavle.db") as run:
        await run.account("poor", "1234", 0)
        for words, call in {
            "101 Wrong account credentials": ("test", "wrong", *MANUAL[2:]),
            "100 Insufficient funds": ("poor", *MANUAL[1:]),
            "3 Invalid phone number format": (*MANUAL[:2], "nobody", *MANUAL[3:]),
            "2 Invalid message content": with_text(""),
            "110 Parameter error": (*MANUAL[:5], "9"),
        }.items():
            told = await sms(*call, url=run.url)
            assert told == (1, f"{words}\n", "")


async def test_addresses_as_people_write_them(sms: Program, tmp_path: Path) -> None:
    async with running(tmp_path / "kavle.db") as run:
        host = run.url.removeprefix("http://")
        for written in ("http://{}", "HTTP://{}/", "http://{}/sendSms/sendSms.asmx?WSDL"):
            told = await sms(*MANUAL, url=written.format(host))
            assert told.code == 0, told
            await run.until(told.out.strip(), 22)


async def test_https_with_an_authority_that_is_trusted(sms: Program, authority: Authority) -> None:
    if sms.on_windows:
        pytest.skip("Windows trusts what is installed in Windows")
    with gateway(listener=[authority.listener()]) as behind_tls:
        host = f"127.0.0.1:{behind_tls.server.listeners[1].port}"
        for written in (f"https://{host}", host):
            told = await sms(
                NAME, PASSWORD, *MANUAL[2:], url=written, more={"SSL_CERT_FILE": str(authority.file)}
            )
            assert told.code == 0, told
        assert texts(behind_tls.core) == ["Welcome to ip1"] * 2


async def test_https_with_an_authority_that_is_not(sms: Program, authority: Authority) -> None:
    with gateway(listener=[authority.listener()]) as behind_tls:
        told = await sms(NAME, PASSWORD, *MANUAL[2:], url=f"127.0.0.1:{behind_tls.server.listeners[1].port}")
        assert told.code == 1
        assert "certificate" in told.err
        assert not behind_tls.core.orders


# --- what is no gateway ---------------------------------------------------------------------------------


async def test_a_code_is_told_in_the_gateways_words(sms: Program) -> None:
    async with stranger(
        result("sms", "101"), result("beskrivning", "Felaktig kontouppgift &amp; mer")
    ) as met:
        assert await sms(*MANUAL, url=met.url) == (1, "101 Felaktig kontouppgift & mer\n", "")
        assert b"<Id>101</Id>" in met.asked[1]
        assert b"1234" not in met.asked[1]


async def test_a_code_without_words_is_told_alone(sms: Program) -> None:
    for nothing in (result("beskrivning", ""), answering("no", "500 Internal Server Error"), b""):
        async with stranger(result("sms", "42"), nothing) as met:
            assert await sms(*MANUAL, url=met.url) == (1, "42\n", "")


async def test_999_is_a_code_and_1000_an_id(sms: Program) -> None:
    async with stranger(result("sms", "999"), result("beskrivning", ""), result("sms", "1000")) as met:
        assert await sms(*MANUAL, url=met.url) == (1, "999\n", "")
        assert await sms(*MANUAL, url=met.url) == (0, "1000\n", "")


FAULT = "<soap:Fault><faultcode>soap:Client</faultcode><faultstring>Server &lt;did&gt; not</faultstring>"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (answering("<html>It works!</html>"), "answers HTTP 200, but not as an SMS gateway does"),
        (answering("Not Found", "404 Not Found"), "answers HTTP 404, but not as an SMS gateway does"),
        (result("sms", "hello"), "not as an SMS gateway does"),
        (answering(FAULT, "500 Internal Server Error"), "refuses the call: Server <did> not."),
        (
            answering("", "301 Moved", "Location: https://other.example/x"),
            "redirects to https://other.example/x",
        ),
        (b"", "may have been sent"),
    ],
    ids=["html", "404", "no-number", "fault", "redirect", "silence"],
)
async def test_a_server_that_is_no_gateway(sms: Program, answer: bytes, says: str) -> None:
    async with stranger(answer) as met:
        told = await sms(*MANUAL, url=met.url)
        assert (told.code, told.out) == (1, "")
        assert says in told.err
        assert len(met.asked) == 1


async def test_nobody_listens(sms: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    told = await sms(*MANUAL, url=f"http://127.0.0.1:{port}")
    assert (told.code, told.out) == (1, "")
    assert f"cannot reach http://127.0.0.1:{port}/sendSms/sendSms.asmx (" in told.err
    assert "Nothing was sent" in told.err


async def test_a_server_without_tls_called_by_a_bare_host(sms: Program) -> None:
    async with stranger(answering("Bad Request", "400 Bad Request")) as met:
        told = await sms(*MANUAL, url=met.url.removeprefix("http://"))
        assert told.code == 1
        assert "begin its address with http://" in told.err
        assert not met.asked


async def test_no_address(sms: Program) -> None:
    told = await sms(*MANUAL)
    assert (told.code, told.out) == (1, "")
    assert "Set SMS_URL" in told.err
    assert "sms.ini" in told.err


@pytest.mark.parametrize(
    "written", ["ftp://host", "http://", "h ost", "host:0", "host:99999", "me:secret@host"]
)
async def test_no_such_address(sms: Program, written: str) -> None:
    told = await sms(*MANUAL, url=written)
    assert (told.code, told.out) == (1, "")
    assert f"SMS_URL says '{written}', which is no address: write it as https://" in told.err


async def test_sms_url_goes_before_the_file(sms: Program) -> None:
    sms.ini("[sms]\nurl = http://127.0.0.1:1\n")
    async with stranger(result("sms", "1000")) as met:
        assert (await sms(*MANUAL, url=met.url)).code == 0
        assert "127.0.0.1:1/" in (await sms(*MANUAL)).err


async def test_a_file_that_notepad_saved(sms: Program) -> None:
    async with stranger(result("sms", "1000")) as met:
        sms.ini(b"\xef\xbb\xbf; a comment\r\n[SMS]\r\nURL = " + met.url.encode() + b" \r\n")
        assert (await sms(*MANUAL)).code == 0


# --- how it is called -----------------------------------------------------------------------------------


async def test_help(sms: Program) -> None:
    told = await sms("--help")
    words = HELP.replace("  sms ", "  sms.exe ") if sms.on_windows else HELP
    assert (told.code, told.err) == (0, "")
    assert told.out.splitlines()[:-1] == words.splitlines()[:-1]  # the last line tells whom it trusts
    assert await sms() == (2, "", told.out)


async def test_a_message_without_quotation_marks(sms: Program) -> None:
    told = await sms(*MANUAL[:4], "Welcome", "to", "ip1", "2", url="http://127.0.0.1:1")
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("sms: 8 arguments instead of 6: put the message in quotation marks")


async def test_too_few_arguments(sms: Program) -> None:
    told = await sms(*MANUAL[:4], url="http://127.0.0.1:1")
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("sms: missing: MESSAGE, PRIO.\n")


async def test_an_empty_standard_input_has_no_password(sms: Program) -> None:
    told = await sms("test", "-", *MANUAL[2:], url="http://127.0.0.1:1")
    assert told == (1, "", "sms: no password came on standard input.\n")


async def test_what_no_xml_can_hold(sms: Program) -> None:
    told = await sms(*with_text("bell\x07"), url="http://127.0.0.1:1")
    assert told == (1, "", "sms: meddelande holds the control character 7: take it out.\n")
