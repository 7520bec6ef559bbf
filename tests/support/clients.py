"""Clients in other languages, as programs of their own: `tests/clients/` holds them.

Each reads a call a line from its standard input, `{"operation": "status", "parameters": {"id": "1000"}}`,
makes it, over one connection for as long as the library keeps it, and writes a line: `{"result": …}` as the
library gave it, or `{"fault": "its text"}`. Octets stand as `{"base64": …}`, and each library gets them as it
wants them; a list of objects stands as `{"InlineFile": [{…}]}`."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import pytest
from lxml import etree

from support.patience import PATIENCE

PROGRAMS = Path(__file__).parent.parent / "clients"
_NOTHING: Mapping[str, object] = MappingProxyType({})


class Fault(Exception):
    """What a client makes of a SOAP fault."""


class Need(NamedTuple):
    """A program that a client can't do without: whether it is `there`, and how to `install` it."""

    name: str
    there: Callable[[], bool]
    install: str


def _runs(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


CURL = Need("curl", lambda: shutil.which("curl") is not None, "apt-get install curl")
PHP = Need(
    "PHP with its SoapClient",
    lambda: _runs("php", "-r", "exit(class_exists('SoapClient') ? 0 : 1);"),
    "apt-get install php-cli php-soap",
)
NODE = Need(
    "Node with its soap package",
    lambda: shutil.which("node") is not None and (PROGRAMS / "node/node_modules/soap").exists(),
    "apt-get install nodejs npm && npm ci --prefix tests/clients/node",
)
NODE_SMPP = Need(
    "Node with its smpp package",
    lambda: shutil.which("node") is not None and (PROGRAMS / "node/node_modules/smpp").exists(),
    "apt-get install nodejs npm && npm ci --prefix tests/clients/node",
)
MONO = Need(
    "Mono with wsdl and mcs",
    lambda: all(shutil.which(program) for program in ("mono", "mcs", "wsdl")),
    "apt-get install --no-install-recommends mono-devel",
)


@cache
def _there(need: Need) -> bool:
    return need.there()


async def require(*needs: Need) -> None:
    """Skips the test that asks for what is not installed; fails it under CI, which installs everything."""
    for need in needs:
        if not await asyncio.to_thread(_there, need):
            missing = f"{need.name} is not installed: {need.install}"
            if os.environ.get("CI") == "true":
                pytest.fail(missing)
            pytest.skip(missing)


class Client:
    """A program that runs and waits for calls."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def call(self, operation: str, parameters: Mapping[str, object] = _NOTHING) -> Any:
        """The result as the library gives it. Raises Fault."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        asked = {"operation": operation, "parameters": dict(parameters)}
        process.stdin.write(json.dumps(asked).encode() + b"\n")
        async with asyncio.timeout(PATIENCE):
            line = await process.stdout.readline()
        assert line, "the client has died; its last words are above"
        answer = json.loads(line)
        if "fault" in answer:
            raise Fault(answer["fault"])
        return answer["result"]


@asynccontextmanager
async def client(*command: str | Path, **environment: str) -> AsyncIterator[Client]:
    """Runs until the block ends."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **environment},
    )
    try:
        yield Client(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def curl(*arguments: str | bytes) -> str:
    """What curl prints of the answers. Bytes go as they are, in any charset."""
    command = "curl", "--silent", "--show-error", "--max-time", str(PATIENCE)
    process = await asyncio.create_subprocess_exec(*command, *arguments, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    assert process.returncode == 0
    return said.decode()


def zeep(wsdl: str, port: str) -> list[str | Path]:
    return [sys.executable, PROGRAMS / "python/client.py", wsdl, port]


def php(wsdl: str | None, *, tls: Mapping[str, object] = _NOTHING, **options: str | int) -> list[str | Path]:
    """Without a WSDL, SoapClient wants `location` and `uri`."""
    return ["php", PROGRAMS / "php/client.php", wsdl or "-", json.dumps(options), json.dumps(dict(tls))]


def node(wsdl: str, **options: bool) -> list[str | Path]:
    return ["node", PROGRAMS / "node/client.mjs", wsdl, json.dumps(options)]


def node_smsc() -> list[str | Path]:
    return ["node", PROGRAMS / "node/smsc.mjs"]


def smpp34_smsc(port: int) -> list[str | Path]:
    return [sys.executable, PROGRAMS / "python/smsc.py", str(port)]


def node_codec() -> list[str | Path]:
    return ["node", PROGRAMS / "node/codec.mjs"]


def node_esme(port: int) -> list[str | Path]:
    return ["node", PROGRAMS / "node/esme.mjs", "127.0.0.1", str(port)]


def smpplib_esme(port: int) -> list[str | Path]:
    return [sys.executable, PROGRAMS / "python/esme.py", "127.0.0.1", str(port)]


async def mono(
    folder: Path, wsdl: str, address: str, *, protocol: str = "SOAP", tls: str = "Tls12"
) -> list[str | Path]:
    """A proxy that `wsdl` makes from a description, as .NET's does, compiled into `folder`."""
    (folder / "service.wsdl").write_text(wsdl, "utf-8")
    await _make(folder, "wsdl", "-nologo", f"-protocol:{protocol}", "-out:proxy.cs", "service.wsdl")
    libraries = "-reference:System.Web.Services,System.Web.Extensions,System.EnterpriseServices"
    await _make(
        folder, "mcs", "-nologo", libraries, "-out:client.exe", "proxy.cs", PROGRAMS / "mono/Client.cs"
    )
    return ["mono", folder / "client.exe", address, tls]


async def _make(folder: Path, *command: str | Path) -> None:
    made = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await made.communicate()
    assert made.returncode == 0, said.decode()


def listed(element: etree._Element) -> Any:
    """What a result says: its text, or of a list each entry's texts by name."""
    return [{etree.QName(one).localname: one.text for one in entry} for entry in element] or element.text


class Binding:
    """curl, by the HTTP GET or POST binding: stands where a client does."""

    def __init__(self, address: str, method: Literal["GET", "POST"]) -> None:
        self._address = address
        self._method = ["--get"] if method == "GET" else []

    async def call(self, operation: str, parameters: dict[str, str]) -> Any:
        """What the one element says that the answer is. Raises Fault."""
        values = (("--data-urlencode", f"{name}={value}") for name, value in parameters.items())
        form = "--data", "", *(word for pair in values for word in pair)
        said = await curl(*self._method, *form, f"{self._address}/{operation}")
        if not said.startswith("<?xml"):
            raise Fault(said)
        root = etree.fromstring(said.encode())
        return listed(root)
