"""`/phones`: the phones of a simulated network, to try the gateway on: what comes to them, what is written on
them, and the callbacks that this leads to. Only for who sits at this machine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kavle.core.queries import Queries
from kavle.mms.media import UNKNOWN, sniff
from kavle.model.account import Operator
from kavle.model.msisdn import parse_msisdn
from kavle.north.addresses import is_loopback
from kavle.north.web.door import Door
from kavle.north.web.phone_network import PICTURES, Got, Mms, Outcome, Phone, PhoneNetwork
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor
from kavle.north.web.words import Words

FIRST: Final = "46701740605"
"""The phone that is shown before any has got a message; of the series that is kept for fiction."""

_NAMES: Final = ("127.0.0.1", "localhost", "::1")
_LONGEST: Final = 1000  # characters that somebody writes on a phone

NumberPage = Callable[[Request, Visitor, str], Awaitable[Response]]


class Guest(NamedTuple):
    """The account that anybody may send by, which a demo has."""

    name: str
    password: str


class Phones:
    def __init__(
        self,
        network: PhoneNetwork,
        queries: Queries,
        renderer: Renderer,
        region: str,
        guest: Guest | None,
    ) -> None:
        """`region`: of numbers in national form."""
        self._network = network
        self._queries = queries
        self._renderer = renderer
        self._region = region
        self._guest = guest

    def routes(self, door: Door) -> list[BaseRoute]:
        phone = "/phones/{number}"
        return [
            Route("/phones", door.open(_here(self.choose)), methods=["GET"]),
            Route("/phones/calls", door.open(_here(self.calls)), methods=["GET"]),
            Route(phone, door.open(_here(_of_number(self.show))), methods=["GET"]),
            Route(f"{phone}/screen", door.open(_here(_of_number(self.screen))), methods=["GET"]),
            Route(f"{phone}/newest", door.open(_here(_of_number(self.newest))), methods=["GET"]),
            Route(f"{phone}/mms/{{mms:int}}/{{place:int}}", door.look(_here(self.file)), methods=["GET"]),
            Route(f"{phone}/write", door.open(_here(_of_number(self.write))), methods=["POST"]),
        ]

    async def choose(self, request: Request, visitor: Visitor) -> Response:
        """One by its number, or that which something was last about."""
        written = request.query_params.get("number", "").strip()
        if not written:
            newest, _ = await self._network.newest()
            return await self.show(request, visitor, newest[0].number if newest else FIRST)
        try:
            return RedirectResponse(f"/phones/{parse_msisdn(written, self._region)}", 303)
        except ValueError:
            visitor.refuse(visitor.words("That is no phone number."))
            return RedirectResponse("/phones", 303)

    async def show(self, request: Request, visitor: Visitor, number: str) -> Response:
        phone = await self._network.phone(number)
        newest, newest_mark = await self._network.newest()
        calls, calls_mark = await self._network.calls()
        outcomes = await self._network.outcomes("/numbers")
        mms_outcomes = await self._network.outcomes("/mms/numbers")
        return self._renderer.page(
            visitor,
            "phones.html",
            phone=phone,
            to=await self._written_to(phone),
            newest=newest,
            newest_mark=newest_mark,
            calls=calls,
            calls_mark=calls_mark,
            outcomes=outcomes,
            mms_outcomes=mms_outcomes,
            does=_unlike_others(outcomes, number),
            mms_does=_unlike_others(mms_outcomes, number),
            receiver=f"{self._network.url}/customer",
            guest=self._guest,
        )

    async def screen(self, request: Request, visitor: Visitor, number: str) -> Response:
        phone = await self._network.phone(number)
        return self._piece(request, visitor, "phone-screen.html", phone.mark, phone=phone)

    async def newest(self, request: Request, visitor: Visitor, number: str) -> Response:
        newest, mark = await self._network.newest()
        return self._piece(
            request, visitor, "phones-newest.html", mark, newest=newest, newest_mark=mark, number=number
        )

    async def calls(self, request: Request, visitor: Visitor) -> Response:
        calls, mark = await self._network.calls()
        return self._piece(request, visitor, "phone-calls.html", mark, calls=calls, calls_mark=mark)

    async def write(self, request: Request, visitor: Visitor, number: str) -> Response:
        form = await request.form()
        to, text = str(form.get("to", "")).strip().removeprefix("+"), str(form.get("text", ""))
        text = text.replace("\r\n", "\n")  # as forms write it
        file = form.get("file")
        if isinstance(file, UploadFile) and file.filename:
            name, data = file.filename, await file.read()
            if len(text) > _LONGEST or not await self._network.send(number, to, text, name, data):
                visitor.refuse(visitor.words("A phone sends a file of at most 600 kB by MMS, to a number."))
        elif not text or len(text) > _LONGEST or not await self._network.write(number, to, text):
            visitor.refuse(_no_text(visitor.words, pictures=isinstance(file, UploadFile)))
        return RedirectResponse(f"/phones/{number}", 303)

    async def file(self, request: Request, visitor: Visitor) -> Response:
        """Of an MMS: shown if it is a picture, else to be kept. It came from a stranger, so it may do nothing
        here."""
        data = await self._network.file(request.path_params["mms"], request.path_params["place"])
        if data is None:
            raise HTTPException(404)
        media = sniff(data) or UNKNOWN
        shown = media.content_type in PICTURES
        return Response(
            data,
            media_type=media.content_type if shown else UNKNOWN.content_type,
            headers={
                "Content-Disposition": "inline" if shown else f"attachment; filename=file.{media.extension}",
                "Content-Security-Policy": "default-src 'none'; sandbox",
            },
        )

    def _piece(self, request: Request, visitor: Visitor, template: str, mark: str, **values: Any) -> Response:
        """Of the page, as it is now; nothing where the browser has it so already."""
        if request.query_params.get("seen") == mark:
            return Response(status_code=204)
        return self._renderer.page(visitor, template, **values)

    async def _written_to(self, phone: Phone) -> str:
        """Whom somebody would answer: who wrote last and can be, else the first number that is anybody's."""
        for event in reversed(phone.events):
            if isinstance(event, Got | Mms) and event.sender.isdecimal():
                return event.sender
        numbers = await self._queries.numbers(Operator("demo", "admin"))
        return numbers[0].msisdn if numbers else ""


def _here(page: Callable[[Request, Visitor], Awaitable[Response]]) -> Any:
    """To who comes from this machine and asks for it by its own name; to all others it is not there. The
    name is that of a page elsewhere where somebody's DNS says that it is here."""

    async def guarded(request: Request, visitor: Visitor) -> Response:
        if not is_loopback(visitor.caller.address) or request.url.hostname not in _NAMES:
            raise HTTPException(404)
        return await page(request, visitor)

    return guarded


def _of_number(page: NumberPage) -> Callable[[Request, Visitor], Awaitable[Response]]:
    async def with_number(request: Request, visitor: Visitor) -> Response:
        number = request.path_params["number"]
        if not (number.isascii() and number.isdigit() and len(number) <= 15):  # E.164 §6.2.1
            raise HTTPException(404)
        return await page(request, visitor, number)

    return with_number


def _no_text(words: Words, *, pictures: bool) -> str:
    """`pictures`: it can send them, too, as its form then says."""
    if pictures:
        return words("A phone sends up to 1,000 characters, a picture or both to a number.")
    return words("A phone sends 1 to 1,000 characters to a number.")


def _unlike_others(outcomes: Sequence[Outcome], number: str) -> Outcome | None:
    """What becomes of messages to this number, if that is not what becomes of all: the first tells that."""
    return next((one for one in outcomes[1:] if one.number == number), None)
