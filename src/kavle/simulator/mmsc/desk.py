"""What the simulated MMSC shows and takes by HTTP.

GET  /mms/counts             the counters
GET  /mms/numbers            those that the network treats unlike others
GET  /mms/newest             a few phones, each with its newest MM
GET  /mms/phones/NUMBER      what a phone got, missed and sent
GET  /mms/files/MM/N         the N-th file of an MM, from 0, as it came
POST /mms/vasp               where the gateway is: {"url": "http://127.0.0.1:8080/carriers/mmsc/SECRET"}
POST /mms/faults             an order for trouble, such as {"unavailable": 0.5}
GET  /mms/faults             those in force
POST /mms/mo                 an MM from a phone: {"from": "46701740605", "to": "46766000000", "text": "Hej",
                             "files": [{"name": "bild.png", "data": "iVBOR…"}]}
GET  /mms/mo/MM              what has become of it
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated, Final

from msgspec import Meta, Struct

from kavle.simulator.http import LONGEST_WAIT, Answer, BadRequest, File, Request, read_json
from kavle.simulator.mmsc.album import Mm
from kavle.simulator.mmsc.deliveries import Delivery
from kavle.simulator.mmsc.faults import MmscFaults
from kavle.simulator.mmsc.magic import MAGIC
from kavle.simulator.mmsc.mmsc import Mmsc
from kavle.simulator.mmsc.mo import MmText

_NEWEST: Final = 20  # phones
_PHONE: Final = re.compile(r"/mms/phones/([0-9]{1,15})")
_FILE: Final = re.compile(r"/mms/files/([0-9]{1,9})/([0-9]{1,3})")
_MO: Final = re.compile(r"/mms/mo/([0-9]{1,9})")


class MmOrder(MmText, frozen=True, kw_only=True, forbid_unknown_fields=True):
    wait: Annotated[float, Meta(ge=0, le=LONGEST_WAIT)] = 5.0  # seconds for the gateway's answer


class VaspOrder(Struct, frozen=True, forbid_unknown_fields=True):
    url: Annotated[str, Meta(pattern=r"^https?://[!-~]+$")]


class MmscDesk:
    def __init__(self, mmsc: Mmsc) -> None:
        self._mmsc = mmsc

    async def answer(self, request: Request) -> Answer | None:
        match request.method, request.path:
            case "POST", "/mms/faults":
                self._mmsc.inflict(read_json(request.body, MmscFaults))
                return HTTPStatus.OK, self._mmsc.counts
            case "POST", "/mms/vasp":
                self._mmsc.deliveries.reach(read_json(request.body, VaspOrder).url)
                return HTTPStatus.OK, self._mmsc.counts
            case "POST", "/mms/mo":
                return await self._send(read_json(request.body, MmOrder))
            case "GET", "/mms/faults":
                return HTTPStatus.OK, self._mmsc.troubled()
            case "GET", "/mms/counts":
                return HTTPStatus.OK, self._mmsc.counts
            case "GET", "/mms/numbers":
                return HTTPStatus.OK, _numbers()
            case "GET", "/mms/newest":
                return HTTPStatus.OK, [self._shown(mm) for mm in self._mmsc.album.newest(_NEWEST)]
            case "GET", path:
                return self._looked_up(path)
        return None

    def _looked_up(self, path: str) -> Answer | None:
        if found := _PHONE.fullmatch(path):
            return HTTPStatus.OK, self._phone(found[1])
        if found := _FILE.fullmatch(path):
            return self._file(int(found[1]), int(found[2]))
        if found := _MO.fullmatch(path):
            delivery = self._mmsc.mos.find(int(found[1]))
            return None if delivery is None else _told(int(found[1]), delivery)
        return None

    async def _send(self, order: MmOrder) -> Answer:
        try:
            number, delivery = self._mmsc.mos.send(order)
        except ValueError as error:
            raise BadRequest(HTTPStatus.BAD_REQUEST, str(error)) from None
        await delivery.wait(order.wait)
        return _told(number, delivery)

    def _phone(self, number: str) -> dict[str, object]:
        album = self._mmsc.album
        return {
            "number": number,
            "mms": [self._shown(mm) for mm in album.of(number)],
            "missed": [
                {"at": missed.at, "sender": missed.sender, "why": missed.why, "error": missed.error}
                for missed in album.missed(number)
            ],
        }

    def _shown(self, mm: Mm) -> dict[str, object]:
        delivery = self._mmsc.mos.find(mm.id) if mm.own else None
        return {
            "id": mm.id,
            "at": mm.at,
            "number": mm.number,
            "other": mm.other,
            "subject": mm.subject,
            "own": mm.own,
            "files": [
                {
                    "name": file.name,
                    "content_type": file.content_type,
                    "size": len(file.data),
                    "text": file.text,
                }
                for file in mm.files
            ],
            "ended": delivery is None or delivery.ended,
            "answers": [] if delivery is None else delivery.answers,
        }

    def _file(self, mm_id: int, place: int) -> Answer | None:
        mm = self._mmsc.album.find(mm_id)
        if mm is None or place >= len(mm.files):
            return None
        file = mm.files[place]
        return HTTPStatus.OK, File(file.content_type, file.data)


def _told(number: int, delivery: Delivery) -> Answer:
    status = HTTPStatus.OK if delivery.ended else HTTPStatus.ACCEPTED
    return status, {"id": number, "ended": delivery.ended, "answers": delivery.answers}


def _numbers() -> list[dict[str, str]]:
    return [{"number": number, "told": does.told, "status": does.status} for number, does in MAGIC.items()]
