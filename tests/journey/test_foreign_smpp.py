"""SMPP with programs that are not ours: the gateway bound to networks by Node's smpp and by smpp34, and ESMEs
by Node's smpp and by smpplib bound to the simulated network. Each has its own codec and alphabets."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest

from kavle.wire.smpp.constants import CommandStatus, MessageState
from support import clients
from support.accounts import open_accounts
from support.clients import NODE_SMPP, Client, client
from support.patience import PATIENCE
from support.processes import Process, free_port, kavle, settings_file

PHONE = "46701740605"
NOBODY = "46701740611"  # for the foreign network as for ours

TEXTS: dict[str, tuple[str, int]] = {
    "one of the basic alphabet and its extension": ("Hej på dig {[~]} för 10 €", 1),
    "a long one, an extension character where it would be cut": ("Blåbärssoppa. " * 10 + "€" * 20, 2),
    "UCS-2": ("Привет, мир", 1),
    "a long one in UCS-2, a surrogate pair where it would be cut": ("Ж" * 65 + "😀" + "Ж" * 60, 2),
}


# --- the gateway and a foreign network ---------------------------------------------------------------------


class Bound(NamedTuple):
    """A gateway, and the network to which it is bound."""

    gateway: Process
    smsc: Client

    async def send(self, text: str, **changes: str) -> str:
        call = {"acc": "test", "pass": "1234", "from": "Kavle", "prio": "2", "to": PHONE, "msg": text}
        answer = await self.gateway.get(f"/sendsms.aspx?{urlencode(call | changes)}")
        assert int(answer) >= 1000
        return answer

    async def until(self, message: str, status: int) -> None:
        path = f"/sendSms/sendSms.asmx/status?id={message}"
        await until_true(lambda: self.gateway.get(path), lambda told: f">{status}<" in told)

    async def told(self, **call: object) -> Any:
        """The answer to a text from a phone."""
        return await self.smsc.call("phone", call)


async def until_true(ask: Callable[[], Any], true: Callable[[Any], bool]) -> Any:
    async with asyncio.timeout(PATIENCE):
        while not true(told := await ask()):
            await asyncio.sleep(0.05)
    return told


async def until_binds(smsc: Client, binds: int) -> None:
    await until_true(lambda: smsc.call("binds"), lambda told: told == binds)


SMSCS: dict[str, tuple[tuple[clients.Need, ...], Callable[[], list[str | Path]]]] = {
    "node": ((NODE_SMPP,), clients.node_smsc),
    "smpp34": ((), lambda: clients.smpp34_smsc(free_port())),
}
BINDS = {"transceiver": 1, "transmitter+receiver": 2}

each_network = pytest.mark.parametrize("network", SMSCS)


@asynccontextmanager
async def gateway_bound(folder: Path, network: str, mode: str = "transceiver") -> AsyncIterator[Bound]:
    needs, command = SMSCS[network]
    await clients.require(*needs)
    async with client(*command()) as smsc:
        port = await smsc.call("port")
        config = settings_file(folder, port, carrier=f'mode = "{mode}"')
        (folder / "data").mkdir()
        await open_accounts(f"sqlite:///{folder}/data/kavle.db", {"test": 100})
        async with kavle("serve", "--config", str(config), log=folder / "gateway.log") as gateway:
            await until_binds(smsc, BINDS[mode])
            yield Bound(gateway, smsc)


@each_network
@pytest.mark.parametrize("mode", BINDS)
async def test_a_foreign_network_delivers_what_the_gateway_sends_and_receipts_it(
    tmp_path: Path, network: str, mode: str
) -> None:
    async with gateway_bound(tmp_path, network, mode) as bound:
        for text, parts in TEXTS.values():
            await bound.until(await bound.send(text), 22)
            assert (await bound.smsc.call("texts"))[-1] == {
                "to": PHONE,
                "from": "Kavle",
                "flash": False,
                "text": text,
                "parts": parts,
            }
        await bound.until(await bound.send("till ingen", to=NOBODY), 52)
        assert await bound.gateway.stop() == 0
        await until_true(lambda: bound.smsc.call("unbinds"), lambda told: told == BINDS[mode])


@each_network
@pytest.mark.parametrize("text", ["Blixt", "Молния"])
async def test_a_flash_message_is_one_for_a_foreign_network_too(
    tmp_path: Path, network: str, text: str
) -> None:
    async with gateway_bound(tmp_path, network) as bound:
        await bound.until(await bound.send(text, type="flash"), 22)
        (shown,) = await bound.smsc.call("texts")
    assert (shown["text"], shown["flash"]) == (text, True)


async def test_a_foreign_network_asks_the_gateway_whether_it_lives_and_unbinds_it(tmp_path: Path) -> None:
    async with gateway_bound(tmp_path, "node") as bound:
        assert await bound.smsc.call("enquire") == "enquire_link_resp"
        assert await bound.smsc.call("unbind") == ["unbind_resp"]
        await until_binds(bound.smsc, 1)
        await bound.until(await bound.send("Vi ses"), 22)


@each_network
async def test_a_text_from_a_foreign_networks_phone_is_answered(tmp_path: Path, network: str) -> None:
    """Nobody owns the number: whatever becomes of it, the network hears so, and the link goes on."""
    async with gateway_bound(tmp_path, network) as bound:
        answer = await bound.told(**{"from": PHONE, "to": "71120", "text": "Hej på dig, 😀"})
        assert answer["status"] in (CommandStatus.ESME_ROK, CommandStatus.ESME_RX_T_APPN)
        await bound.until(await bound.send("Vi ses"), 22)


# --- a foreign ESME and the simulated network --------------------------------------------------------------


class Kind(NamedTuple):
    needs: tuple[clients.Need, ...]
    command: Callable[[int], list[str | Path]]


ESMES = {
    "smpplib": Kind((), clients.smpplib_esme),
    "node": Kind((NODE_SMPP,), clients.node_esme),
}
LOGIN = {"system_id": "kavle", "password": "secret"}
RECEIPT = re.compile(
    r"id:(\S+) sub:001 dlvrd:00([01]) submit date:\d{10} done date:\d{10} stat:(\w{7}) err:\d{3} text:Hej"
)


@pytest.fixture
async def simulated(tmp_path: Path) -> AsyncIterator[int]:
    """The port of `kavle simulate smsc`."""
    log = tmp_path / "network.log"
    async with kavle("simulate", "smsc", "--port", "0", "--quiet", log=log) as process:
        yield process.port
        assert await process.stop() == 0


@pytest.fixture(params=ESMES)
async def foreign(request: pytest.FixtureRequest) -> Callable[[int], Any]:
    kind = ESMES[request.param]
    await clients.require(*kind.needs)
    return lambda port: client(*kind.command(port))


async def received(esme: Client, count: int) -> list[Any]:
    told: list[Any] = await until_true(lambda: esme.call("receipts"), lambda told: len(told) >= count)
    return told


async def test_a_foreign_transceiver_submits_has_its_receipts_and_unbinds(
    simulated: int, foreign: Callable[[int], Any]
) -> None:
    async with foreign(simulated) as esme:
        assert await esme.call("bind", LOGIN | {"mode": "transceiver"}) == {
            "status": 0,
            "system_id": "simulator",
        }
        states = {}
        for to, state in ((PHONE, MessageState.DELIVERED), (NOBODY, MessageState.UNDELIVERABLE)):
            answer = await esme.call("submit", {"to": to, "text": "Hej", "receipt": True})
            assert answer["status"] == 0
            states[answer["message_id"]] = state
        for told in await received(esme, 2):
            text = RECEIPT.fullmatch(told["text"])
            assert text is not None
            assert text[1] == told["id"]
            assert told["state"] == states.pop(told["id"])
        assert not states
        assert await esme.call("enquire") == 0
        assert await esme.call("unbind") == 0


async def test_a_foreign_transmitter_submits_and_its_receiver_gets_the_receipt(
    simulated: int, foreign: Callable[[int], Any]
) -> None:
    async with foreign(simulated) as transmitter, foreign(simulated) as receiver:
        for esme, mode in ((transmitter, "transmitter"), (receiver, "receiver")):
            assert (await esme.call("bind", LOGIN | {"mode": mode}))["status"] == 0
        answer = await transmitter.call("submit", {"to": PHONE, "text": "Hej", "receipt": True})
        (told,) = await received(receiver, 1)
        assert told["id"] == answer["message_id"]
        assert await receiver.call("unbind") == await transmitter.call("unbind") == 0


async def test_a_foreign_esme_is_told_why_it_is_refused(
    simulated: int, foreign: Callable[[int], Any]
) -> None:
    async with foreign(simulated) as esme:
        refused = await esme.call("bind", LOGIN | {"password": "wrong", "mode": "transceiver"})
        assert refused == {"status": CommandStatus.ESME_RINVPASWD, "system_id": ""}
        assert (await esme.call("bind", LOGIN | {"mode": "transceiver"}))["status"] == 0
        no_number = await esme.call("submit", {"to": "", "text": "Hej", "receipt": True})
        assert no_number == {"status": CommandStatus.ESME_RINVDSTADR, "message_id": ""}
        assert await esme.call("query", {"message_id": "1"}) == CommandStatus.ESME_RINVCMDID
        assert await esme.call("unbind") == 0
