"""The simulated network, and an ESME of few words to try it with."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog

from kavle.simulator.face import LOOPBACK, Face
from kavle.simulator.journal import FileJournal, MemoryJournal
from kavle.simulator.settings import SmscSettings
from kavle.simulator.smsc import Smsc
from kavle.simulator.smsc_desk import SmscDesk
from kavle.wire.smpp import events as ev
from kavle.wire.smpp.constants import CommandId
from kavle.wire.smpp.pdus import (
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    DataSm,
    DataSmResp,
    DeliverSmResp,
    SubmitSm,
)
from kavle.wire.smpp.receipt import parse_receipt
from kavle.wire.smpp.session import Session
from kavle.wire.smpp.states import Role

ANYBODY = "46701740650"
CREDENTIALS = BindTransceiver("kavle", "secret")


class Network(Smsc):
    """One that knows where it listens."""

    address: tuple[str, int]


@asynccontextmanager
async def network(
    journal: MemoryJournal | FileJournal | None = None, **settings: Any
) -> AsyncIterator[Network]:
    smsc = Network(SmscSettings(**settings), structlog.get_logger(), journal)
    smsc.address = await smsc.start(LOOPBACK, 0)
    try:
        yield smsc
    finally:
        await smsc.stop()


class Esme:
    """An ESME of few words: every event in order, receipts and texts answered by `ack`; by nothing where it
    says None."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._session = Session(Role.ESME, 0.0)
        self._happened: list[ev.Event] = []
        self.ack: Callable[[Any], int | None] = lambda delivered: 0

    def send(self) -> None:
        self._writer.write(self._session.data_to_send())

    def bind(self, body: BindTransceiver | BindReceiver | BindTransmitter) -> None:
        self._session.bind(body, 0.0)
        self.send()

    def submit(self, *messages: SubmitSm | DataSm) -> None:
        for number, message in enumerate(messages):
            self._session.request(message, number, 0.0)
        self.send()

    def unbind(self) -> None:
        self._session.unbind(0.0)
        self.send()

    async def next(self) -> Any:
        """The next response, receipt (as read), text or end; None when the network has hung up."""
        while not self._happened:
            try:
                octets = await self._reader.read(65536)
            except ConnectionResetError:
                return None
            if not octets:
                return None
            self._happened = self._session.receive(octets, 0.0)
        event = self._happened.pop(0)
        if not isinstance(event, ev.Delivered):
            return event
        delivered = parse_receipt(event.message) or event.message
        status = self.ack(delivered)
        if status is not None:
            body = DataSmResp() if isinstance(event.message, DataSm) else DeliverSmResp()
            self._session.respond(event.sequence, body, status)
            self.send()
        return delivered

    async def silent(self) -> bool:
        """Whether nothing more has come, by an enquire_link's answer: it would stand behind it."""
        self._writer.write(bytes.fromhex("00000010 00000015 00000000 7fffffff"))
        octets = await self._reader.readexactly(16)
        return not self._happened and int.from_bytes(octets[4:8], "big") == CommandId.ENQUIRE_LINK_RESP

    async def close(self) -> None:
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionResetError:
            return


@asynccontextmanager
async def connected(smsc: Network) -> AsyncIterator[Esme]:
    esme = Esme(*await asyncio.open_connection(*smsc.address))
    try:
        yield esme
    finally:
        await esme.close()


@asynccontextmanager
async def bound(smsc: Network, body: Any = CREDENTIALS) -> AsyncIterator[Esme]:
    async with connected(smsc) as esme:
        esme.bind(body)
        assert isinstance(await esme.next(), ev.Bound)
        yield esme


def message(recipient: str = ANYBODY, text: bytes = b"Hej", **fields: Any) -> SubmitSm:
    fields = {"registered_delivery": 1, "source_addr_ton": 5, "source_addr": "kavle"} | fields
    return SubmitSm(destination_addr=recipient, short_message=text, **fields)


# The HTTP face


async def http(port: int, request: str) -> tuple[int, Any]:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(request.replace("\n", "\r\n").encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return int(head.split()[1]), json.loads(body)


@asynccontextmanager
async def face_of(smsc: Network) -> AsyncIterator[int]:
    face = Face(SmscDesk(smsc))
    try:
        yield await face.start(0)
    finally:
        face.stop()


def posting(body: str, to: str = "/faults", kind: str = "application/json") -> str:
    """A request for `http`."""
    length = len(body.encode())
    return f"POST {to} HTTP/1.1\nContent-Type: {kind}\nContent-Length: {length}\n\n{body}"


# The command

_COMMAND = (sys.executable, "-c", "from kavle.cli.simulate import simulate; simulate()")


async def started(*arguments: str) -> asyncio.subprocess.Process:
    """`kavle simulate …`"""
    return await asyncio.create_subprocess_exec(
        *_COMMAND, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
