"""The MMS web service's functions by libraries that integrators use, in their own languages."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import pytest_asyncio

from kavle.model.mms import MmsFile
from support import clients
from support.clients import MONO, NODE, PHP, Client, Need
from support.north import NAME, PASSWORD, Gateway, gateway

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICE = "/mms/mms.asmx"
NAMESPACE = "http://tempuri.org/"
ANOTHER = "http://mms.example.com/old/"
ORDER = {"acc": NAME, "pass": PASSWORD, "msg": "Räksmörgås & <ål>", "to": "0702617396", "from": "46702317396"}
PICTURE = b"\xff\xd8\xff\xe0\0\x10JFIF\0\r\n--boundary\r\n" + bytes(range(256)) * 40
NOTE = "Välkommen!\r\n".encode()

Command = list[str | Path]


class Kind(NamedTuple):
    """A client: what it can't do without, and how it is started."""

    needs: tuple[Need, ...]
    command: Callable[[Gateway, Path], Awaitable[Command]]


def zeep(port: str) -> Kind:
    async def command(north: Gateway, _: Path) -> Command:
        return clients.zeep(f"{north.url}{SERVICE}?WSDL", port)

    return Kind((), command)


def php(*, described: bool = True, **options: str | int) -> Kind:
    async def command(north: Gateway, _: Path) -> Command:
        if described:
            return clients.php(f"{north.url}{SERVICE}?WSDL", **options)
        return clients.php(None, location=north.url + SERVICE, uri=NAMESPACE, **options)

    return Kind((PHP,), command)


def node(**options: bool) -> Kind:
    async def command(north: Gateway, _: Path) -> Command:
        return clients.node(f"{north.url}{SERVICE}?WSDL", **options)

    return Kind((NODE,), command)


def mono(protocol: str = "SOAP", namespace: str = NAMESPACE) -> Kind:
    async def command(north: Gateway, folder: Path) -> Command:
        wsdl = north.get(f"{SERVICE}?WSDL").body.decode().replace(NAMESPACE, namespace)
        return await clients.mono(folder, wsdl, north.url + SERVICE, protocol=protocol)

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


@pytest.fixture(scope="module")
def north() -> Iterator[Gateway]:
    with gateway() as north:
        yield north


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=[*CLIENTS])
async def stub(
    request: pytest.FixtureRequest, north: Gateway, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Client]:
    kind = CLIENTS[request.param]
    await clients.require(*kind.needs)
    command = await kind.command(north, tmp_path_factory.mktemp("client"))
    async with clients.client(*command) as client:
        yield client


def inline(*files: MmsFile) -> dict[str, Any]:
    return {
        "InlineFile": [
            {
                "name": file.name,
                "contentType": file.content_type,
                "data": {"base64": b64encode(file.data).decode()},
            }
            for file in files
        ]
    }


async def test_a_picture_with_a_text(north: Gateway, stub: Client) -> None:
    north.core.mms_orders.clear()
    pictured, written = MmsFile("bild.jpg", "image/jpeg", PICTURE), MmsFile("hej.txt", "text/plain", NOTE)
    for files in [(pictured, written), (pictured,)]:
        answer = await stub.call("sendMMS", ORDER | {"files": inline(*files)})
        assert int(answer) >= 1000
        order = north.core.mms_orders[-1]
        assert (order.recipient, order.sender, order.text) == (ORDER["to"], ORDER["from"], ORDER["msg"])
        assert order.files == files


async def test_the_most_files(north: Gateway, stub: Client) -> None:
    largest = MmsFile("film.3gp", "video/3gpp", bytes(range(256)) * 1200)
    assert largest.size == 307_200
    assert int(await stub.call("sendMMS", ORDER | {"files": inline(largest)})) >= 1000
    assert north.core.mms_orders[-1].files == (largest,)


async def test_codes_and_status(stub: Client) -> None:
    assert await stub.call("status", {"mmsId": "2000"}) == "22"
    assert await stub.call("status", {"mmsId": "1"}) == "2"
    assert await stub.call("sendMMS", ORDER | {"msg": "RECIPIENT"}) == "3"
    assert await stub.call("sendMMS", ORDER | {"msg": "BALANCE"}) == "4"
