"""The command-line application in its three forms, each as a program of its own in a folder of its own, and
what it may meet besides a gateway."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from kavle.north.settings import ListenerSettings

LOOPBACK: Final = "127.0.0.1"
PACKED: Final = Path(str(files("kavle.north"))) / "downloads/sms.zip"
SRC: Final = Path(__file__).parent.parent.parent / "src"
# As an installed script begins; wine may be another command: one that runs it in a container, say.
PYTHON: Final = f"#!{sys.executable}\nfrom kavle.smsapp.main import main\nmain()\n"
WINE: Final = shlex.split(os.environ.get("KAVLE_TEST_WINE", "wine"))
PATIENCE: Final = 100
"""Seconds. Wine's very first start makes its folder."""


class Told(NamedTuple):
    code: int
    out: str
    err: str


class Program:
    """`sms`, installed in `folder`."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self.command = command
        self.folder = folder

    @property
    def on_windows(self) -> bool:
        return self.command[-1].endswith(".exe")

    def ini(self, content: str | bytes) -> None:
        content = content.encode() if isinstance(content, str) else content
        (self.folder / "sms.ini").write_bytes(content)

    async def __call__(
        self,
        *arguments: str | bytes,
        url: str = "",
        stdin: bytes = b"",
        more: Mapping[str, str] | None = None,
    ) -> Told:
        """`url` is SMS_URL. The proxies of the machine that tests are none of ours."""
        kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        environment = kept | {
            "PYTHONPATH": str(SRC),
            "LC_ALL": "C.UTF-8",
            "WINEDEBUG": "-all",
            **(more or {}),
        }
        environment.pop("SMS_URL", None)
        if url:
            environment["SMS_URL"] = url
        process = await asyncio.create_subprocess_exec(
            *self.command,
            *arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        async with asyncio.timeout(PATIENCE):
            out, err = await process.communicate(stdin)
        assert process.returncode is not None
        return Told(process.returncode, _lines(out), _lines(err))


def _lines(said: bytes) -> str:
    """Less what wine says of its own services, which share standard error with the program."""
    lines = said.decode().replace("\r\n", "\n").splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("wine: "))


def python_program(folder: Path) -> Program:
    script = folder / "sms"
    script.write_text(PYTHON)
    return Program([sys.executable, str(script)], folder)


def linux_program(folder: Path) -> Program:
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        pytest.skip("the single file is for Linux on x86-64")
    script = _unpacked("sms", folder)
    script.chmod(0o755)
    return Program([str(script)], folder)


def windows_program(folder: Path) -> Program:
    if shutil.which(WINE[0]) is None:
        pytest.skip(
            f"sms.exe needs {WINE[0]}: install Debian's wine32:i386, or name another in KAVLE_TEST_WINE"
        )
    program = Program([*WINE, str(_unpacked("sms.exe", folder))], folder)
    tried = subprocess.run([*program.command, "--help"], capture_output=True, timeout=PATIENCE, check=False)
    if tried.returncode != 0:
        pytest.skip("this wine runs no 32-bit programs: install Debian's wine32:i386")
    return program


def _unpacked(name: str, folder: Path) -> Path:
    with zipfile.ZipFile(PACKED) as packed:
        return Path(packed.extract(name, folder))


class Authority:
    """A certificate authority of the test's own, and a certificate of its for 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "ca.pem"
        self._leaf, self._key = folder / "leaf.pem", folder / "leaf.key"
        new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        self._run(
            *new, "-days", "2", "-subj", "/CN=Test CA", "-keyout", "ca.key", "-out", "ca.pem", at=folder
        )
        named = [
            "-subj",
            "/CN=gateway",
            "-addext",
            f"subjectAltName=IP:{LOOPBACK},DNS:localhost",
            "-addext",
            "basicConstraints=CA:FALSE",
        ]
        signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-keyout", "leaf.key", "-out", "leaf.pem"]
        self._run(*new, "-days", "2", *named, *signed, at=folder)

    def listener(self) -> ListenerSettings:
        files = {"certificate": str(self._leaf), "key": str(self._key)}
        return ListenerSettings(host=LOOPBACK, port=0, tls="modern", **files)

    @staticmethod
    def _run(*command: str, at: Path) -> None:
        subprocess.run(command, cwd=at, check=True, capture_output=True)


class Stranger:
    """Answers every request with what it was given; `b""` closes without a word. What is no HTTP is answered,
    too, as servers do."""

    def __init__(self, *answers: bytes) -> None:
        self._answers = list(answers)
        self.asked: list[bytes] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (first := await reader.readexactly(1)) == b"P":
            head = first + await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split()[0])
            self.asked.append(head + await reader.readexactly(length))
        writer.write(self._answers.pop(0) if len(self._answers) > 1 else self._answers[0])
        writer.close()


@asynccontextmanager
async def stranger(*answers: bytes) -> AsyncIterator[Stranger]:
    """A server that gives these answers, the last of them from then on."""
    met = Stranger(*answers)
    server = await asyncio.start_server(met.serve, LOOPBACK, 0)
    async with server:
        met.url = f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
        yield met


def answering(body: str, status: str = "200 OK", *headers: str) -> bytes:
    head = "".join(f"{line}\r\n" for line in (*headers, f"Content-Length: {len(body.encode())}"))
    return f"HTTP/1.1 {status}\r\n{head}Connection: close\r\n\r\n{body}".encode()


def result(operation: str, text: str) -> bytes:
    """A gateway's answer."""
    return answering(
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        f'<{operation}Response xmlns="http://tempuri.org/"><{operation}Result>{text}</{operation}Result>'
        f"</{operation}Response></soap:Body></soap:Envelope>"
    )
