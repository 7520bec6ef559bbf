"""https by real clients: those of today by a modern listener, and what old panels speak by a legacy one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from support import clients
from support.clients import CURL, MONO, NODE, PHP, Fault, curl
from support.running import Running, running
from support.tls import CERTIFICATES, listener

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICE = "/sendSms/sendSms.asmx"
BALANS = {"Konto": "test", "Passwd": "1234"}
ISSUER = str(CERTIFICATES / "rsa.pem")
MODERN, LEGACY = 1, 2  # behind `[http] port`

# What a panel of 2008 speaks: TLS 1.0, and a key that it sends under the certificate's own.
OLD_CIPHER = "AES128-SHA:@SECLEVEL=0"
OLD_CURL = ("--insecure", "--tlsv1.0", "--tls-max", "1.0", "--ciphers", OLD_CIPHER)
OLD_PHP = {
    "crypto_method": 9,  # STREAM_CRYPTO_METHOD_TLSv1_0_CLIENT
    "ciphers": OLD_CIPHER,
    "verify_peer": False,
    "verify_peer_name": False,
    "SNI_enabled": False,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def run(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    listeners = listener("modern"), listener("legacy")
    async with running(tmp_path_factory.mktemp("gateway") / "kavle.db", listeners=listeners) as run:
        yield run


def address(run: Running, which: int) -> str:
    return f"https://localhost:{run.gateway.http.listeners[which].port}"


async def asks(run: Running, *command: str | Path, **environment: str) -> None:
    async with clients.client(*command, **environment) as stub:
        assert await stub.call("balans", BALANS) == await run.balance()


# --- of today -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", [MODERN, LEGACY])
async def test_zeep(run: Running, which: int) -> None:
    wsdl = f"{address(run, which)}{SERVICE}?WSDL"
    await asks(run, *clients.zeep(wsdl, "sendSmsSoap"), REQUESTS_CA_BUNDLE=ISSUER)


@pytest.mark.parametrize("which", [MODERN, LEGACY])
async def test_php(run: Running, which: int) -> None:
    await clients.require(PHP)
    await asks(run, *clients.php(f"{address(run, which)}{SERVICE}?WSDL", tls={"cafile": ISSUER}))


@pytest.mark.parametrize("which", [MODERN, LEGACY])
async def test_node(run: Running, which: int) -> None:
    await clients.require(NODE)
    await asks(run, *clients.node(f"{address(run, which)}{SERVICE}?WSDL"), NODE_EXTRA_CA_CERTS=ISSUER)


@pytest.mark.parametrize("which", [MODERN, LEGACY])
async def test_curl(run: Running, which: int) -> None:
    await clients.require(CURL)
    assert await curl("--cacert", ISSUER, f"{address(run, which)}/healthz") == "ok"


# --- old panels ---------------------------------------------------------------------------------------------


async def test_a_net_proxy_of_tls_10(run: Running, tmp_path: Path) -> None:
    await clients.require(MONO)
    wsdl = await run.get(f"{SERVICE}?WSDL")
    service = f"{address(run, LEGACY)}{SERVICE}"
    await asks(run, *await clients.mono(tmp_path, wsdl, service, tls="Tls"))
    program = tmp_path / "client.exe"
    await asks(run, "mono", program, f"{address(run, MODERN)}{SERVICE}", "Tls12")
    async with clients.client("mono", program, f"{address(run, MODERN)}{SERVICE}", "Tls") as proxy:
        with pytest.raises(Fault, match="SecureChannelFailure"):
            await proxy.call("balans", BALANS)


async def test_php_by_tls_10(run: Running) -> None:
    await clients.require(PHP)
    await asks(run, *clients.php(f"{address(run, LEGACY)}{SERVICE}?WSDL", tls=OLD_PHP))


async def test_curl_by_tls_10_without_sni(run: Running) -> None:
    await clients.require(CURL)
    port = run.gateway.http.listeners[LEGACY].port
    query = "acc=test&pass=1234&to=0702617396&from=ip1&prio=2&msg=Larm"
    answer = await curl(*OLD_CURL, f"https://127.0.0.1:{port}/sendsms.aspx?{query}")
    run.answered.append(answer)
    await run.until(answer, 22)
