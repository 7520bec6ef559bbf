"""What the simulated SMSC shows and takes by HTTP.

GET  /counts            the counters
GET  /numbers           those that the network treats unlike others
GET  /phones            the phones that something was last about, with their texts
GET  /phones/newest     a few of them, each with its newest text alone
GET  /phones/NUMBER     one of them
POST /faults            an order for trouble, such as {"drop_links": true, "refuse_binds": 5}
GET  /faults            those in force
POST /mo                a text from a phone: {"from": "46701740605", "to": "46766000000", "text": "Hej"}
GET  /mo/ID             what has become of it
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated, Final

from msgspec import Meta

from kavle.simulator.faults import Faults
from kavle.simulator.handset import Phone, Text
from kavle.simulator.http import LONGEST_WAIT, Answer, BadRequest, Request, read_json
from kavle.simulator.magic import MAGIC
from kavle.simulator.mo import Mo
from kavle.simulator.mo_pdus import MoText
from kavle.simulator.smsc import Smsc

_SHOWN: Final = 100  # phones
_NEWEST: Final = 20  # phones
_MO: Final = re.compile(r"/mo/([0-9]{1,9})")


class MoOrder(MoText, frozen=True, kw_only=True, forbid_unknown_fields=True):
    wait: Annotated[float, Meta(ge=0, le=LONGEST_WAIT)] = 5.0  # seconds for the answers to all its parts


class SmscDesk:
    def __init__(self, smsc: Smsc) -> None:
        self._smsc = smsc

    async def answer(self, request: Request) -> Answer | None:
        match request.method, request.path:
            case "POST", "/faults":
                self._smsc.inflict(read_json(request.body, Faults))
                return HTTPStatus.OK, self._smsc.counts
            case "POST", "/mo":
                return await self._send(read_json(request.body, MoOrder))
            case "GET", path:
                return self._told(path)
        return None

    def _told(self, path: str) -> Answer | None:
        match path:
            case "/faults":
                return HTTPStatus.OK, self._smsc.troubled()
            case "/counts":
                return HTTPStatus.OK, self._smsc.counts
            case "/numbers":
                return HTTPStatus.OK, _numbers()
            case "/phones/newest":
                return HTTPStatus.OK, [_glimpse(phone) for phone in self._smsc.phones.newest(_NEWEST)]
            case "/phones":
                return HTTPStatus.OK, [_shown(phone) for phone in self._smsc.phones.newest(_SHOWN)]
        if (phone := self._smsc.phones.find(path.removeprefix("/phones/"))) is not None:
            return HTTPStatus.OK, _shown(phone)
        found = _MO.fullmatch(path)
        mo = None if found is None else self._smsc.mos.find(int(found[1]))
        return None if mo is None else _mo_told(mo)

    async def _send(self, order: MoOrder) -> Answer:
        try:
            mo = self._smsc.mos.send(order)
        except ValueError as error:
            raise BadRequest(HTTPStatus.BAD_REQUEST, str(error)) from None
        await mo.wait(order.wait)
        return _mo_told(mo)


def _mo_told(mo: Mo) -> Answer:
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
