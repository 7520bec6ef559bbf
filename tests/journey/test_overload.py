"""A gateway among thousands who want nothing, one who wants all, and a disk that does not answer."""

from __future__ import annotations

import asyncio
import resource
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import quote

import apsw
import pytest
import structlog

from kavle.simulator.journal import Submission
from kavle.simulator.settings import SmscSettings
from kavle.simulator.smsc import Smsc
from support.load import Load
from support.patience import PATIENCE
from support.postgres import fresh_database, release
from support.processes import LOOPBACK, Process, kavle, run, settings_file
from support.running import Running, running

CROWD = 3_000
HALF_A_HEAD = b"GET /sendsms.aspx?acc=test HTTP/1.1\r\nHost: g\r\nX-Slow: "
HALF_A_BODY = b"POST /sendSms/sendSms.asmx HTTP/1.1\r\nHost: g\r\nContent-Length: 900\r\n\r\n<a"
PHONE = "46701740605"
MB = 1024 * 1024


def call(account: str, text: str) -> bytes:
    query = f"acc={account}&pass=1234&from=ip1&prio=2&to={PHONE}&msg={quote(text)}"
    return f"GET /sendsms.aspx?{query} HTTP/1.1\r\nHost: {LOOPBACK}\r\n\r\n".encode()


@pytest.fixture
async def smsc() -> AsyncIterator[int]:
    network = Smsc(SmscSettings(), structlog.get_logger())
    _, port = await network.start(LOOPBACK, 0)
    yield port
    await network.stop()


@pytest.fixture
def files() -> Iterator[int]:
    """How many connections there may be at once from here."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CROWD + 500 if hard == resource.RLIM_INFINITY else min(hard, CROWD + 500)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield max(soft, wanted) - 500
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def a_gateway(folder: Path, smpp_port: int, *accounts: str) -> Path:
    """Its settings."""
    config = settings_file(folder, smpp_port)
    for name in accounts:
        made = ("account", "create", name, "--password", "-", "--credits", "100000")
        code, _, err = await run(*made, "--config", str(config), input="1234")
        assert code == 0, err
    return config


async def sent(port: int, serial: int, account: str = "test") -> str:
    """By one call on a connection of its own; the code or id."""
    return await answered(port, call(account, f"number {serial}"))


async def answered(port: int, request: bytes) -> str:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    with closing(writer):
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        return (await reader.readexactly(int(head.lower().split(b"content-length:")[1].split()[0]))).decode()


async def test_a_customer_is_served_beside_thousands_who_are_silent_or_slow(
    tmp_path: Path, smsc: int, files: int
) -> None:
    config = await a_gateway(tmp_path, smsc, "test")
    async with kavle("serve", "--config", str(config), log=tmp_path / "log") as gateway:
        with ExitStack() as stack:
            for number in range(min(CROWD, files)):
                client = stack.enter_context(socket.create_connection((LOOPBACK, gateway.port)))
                client.sendall((b"", HALF_A_HEAD, HALF_A_BODY)[number % 3])
                if number % 300 == 0:
                    assert int(await sent(gateway.port, number)) >= 1000
            assert int(await sent(gateway.port, CROWD)) >= 1000
        assert await gateway.stop() == 0


async def test_one_accounts_flood_leaves_the_others_message_its_place(tmp_path: Path, smsc: int) -> None:
    config = await a_gateway(tmp_path, smsc, "test", "other")
    async with kavle("serve", "--config", str(config), log=tmp_path / "log") as gateway:
        flood = Load(gateway.port, callers=32, recipient=lambda serial: PHONE)
        await flood.until_answered(500)
        before = len(flood.answered)
        id = await asyncio.wait_for(sent(gateway.port, 0, "other"), PATIENCE)
        assert int(id) >= 1000
        asking = f"GET /sendSms/sendSms.asmx/status?id={id} HTTP/1.1\r\nHost: {LOOPBACK}\r\n\r\n"
        told = await asyncio.wait_for(answered(gateway.port, asking.encode()), PATIENCE)
        assert any(f">{status}<" in told for status in (10, 21, 22)), told
        # Of 33 who ask at once each is served in his turn: nobody is passed by for long.
        assert len(flood.answered) - before < 2 * 32 * 100
        await flood.stop()
        assert await gateway.stop() == 0


FLOOD = 20_000


def handed_over(gateway: Running) -> list[str]:
    """Whom each submit_sm was to, in the order in which the network had them."""
    return [entry.recipient for entry in gateway.journal.entries if isinstance(entry, Submission)]


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
async def test_one_accounts_flood_holds_up_neither_the_others_message_nor_its_status(
    tmp_path: Path, engine: str
) -> None:
    place = await fresh_database() if engine == "postgres" else tmp_path / "kavle.db"
    async with running(place) as gateway:
        gateway.complete = False  # most of the flood is still queued in the end
        await gateway.account("flood", "1234", 2 * FLOOD)
        many = ",".join(f"4670{number:07d}" for number in range(FLOOD))
        order = {"till": many, "from": "ip1", "meddelande": "Till alla", "prio": "2"}
        assert int(await gateway.soap("smsBundle", konto="flood", passwd="1234", **order)) >= 1000
        mine = await gateway.send(to=PHONE)
        assert await gateway.until(mine, 22) == 22
        told = handed_over(gateway)
        assert told.index(PHONE) < FLOOD / 2
        assert len(told) < FLOOD, "and it was told before the flood was over"
    if isinstance(place, str):
        await release(place)


def resident(gateway: Process) -> int:
    """Bytes of memory that it holds."""
    pages = Path(f"/proc/{gateway.process.pid}/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()


async def they_ask_and_leave(port: int, texts: list[str]) -> None:
    """Without an answer, and so that the other end knows."""
    crowd = [socket.create_connection((LOOPBACK, port)) for _ in texts]
    for one, text in zip(crowd, texts, strict=True):
        one.sendall(call("test", text))
    for _ in range(2):  # whoever is answered now was read after all of these
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.close()
    for one in crowd:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.close()


async def test_a_flood_onto_a_disk_that_stands_still_fills_no_memory(tmp_path: Path, smsc: int) -> None:
    config = await a_gateway(tmp_path, smsc, "test")
    async with kavle("serve", "--config", str(config), log=tmp_path / "log") as gateway:
        assert int(await sent(gateway.port, 0)) >= 1000  # and is known from now on
        before = resident(gateway)
        stranger = apsw.Connection(str(tmp_path / "data" / "kavle.db"))
        stranger.set_busy_timeout(20_000)  # the gateway writes what became of that message
        stranger.execute("BEGIN IMMEDIATE")  # nobody else writes until it ends
        for wave in range(100):
            await they_ask_and_leave(gateway.port, [f"{wave} {serial} {'å' * 200}" for serial in range(100)])
        assert resident(gateway) - before < 50 * MB  # 90 where nothing is bounded
        stranger.execute("ROLLBACK")
        stranger.close()
        async with asyncio.timeout(PATIENCE):
            while int(await sent(gateway.port, 1)) < 1000:
                await asyncio.sleep(0.05)
        assert await gateway.stop() == 0
