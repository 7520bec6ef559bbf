"""A gateway and a network in this process, spoken to over real sockets as a customer would."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import msgspec
import structlog

from kavle.cli.app import Gateway
from kavle.cli.config import GatewaySettings, MmsPriceSettings, PriceSettings, RouteSettings, Settings
from kavle.clock import Clock, SystemClock
from kavle.core.accounts import CreateAccount
from kavle.model.account import Operator
from kavle.model.money import UNIT
from kavle.north.auth import hash_password
from kavle.north.settings import HttpSettings, ListenerSettings
from kavle.simulator.customer import CUSTOMER
from kavle.simulator.face import Face
from kavle.simulator.handset import Text
from kavle.simulator.journal import MemoryJournal
from kavle.simulator.mmsc.desk import MmscDesk
from kavle.simulator.mmsc.mmsc import Mmsc
from kavle.simulator.mmsc.settings import MmscSettings
from kavle.simulator.settings import SmscSettings
from kavle.simulator.smsc import Smsc
from kavle.simulator.smsc_desk import SmscDesk
from kavle.south.callback.settings import CallbackSettings
from kavle.south.mm7.settings import Mm7Settings
from kavle.south.smpp.settings import SmppSettings
from support.books import Place
from support.invariants import invariants
from support.patience import PATIENCE
from support.processes import EXAMPLE, get

LOOPBACK = "127.0.0.1"
NO_RECEIPT = "46701740614"
STALL = 0.25
SECRET = "where-the-mmsc-comes-to-us"
ENVELOPE = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    '<{op} xmlns="http://tempuri.org/">{children}</{op}></soap:Body></soap:Envelope>'
)


async def soap(url: str, operation: str, service: str, **children: str) -> str:
    """The text of the operation's result, of the gateway that answers there."""
    told = "".join(f"<{name}>{value}</{name}>" for name, value in children.items())
    envelope = ENVELOPE.format(op=operation, children=told)
    headers = {
        "Content-Type": "text/xml; charset=utf-8",
        "SOAPAction": f'"http://tempuri.org/{operation}"',
    }
    request = Request(f"{url}{service}", envelope.encode(), headers)  # noqa: S310

    def post() -> str:
        with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 -- loopback
            return str(answer.read().decode())

    body = await asyncio.to_thread(post)
    return body.partition(f"<{operation}Result>")[2].partition("<")[0]


class Running:
    def __init__(
        self,
        gateway: Gateway,
        network: Smsc,
        journal: MemoryJournal,
        face: Face | None = None,
        mmsc: Mmsc | None = None,
    ) -> None:
        self.gateway = gateway
        self.network = network
        self.face = face
        self.mmsc = mmsc
        self.journal = journal
        self.answered: list[str] = []
        self.complete = True  # every message has had the time to end
        self.crowded = False  # a browser beside it takes the cores: how long the loop stalled says nothing
        self.customer_url = ""  # a customer's web application, which answers OK
        self.url = f"http://{LOOPBACK}:{gateway.http.port}"

    async def account(self, name: str, password: str, credits: int) -> None:
        password_hash = await asyncio.to_thread(hash_password, password)
        await self.gateway.accounts.create(CreateAccount(name, password_hash, credits * UNIT))

    async def get(self, path: str) -> str:
        return await get(f"{self.url}{path}")

    async def send(self, **parameters: str | None) -> str:
        """sendsms.aspx with the manual's own example, but for what is given; None leaves a parameter out."""
        query = {key: value for key, value in {**EXAMPLE, **parameters}.items() if value is not None}
        answer = await self.get(f"/sendsms.aspx?{urlencode(query)}")
        if int(answer) >= 1000:
            self.answered.append(answer)
        return answer

    async def soap(self, operation: str, service: str = "/sendSms/sendSms.asmx", **children: str) -> str:
        """The text of the operation's result. What a child holds may be markup."""
        return await soap(self.url, operation, service, **children)

    async def balance(self) -> str:
        return await self.soap("balans", Konto="test", Passwd="1234")

    async def until(self, public_id: str, *statuses: int) -> int:
        """Wait until the message has one of these statuses."""
        async with asyncio.timeout(PATIENCE):
            while (status := int(await self.soap("status", id=public_id))) not in statuses:
                await asyncio.sleep(0.02)
            return status

    def texts(self, number: str) -> list[Text]:
        """What the phone with this number has got, the oldest first."""
        phone = self.network.phones.find(number)
        return [] if phone is None else phone.texts

    async def story(self, public_id: str) -> list[int]:
        story = await self.gateway.queries.story(Operator("tests"), public_id)
        assert story is not None
        return [int(status) for status, _ in story.told]


