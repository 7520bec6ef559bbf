"""`/portal/send-mms`: a text, pictures and other files to one phone, where there is a carrier of MMS."""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kavle.core.accept import Accept
from kavle.core.mms_order import MmsOrder
from kavle.core.queries import Queries
from kavle.model.account import Account
from kavle.model.errors import Reason, Refusal
from kavle.model.mms import MOST_OCTETS, MmsFile
from kavle.north.web.door import Door
from kavle.north.web.form import text
from kavle.north.web.render import Renderer, octets
from kavle.north.web.visitor import Visitor
from kavle.north.web.words import Words

SEND_MMS: Final = "/portal/send-mms"


class Written(msgspec.Struct, frozen=True):
    """The form as it was filled in. A browser does not show files again that it has sent."""

    to: str = ""
    sender: str = ""
    text: str = ""
    files: tuple[MmsFile, ...] = ()


class SendMms:
    def __init__(self, accept: Accept, queries: Queries, renderer: Renderer) -> None:
        self._accept = accept
        self._queries = queries
        self._renderer = renderer

    def routes(self, door: Door) -> list[BaseRoute]:
        return [
            Route(SEND_MMS, door.customers(self.form), methods=["GET"]),
            Route(SEND_MMS, door.customers(self.send), methods=["POST"]),
        ]

    async def form(self, request: Request, visitor: Visitor, account: Account) -> Response:
        if not self._accept.has_mms:
            raise HTTPException(404)
        sender = account.settings.sender
        return await self._form(visitor, account, Written(sender=sender if sender.isdigit() else ""), {})

    async def send(self, request: Request, visitor: Visitor, account: Account) -> Response:
        written = await _written(await request.form())
        order = MmsOrder(written.to, written.sender, written.text, written.files)
        try:
            id = await self._accept.mms(account, order)
        except Refusal as refusal:
            if refusal.reason is Reason.UNAVAILABLE:
                raise
            return await self._form(visitor, account, written, _told(visitor.words, refusal.reason, written))
        visitor.notify(visitor.words("It is accepted, and on its way."))
        return RedirectResponse(f"/portal/message/{id}", 303)

    async def _form(
        self, visitor: Visitor, account: Account, written: Written, wrong: dict[str, str]
    ) -> Response:
        return self._renderer.page(
            visitor,
            "send-mms.html",
            422 if wrong else 200,
            written=written,
            wrong=wrong,
            most=MOST_OCTETS,
            balance=await self._queries.balance(account),
        )


def _told(words: Words, reason: Reason, written: Written) -> dict[str, str]:
    """A refusal, by the field that it is about."""
    match reason:
        case Reason.CONTENT:
            return _content(words, written)
        case Reason.RECIPIENT:
            return {"to": words("This is no number that an MMS can be sent to.")}
        case Reason.BALANCE:
            return {"price": words("Your balance is too small for this.")}
        case _:
            return {"sender": words("The sender of an MMS is a number.")}


def _content(words: Words, written: Written) -> dict[str, str]:
    size = sum(file.size for file in written.files)
    if size > MOST_OCTETS:
        most = octets(MOST_OCTETS)
        told = words("The files have {size}; at most {most} are sent.", size=octets(size), most=most)
        return {"files": told}
    if written.files:
        return {"files": words("A file is of a kind that is not sent to phones, or it is empty.")}
    return {"text": words("Write a text, or choose a file.")}


async def _written(form: FormData) -> Written:
    chosen = [one for one in form.getlist("files") if isinstance(one, UploadFile) and one.filename]
    files = [MmsFile(one.filename or "", one.content_type or "", await one.read()) for one in chosen]
    return Written(text(form, "to").strip(), text(form, "sender").strip(), text(form, "text"), tuple(files))
