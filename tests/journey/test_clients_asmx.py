"""The web service's functions, each by every client: libraries that integrators use, in their own languages,
against a gateway with a real store and a network behind it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from support import clients
from support.clients import CURL, MONO, NODE, PHP, Binding, Client, Fault, Need
from support.recorded import SHAPES, Recording
from support.running import Running, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICE = "/sendSms/sendSms.asmx"
NAMESPACE = "http://tempuri.org/"
ANOTHER = "http://sms.example.com/old/"
LOGIN = {"konto": "test", "passwd": "1234"}
BALANS = {"Konto": "test", "Passwd": "1234"}
SMS = LOGIN | {"till": "0702617396", "from": "ip1", "prio": "2"}
PHONE = "46702617396"

Command = list[str | Path]
Stub = Client | Recording | Binding


async def described(run: Running) -> str:
    return await run.get(f"{SERVICE}?WSDL")


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
        wsdl = (await described(run)).replace(NAMESPACE, namespace)
        return await clients.mono(folder, wsdl, run.url + SERVICE, protocol=protocol)

    return Kind((MONO,), command)


SOAP_1_2 = 2  # PHP's constants
LITERAL = 2
CLIENTS = {
    "zeep": zeep("sendSmsSoap"),
    "zeep, SOAP 1.2": zeep("sendSmsSoap12"),
    "PHP": php(),
    "PHP, SOAP 1.2": php(soap_version=SOAP_1_2),
    "PHP without a WSDL": php(described=False),
    "PHP without a WSDL, literal": php(described=False, use=LITERAL),
    "Node": node(),
    "Node, SOAP 1.2": node(forceSoap12Headers=True),
    "a .NET proxy": mono(),
    "a .NET proxy, SOAP 1.2": mono("SOAP12"),
    "a .NET proxy of another namespace": mono(namespace=ANOTHER),
    "a .NET proxy by HTTP GET": mono("HttpGet"),
    "a .NET proxy by HTTP POST": mono("HttpPost"),
}
BINDINGS: dict[str, Literal["GET", "POST"]] = {"curl, HTTP GET": "GET", "curl, HTTP POST": "POST"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def run(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running(tmp_path_factory.mktemp("gateway") / "kavle.db") as run:
        yield run


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=[*CLIENTS, *SHAPES, *BINDINGS])
async def stub(
    request: pytest.FixtureRequest, run: Running, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stub]:
    if request.param in SHAPES:
        yield Recording(SHAPES[request.param], run.gateway.http.port, SERVICE)
        return
    if request.param in BINDINGS:
        await clients.require(CURL)
        yield Binding(run.url + SERVICE, BINDINGS[request.param])
        return
    kind = CLIENTS[request.param]
    await clients.require(*kind.needs)
    command = await kind.command(run, tmp_path_factory.mktemp("client"))
    async with clients.client(*command) as client:
        yield client


async def test_balans(run: Running, stub: Stub) -> None:
    assert await stub.call("balans", BALANS) == await run.balance()


async def test_what_is_left_out_is_110(stub: Stub) -> None:
    if isinstance(stub, Binding):
        with pytest.raises(Fault, match="Missing parameter: Konto"):
            await stub.call("balans", {})
    else:
        assert await stub.call("balans", {}) == "110"


async def accepted(run: Running, answer: str) -> None:
    """It is an id, and the message gets to the phone."""
    assert int(answer) >= 1000
    run.answered.append(answer)
    await run.until(answer, 22)


TEXTS = {
    "the alphabet's own": "Räksmörgås & <ål> för 20 €\nVälkommen",
    "not the alphabet's": " Привет 👋 ",
    "long": "å" * 161,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_sms_and_status(run: Running, stub: Stub, text: str) -> None:
    answer = await stub.call("sms", SMS | {"meddelande": text})
    await accepted(run, answer)
    assert await stub.call("status", {"id": answer}) == "22"
    assert run.texts(PHONE)[-1].text == text


async def test_beskrivning(stub: Stub) -> None:
    assert await stub.call("beskrivning", {"Id": "22"}) == "Delivered to the phone"
    assert await stub.call("beskrivning", {"Id": "110"}) == "Parameter error"


async def test_flash_sms(run: Running, stub: Stub) -> None:
    await accepted(run, await stub.call("flashSms", SMS | {"meddelande": "Brand på vind"}))
    newest = run.texts(PHONE)[-1]
    assert (newest.text, newest.flash) == ("Brand på vind", True)


def later() -> int:
    """An hour from now, in Unix seconds."""
    return int((datetime.now(UTC) + timedelta(hours=1)).timestamp())


def entries(result: Any) -> list[dict[str, str]]:
    """A list, however a library gives it: as one, under its element's name, or what was alone as itself."""
    inner = result["SmsStatus"] if isinstance(result, dict) and result else result
    return [inner] if isinstance(inner, dict) and inner else list(inner or [])


