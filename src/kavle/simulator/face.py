"""The network's HTTP face, for benchmarks and test harnesses in another process, and for pages that show
phones. It has no log-in: it listens on loopback only.

    GET  /counts            the counters
    GET  /numbers           those that the network treats unlike others
    GET  /phones            the phones that something was last about, with their texts
    GET  /phones/newest     a few of them, each with its newest text alone
    GET  /phones/NUMBER     one of them
    POST /faults            an order for trouble, such as {"drop_links": true, "refuse_binds": 5}
    GET  /faults            those in force
    POST /mo                a text from a phone: {"from": "46701740605", "to": "46766000000", "text": "Hej"}
    GET  /mo/ID             what has become of it
    GET  /customer?…        a callback: answered OK, and remembered
    GET  /customer/calls    those that came
"""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

from kavle.simulator.customer import Customer
from kavle.simulator.faults import Faults
from kavle.simulator.handset import Phone, Text
from kavle.simulator.http import LONGEST_HEAD, BadRequest, Request, read_request, rendered
from kavle.simulator.magic import MAGIC
from kavle.simulator.mo import Mo
from kavle.simulator.mo_pdus import MoText
from kavle.simulator.smsc import Smsc

LOOPBACK: Final = "127.0.0.1"
CUSTOMER: Final = "/customer"
"""Where a customer's web application stands."""

LONGEST_WAIT: Final = 600.0
"""Seconds that may be waited for a text's answers."""

_PATIENCE: Final = 5.0  # seconds for a request, and for its answer to be taken
_SHOWN: Final = 100  # phones
_NEWEST: Final = 20  # phones
_MO: Final = re.compile(r"/mo/([0-9]{1,9})")

_Answer = tuple[HTTPStatus, object]
_Order = TypeVar("_Order")


class MoOrder(MoText, frozen=True, kw_only=True, forbid_unknown_fields=True):
    wait: Annotated[float, Meta(ge=0, le=LONGEST_WAIT)] = 5.0  # seconds for the answers to all its parts


class Face:
    """Shows `smsc`, and takes orders for it."""

    def __init__(self, smsc: Smsc) -> None:
        self._smsc = smsc
        self._customer = Customer()
        self._server: asyncio.Server | None = None

    async def start(self, port: int) -> int:
        """Listen on loopback; returns the port really taken. Raises OSError."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, port, limit=LONGEST_HEAD)
        taken: int = self._server.sockets[0].getsockname()[1]
        return taken

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = rendered(*await self._answer(reader))
            async with asyncio.timeout(_PATIENCE):
                writer.write(answer)
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, OSError):
            return  # who does not finish the request, or does not take the answer, gets none
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> _Answer:
        try:
            async with asyncio.timeout(_PATIENCE):
                request = await read_request(reader)
            return await self._routed(request)
        except BadRequest as error:
            return error.status, {"error": str(error)}

    async def _routed(self, request: Request) -> _Answer:
        match request.method, request.path:
            case "POST", "/faults":
                self._smsc.inflict(_read(request.body, Faults))
                return HTTPStatus.OK, self._smsc.counts
            case "POST", "/mo":
                return await self._send(_read(request.body, MoOrder))
            case "GET", "/faults":
                return HTTPStatus.OK, self._smsc.troubled()
            case "GET", "/counts":
                return HTTPStatus.OK, self._smsc.counts
            case "GET", "/numbers":
                return HTTPStatus.OK, _numbers()
            case "GET", "/customer/calls":
                return HTTPStatus.OK, self._customer.calls
            case "GET", path if path.partition("?")[0] == CUSTOMER:
                return self._called(path)
            case "GET", "/phones/newest":
                return HTTPStatus.OK, [_glimpse(phone) for phone in self._smsc.phones.newest(_NEWEST)]
            case "GET", "/phones":
                return HTTPStatus.OK, [_shown(phone) for phone in self._smsc.phones.newest(_SHOWN)]
            case "GET", path if (phone := self._phone(path)) is not None:
                return HTTPStatus.OK, _shown(phone)
            case "GET", path if (mo := self._mo(path)) is not None:
                return _told(mo)
        raise BadRequest(HTTPStatus.NOT_FOUND, "there is nothing here")

    async def _send(self, order: MoOrder) -> _Answer:
        try:
            mo = self._smsc.mos.send(order)
        except ValueError as error:
            raise BadRequest(HTTPStatus.BAD_REQUEST, str(error)) from None
        await mo.wait(order.wait)
        return _told(mo)

    def _called(self, target: str) -> _Answer:
        try:
            return HTTPStatus.OK, self._customer.take(target)
        except ValueError as error:
            raise BadRequest(HTTPStatus.BAD_REQUEST, str(error)) from None

    def _phone(self, path: str) -> Phone | None:
        return self._smsc.phones.find(path.removeprefix("/phones/"))

    def _mo(self, path: str) -> Mo | None:
        found = _MO.fullmatch(path)
        return None if found is None else self._smsc.mos.find(int(found[1]))


def _read(body: bytes, kind: type[_Order]) -> _Order:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise BadRequest(HTTPStatus.BAD_REQUEST, str(error)) from None


def _told(mo: Mo) -> _Answer:
    return HTTPStatus.OK if mo.ended else HTTPStatus.ACCEPTED, mo.told()


def _numbers() -> list[dict[str, str]]:
    return [{"number": number, "told": does.told, "status": does.status} for number, does in MAGIC.items()]


def _shown(phone: Phone) -> dict[str, object]:
    return {
        "number": phone.number,
        "texts": [_text(text) for text in phone.texts],
        "missed": phone.missed,
        "written": [
            {"at": mo.at, "to": mo.text.recipient, "text": mo.text.text, **mo.told()} for mo in phone.written
        ],
    }


def _glimpse(phone: Phone) -> dict[str, object]:
    return {"number": phone.number, "last": None if phone.last is None else _text(phone.last)}


def _text(text: Text) -> dict[str, object]:
    return {
        "at": text.at,
        "sender": text.sender,
        "text": text.text,
        "flash": text.flash,
        "segments": text.segments,
    }