@asynccontextmanager
async def running(
    place: Place,
    *,
    fresh: bool = True,
    listeners: Sequence[ListenerSettings] = (),
    gateway_settings: GatewaySettings = GatewaySettings(),  # noqa: B008  (frozen)
    carrier: Mapping[str, Any] = MappingProxyType({}),
    callbacks: CallbackSettings = CallbackSettings(),  # noqa: B008  (frozen)
    clock: Clock | None = None,
    phones: bool = False,
    mms: bool = False,
    processes: int = 0,
    **network_settings: object,
) -> AsyncIterator[Running]:
    """Ends with the invariants, and with a look at the event loop's longest stall. `carrier`: settings of it
    besides. `phones`: the network's are at /phones. `mms`: there is an MMSC beside it. `processes`: that
    only let customers in."""
    journal = MemoryJournal()
    network = Smsc(SmscSettings(**network_settings), structlog.get_logger(), journal)  # type: ignore[arg-type]
    async with AsyncExitStack() as opened:  # what is there is closed, also where the next does not start
        _, port = await network.start(LOOPBACK, 0)
        opened.push_async_callback(network.stop)
        settings = settings_for(place, port, listeners=listeners, carrier=carrier)
        http = msgspec.structs.replace(settings.http, processes=processes)
        settings = msgspec.structs.replace(settings, http=http, gateway=gateway_settings, callbacks=callbacks)
        face = Face(SmscDesk(network))
        face_url = f"http://{LOOPBACK}:{await face.start(0)}"
        opened.callback(face.stop)
        if phones:
            settings = msgspec.structs.replace(settings, http=msgspec.structs.replace(http, phones=face_url))
        mmsc = Mmsc(MmscSettings(retry=0.05), structlog.get_logger(), journal) if mms else None
        if mmsc is not None:
            _, mmsc_port = await mmsc.start(LOOPBACK, 0)
            opened.push_async_callback(mmsc.stop)
            face.add(MmscDesk(mmsc))
            settings = with_mms(settings, mmsc_port)
        # As `kavle serve` does at its start: else the collector looks through all that thousands of other
        # tests have left, for a third of a second on this gateway's loop.
        gc.freeze()
        opened.callback(gc.unfreeze)
        gateway = Gateway(settings, clock or SystemClock())
        await gateway.start()
        opened.push_async_callback(gateway.stop)
        run = Running(gateway, network, journal, face, mmsc)
        if mmsc is not None:
            mmsc.deliveries.reach(f"{run.url}/carriers/mmsc/{SECRET}")
        run.customer_url = face_url + CUSTOMER
        if fresh:
            await run.account("test", "1234", 1000)
        await network.until(lambda counts: counts.binds > 0)
        yield run
    if run.complete:
        await invariants(place, journal.entries, run.answered, never_final=[NO_RECEIPT])
    assert run.crowded or gateway.metrics.longest_work < STALL


def settings_for(
    place: Place,
    smpp_port: int,
    *,
    http_port: int = 0,
    listeners: Sequence[ListenerSettings] = (),
    carrier: Mapping[str, Any] = MappingProxyType({}),
) -> Settings:
    simulated = SmppSettings(
        name="simulated",
        host=LOOPBACK,
        port=smpp_port,
        system_id="kavle",
        password="secret",
        reconnect_max=1.0,
        **carrier,
    )
    return Settings(
        database=f"sqlite:///{place}" if isinstance(place, Path) else place,
        http=HttpSettings(host=LOOPBACK, port=http_port, listener=list(listeners)),
        carrier=[simulated],
        route=[RouteSettings(carriers=["simulated"])],
        price=PriceSettings(prefix={"47": "1.20"}),
    )


def with_mms(settings: Settings, mmsc_port: int) -> Settings:
    """The same, and an MMSC."""
    url = f"http://{LOOPBACK}:{mmsc_port}/mm7"
    mmsc = Mm7Settings(name="mmsc", url=url, webhook=SECRET, reconnect_max=1.0)
    (route,) = settings.route
    return msgspec.structs.replace(
        settings,
        carrier=[*settings.carrier, mmsc],
        route=[msgspec.structs.replace(route, mms=["mmsc"])],
        price=msgspec.structs.replace(settings.price, mms=MmsPriceSettings(default="2.50")),
    )