async def in_the_bundle(stub: Stub, answer: str) -> list[str]:
    """The SMS ids of a bundle."""
    return [entry["smsID"] for entry in entries(await stub.call("statusBundle", {"bundleID": answer}))]


async def test_sms_at_tidpunkt_and_cancel_sms(stub: Stub) -> None:
    at = later()
    answer = await stub.call("smsAt", SMS | {"meddelande": "Sedan", "sendAt": str(at)})
    assert await stub.call("status", {"id": answer}) == "11"
    told = datetime.fromtimestamp(at, ZoneInfo("Europe/Stockholm"))
    assert await stub.call("tidpunkt", {"id": answer}) == f"{told:%Y-%m-%d %H:%M:%S}"
    assert await stub.call("cancelSms", LOGIN | {"smsID": answer}) == "0"
    assert await stub.call("status", {"id": answer}) == "12"
    assert await stub.call("cancelSms", LOGIN | {"smsID": answer}) == "110"


async def test_sms_bundle_and_status_bundle(run: Running, stub: Stub) -> None:
    order = SMS | {"till": "0702617396, 0702617397", "meddelande": "Till båda"}
    answer = await stub.call("smsBundle", order)
    assert int(answer) >= 1000
    members = await in_the_bundle(stub, answer)
    assert len(members) == 2
    for member in members:
        await accepted(run, member)
    told = entries(await stub.call("statusBundle", {"bundleID": answer}))
    assert told == [{"smsID": member, "status": "22"} for member in members]


async def test_sms_bundle_of_one(run: Running, stub: Stub) -> None:
    (member,) = await in_the_bundle(stub, await stub.call("smsBundle", SMS | {"meddelande": "Till en"}))
    await accepted(run, member)


async def test_a_bundle_that_is_not_there_is_an_empty_list(stub: Stub) -> None:
    assert await in_the_bundle(stub, "1") == []


async def test_sms_bundle_at_and_cancel_bundle(stub: Stub) -> None:
    order = SMS | {"till": "0702617396;0702617397", "meddelande": "Sedan", "sendAt": str(later())}
    answer = await stub.call("smsBundleAt", order)
    assert await stub.call("cancelBundle", LOGIN | {"bundleID": answer}) == "0"
    told = entries(await stub.call("statusBundle", {"bundleID": answer}))
    assert [entry["status"] for entry in told] == ["12", "12"]
    assert await stub.call("cancelBundle", LOGIN | {"bundleID": answer}) == "110"


async def test_sms_refused(stub: Stub) -> None:
    assert await stub.call("sms", SMS | {"till": "1", "meddelande": "Hej"}) == "3"
    assert await stub.call("sms", SMS | {"meddelande": ""}) == "2"
    assert await stub.call("status", {"id": "1"}) == "110"


# --- what a stub may have made of the description -----------------------------------------------------------


async def test_a_proxy_that_took_ids_and_codes_for_numbers(run: Running, tmp_path: Path) -> None:
    await clients.require(MONO)
    text = r'minOccurs="0" (maxOccurs="1" name="\w+Result") type="s:string"'
    wsdl = re.sub(text, r'minOccurs="1" \1 type="s:int"', await described(run))
    async with clients.client(*await clients.mono(tmp_path, wsdl, run.url + SERVICE)) as proxy:
        answer = await proxy.call("sms", SMS | {"meddelande": "Hej"})
        await accepted(run, str(answer))
        assert await proxy.call("status", {"id": str(answer)}) == 22
        assert await proxy.call("sms", SMS | {"meddelande": "Hej", "passwd": "wrong"}) == 101


NOT_RECOGNIZED = "Server did not recognize the value of HTTP Header SOAPAction: "


async def test_a_function_that_is_not_there_is_a_fault_to_a_proxy(run: Running, tmp_path: Path) -> None:
    await clients.require(MONO)
    wsdl = (await described(run)).replace("status", "inbox")
    async with clients.client(*await clients.mono(tmp_path, wsdl, run.url + SERVICE)) as proxy:
        with pytest.raises(Fault, match=NOT_RECOGNIZED + f"{NAMESPACE}inbox"):
            await proxy.call("inbox", {"id": "1000"})
        assert await proxy.call("balans", BALANS) == await run.balance()


@pytest.mark.parametrize(("version", "blame"), [(1, "soap:Client"), (SOAP_1_2, "soap:Sender")])
async def test_a_function_that_is_not_there_is_a_fault_to_php(run: Running, version: int, blame: str) -> None:
    await clients.require(PHP)
    command = clients.php(None, location=run.url + SERVICE, uri=NAMESPACE, soap_version=version)
    async with clients.client(*command) as php:
        with pytest.raises(Fault, match=f"{blame}: {NOT_RECOGNIZED}{NAMESPACE}#inbox"):
            await php.call("inbox", {"id": "1000"})
        assert await php.call("balans", BALANS) == await run.balance()
