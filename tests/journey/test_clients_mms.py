"""The MMS web service's functions by libraries that integrators use, in their own languages, against a
gateway with a real store, and an MMSC and its phones behind it."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import pytest_asyncio

from mms import mms_files as files
from support import clients
from support.clients import MONO, NODE, PHP, Client, Need
from support.patience import PATIENCE
from support.running import Running, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICE = "/mms/mms.asmx"
PHONE, UNKNOWN = "46701740605", "46701740617"
NAMESPACE = "http://tempuri.org/"
ANOTHER = "http://mms.example.com/old/"
ORDER = {"acc": "test", "pass": "1234", "msg": "Räksmörgås & <ål>", "to": PHONE, "from": "46702317396"}
PICTURE = files.png(8, 8) + b"\r\n--boundary\0\r\n" + bytes(range(256)) * 40
MOST = files.JPEG + bytes(307_200 - len(files.JPEG))

Command = list[str | Path]


class Kind(NamedTuple):
    """A client: what it can't do without, and how it is started."""

    needs: tuple[Need, ...]
    command: Callable[[Running, Path], Awaitable[Command]]


def zeep(port: str) -> Kind:
    async def command(run: Running, _: Path) -> Command:
        return clients.zeep(f"{run.url}{SERVICE}?WSDL", port)

    return Kind((), command)


def php(*, described: bool = True, **options: str | int) -> Kind:
    async def command(run: Running, _: Path) -> Command:
        if described:
            return clients.php(f"{run.url}{SERVICE}?WSDL", **options)
        return clients.php(None, location=run.url + SERVICE, uri=NAMESPACE, **options)

    return Kind((PHP,), command)


def node(**options: bool) -> Kind:
    async def command(run: Running, _: Path) -> Command:
        return clients.node(f"{run.url}{SERVICE}?WSDL", **options)

    return Kind((NODE,), command)


def mono(protocol: str = "SOAP", namespace: str = NAMESPACE) -> Kind:
    async def command(run: Running, folder: Path) -> Command:
        wsdl = (await run.get(f"{SERVICE}?WSDL")).replace(NAMESPACE, namespace)
        return await clients.mono(folder, wsdl, run.url + SERVICE, protocol=protocol)

    return Kind((MONO,), command)


SOAP_1_2 = 2  # PHP's constants
LITERAL = 2
CLIENTS = {
    "zeep": zeep("mmsSoap"),
    "zeep, SOAP 1.2": zeep("mmsSoap12"),
    "PHP": php(),
    "PHP, SOAP 1.2": php(soap_version=SOAP_1_2),
    "PHP without a WSDL": php(described=False),
    "PHP without a WSDL, literal": php(described=False, use=LITERAL),
    "Node": node(),
    "Node, SOAP 1.2": node(forceSoap12Headers=True),
    "a .NET proxy": mono(),
    "a .NET proxy, SOAP 1.2": mono("SOAP12"),
    "a .NET proxy of another namespace": mono(namespace=ANOTHER),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def run(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running(tmp_path_factory.mktemp("gateway") / "kavle.db", mms=True) as run:
        await run.account("poor", "1234", 0)
        await run.account("other", "1234", 10)
        yield run


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=[*CLIENTS])
async def stub(
    request: pytest.FixtureRequest, run: Running, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Client]:
    kind = CLIENTS[request.param]
    await clients.require(*kind.needs)
    command = await kind.command(run, tmp_path_factory.mktemp("client"))
    async with clients.client(*command) as client:
        yield client


def inline(**octets: bytes) -> dict[str, Any]:
    """Files by their names, with `_` for the dot."""
    return {
        "InlineFile": [
            {"name": name.replace("_", "."), "contentType": "", "data": {"base64": b64encode(data).decode()}}
            for name, data in octets.items()
        ]
    }


async def arrived(run: Running, stub: Client, answer: str) -> list[tuple[str, bytes]]:
    """The client is told that it was delivered; what the phone shows of it, each by its type."""
    assert int(answer) >= 1000
    async with asyncio.timeout(PATIENCE):
        while (status := await stub.call("status", {"mmsId": answer})) != "22":
            assert status in ("0", "21")
            await asyncio.sleep(0.02)
    assert run.mmsc is not None
    newest = run.mmsc.album.of(PHONE)[-1]
    assert newest.other == ORDER["from"]
    return [(file.content_type, file.data) for file in newest.files]


async def test_a_picture_with_a_text(run: Running, stub: Client) -> None:
    text = ("text/plain", ORDER["msg"].encode())
    one = ORDER | {"files": inline(bild_png=PICTURE)}
    shown = await arrived(run, stub, await stub.call("sendMMS", one))
    assert shown == [text, ("image/png", PICTURE)]
    two = ORDER | {"files": inline(bild_png=PICTURE, kort_vcf=files.VCARD)}
    shown = await arrived(run, stub, await stub.call("sendMMS", two))
    assert shown == [text, ("image/png", PICTURE), ("text/x-vcard", files.VCARD)]


async def test_as_much_as_there_may_be_and_an_octet_more(run: Running, stub: Client) -> None:
    answer = await stub.call("sendMMS", ORDER | {"files": inline(stor_jpg=MOST)})
    assert (await arrived(run, stub, answer))[1:] == [("image/jpeg", MOST)]
    balance = await run.balance()
    assert await stub.call("sendMMS", ORDER | {"files": inline(stor_jpg=MOST + b"\0")}) == "2"
    assert await run.balance() == balance


REFUSED = {
    "letters as sender": ({"from": "Kavle"}, "2"),
    "neither text nor file": ({"msg": ""}, "2"),
    "a wrong password": ({"acc": "other", "pass": "wrong"}, "1"),
    "no such account": ({"acc": "nobody"}, "1"),
    "no money": ({"acc": "poor"}, "4"),
    "a bad number": ({"to": "1"}, "3"),
    "several numbers": ({"to": f"{PHONE},46701740606"}, "3"),
}


async def test_what_is_refused_costs_nothing(run: Running, stub: Client) -> None:
    balance = await run.balance()
    for changes, code in REFUSED.values():
        assert await stub.call("sendMMS", ORDER | changes) == code, changes
    script = inline(bild_jpg=b"#!/bin/sh\nrm -rf /\n")
    assert await stub.call("sendMMS", ORDER | {"files": script}) == "2"
    assert await stub.call("status", {"mmsId": "1"}) == "2"
    assert await run.balance() == balance


async def test_what_the_network_refuses_is_45_and_refunded(run: Running, stub: Client) -> None:
    balance = await run.balance()
    answer = await stub.call("sendMMS", ORDER | {"to": UNKNOWN})
    async with asyncio.timeout(PATIENCE):
        while await stub.call("status", {"mmsId": answer}) != "45":
            await asyncio.sleep(0.02)
    assert await run.balance() == balance
