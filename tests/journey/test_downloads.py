"""`/downloads/sms.zip`: what is in it, and that it is what the sources make."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
import tomllib
import zipfile
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import kavle
from apps import build
from kavle.north import downloads
from kavle.north.caller import Callers
from kavle.north.downloads import SmsZip, with_ini
from kavle.north.http import Message
from kavle.north.settings import HttpSettings
from kavle.smsapp.address import from_ini
from kavle.smsapp.main import main
from support.north import Answer, gateway
from support.smsapp import LOOPBACK, PACKED
from support.tls import listener, trusting

ROOT = Path(__file__).parent.parent.parent
PATH = "/downloads/sms.zip"


def opened(answer: Answer) -> zipfile.ZipFile:
    assert answer.status == 200
    archive = zipfile.ZipFile(io.BytesIO(answer.body))
    assert archive.testzip() is None
    return archive


def address(answer: Answer) -> str:
    return from_ini(opened(answer).read("sms.ini").decode().splitlines())


def test_the_zip_holds_the_programs_and_where_we_are() -> None:
    with gateway() as running:
        answer = running.get(PATH)
        archive = opened(answer)
        assert archive.namelist() == ["sms.exe", "sms", "README.txt", "sms.ini"]
        assert archive.read("sms.exe").startswith(b"MZ")
        assert archive.read("sms").startswith(b"\x7fELF")
        assert archive.getinfo("sms").external_attr >> 16 == 0o100755
        for text in ("README.txt", "sms.ini"):
            assert archive.read(text).count(b"\n") == archive.read(text).count(b"\r\n") > 2
        assert address(answer) == running.url
        assert answer.headers["content-type"] == "application/zip"
        assert answer.headers["cache-control"] == "no-store"
        assert running.get(PATH, "HEAD").headers["content-length"] == str(len(answer.body))
        assert running.get(PATH, "POST").status == 405


@pytest.mark.parametrize(
    ("path", "host", "told"),
    [
        (PATH.upper(), "SMS.example.com:81", "http://sms.example.com:81"),
        (PATH, "sms.example.com", "http://sms.example.com"),
        (PATH, "evil.example.com", "https://public.example.com"),
    ],
)
def test_the_address_is_the_one_that_the_client_knows(path: str, host: str, told: str) -> None:
    with gateway(hosts=("sms.example.com",), public_url="https://public.example.com") as running:
        assert address(running.ask(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")) == told


def test_behind_tls_it_is_an_address_of_https() -> None:
    with gateway(listener=[listener("modern")]) as running:
        answer = running.ask(f"GET {PATH} HTTP/1.1\r\nHost: gateway\r\n\r\n", at=1, tls=trusting())
        assert address(answer) == f"https://{LOOPBACK}:{running.server.listeners[1].port}"


def test_it_is_made_beside_the_loop_and_once_for_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    made_by, made_for = [], []

    def made(packed: bytes, at: str) -> tuple[int, bytes]:
        made_by.append(threading.current_thread())
        made_for.append(at)
        return with_ini(packed, at)

    monkeypatch.setattr(downloads, "with_ini", made)
    with gateway(hosts=("here", "there")) as running:
        for host in ("here", "there", "here", "there", "here:²"):
            assert running.ask(f"GET {PATH} HTTP/1.1\r\nHost: {host}\r\n\r\n").status == 200
        loop = running.do(threading.current_thread)
        assert made_for == ["http://here", "http://there", running.url], "no port of ours is ²"
    assert loop not in made_by


async def test_it_goes_out_piece_by_piece() -> None:
    """Each waits for those before it to leave, so that whoever reads slowly holds no copy of it."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError("there is no body to read")

    scope = {"method": "GET", "path": PATH, "scheme": "http", "headers": [], "client": None}
    await SmsZip(Callers(HttpSettings()))({**scope, "server": (LOOPBACK, 80)}, receive, send)
    pieces = [message["body"] for message in sent[1:]]
    assert max(map(len, pieces)) <= 65536
    assert zipfile.ZipFile(io.BytesIO(b"".join(pieces))).testzip() is None
    assert [message.get("more_body", False) for message in sent[1:]] == [True] * (len(pieces) - 1) + [False]


# --- what was built -------------------------------------------------------------------------------------


def test_the_package_has_what_the_sources_make_now() -> None:
    with zipfile.ZipFile(PACKED) as packed:
        assert packed.comment.decode() == f"sms, made from {build.made_from()}", "call `make apps`"


@pytest.mark.skipif(
    build.tool("ziglang", "zig") is None or build.tool("go", "bin/go") is None,
    reason="the compilers are not installed: `make apps` does that",
)
@pytest.mark.timeout(600)
def test_built_anew_the_bytes_are_the_same(tmp_path: Path) -> None:
    anew = tmp_path / "anew.zip"
    subprocess.run([sys.executable, ROOT / "apps/build.py", "--into", anew], check=True)
    with zipfile.ZipFile(PACKED) as ours, zipfile.ZipFile(anew) as theirs:
        assert theirs.namelist() == ours.namelist()
        for name in ours.namelist():
            assert theirs.read(name) == ours.read(name), name


def test_the_windows_program_needs_nothing_but_windows() -> None:
    with zipfile.ZipFile(PACKED) as packed:
        program = packed.read("sms.exe")
    assert len(program) < 100_000
    libraries = {word for word in program.split(b"\0") if word.lower().endswith(b".dll")}
    assert libraries == {b"KERNEL32.dll", b"SHELL32.dll", b"WINHTTP.dll"}
    header = int.from_bytes(program[0x3C:0x40], "little")
    assert program[header + 24 + 48 : header + 24 + 52] == b"\x05\0\x01\0"  # subsystem 5.1: Windows XP


def test_sms_is_installed_with_the_package() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert EntryPoint("sms", scripts["sms"], "console_scripts").load() is main


def test_help_and_wrong_usage_load_no_network() -> None:
    """So that they answer at once: an import is most of what such a program does."""
    tell = "import sys; from kavle.smsapp.main import run; run([]); run(['x']); print(*sys.modules)"
    environ = {"PYTHONPATH": str(Path(kavle.__file__).parents[1])}  # which -S knows nothing of
    told = subprocess.run(
        [sys.executable, "-S", "-c", tell], check=True, capture_output=True, text=True, env=environ
    )
    assert not {"ssl", "socket", "http.client", "urllib.request", "asyncio"} & set(told.stdout.split())
