"""`/portal/send-mms`: a text, pictures and other files to one phone, where there is a carrier of MMS."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kavle.core.accept import Accept
from kavle.core.mms_files import unsendable
from kavle.core.mms_order import MmsOrder
from kavle.core.queries import Queries
from kavle.model.account import Account
from kavle.model.errors import Reason, Refusal
from kavle.model.mms import MOST_OCTETS, MmsFile
from kavle.north.web.door import Door
from kavle.north.web.form import text
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor
from kavle.north.web.words import Words

SEND_MMS: Final = "/portal/send-mms"
_NAME: Final = 64  # characters of a file's name, from its end


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
            return await self._form(
                visitor, account, written, await self._wrong(visitor, account, order, refusal)
            )
        visitor.notify(visitor.words("It is accepted, and on its way."))
        return RedirectResponse(f"/portal/message/{id}", 303)

    async def _wrong(
        self, visitor: Visitor, account: Account, order: MmsOrder, refusal: Refusal
    ) -> dict[str, str]:
        """By field, all of it: who mends one thing is not to be told of the next only then."""
        wrong: dict[str, str] = {}
        for one in (refusal, *await self._accept.mms_refusals(account, order)):
            if one.reason is Reason.CONTENT:
                wrong |= await asyncio.to_thread(_content, visitor.words, order)
            else:
                wrong |= _told(visitor.words, one.reason)
        return wrong

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


def _told(words: Words, reason: Reason) -> dict[str, str]:
    """A refusal, by the field that it is about."""
    match reason:
        case Reason.RECIPIENT:
            return {"to": words("This is no number that an MMS can be sent to.")}
        case Reason.BALANCE:
            return {"price": words("Your balance is too small for this.")}
        case _:
            return {"sender": words("The sender of an MMS is a number.")}


def _content(words: Words, order: MmsOrder) -> dict[str, str]:
    size = sum(file.size for file in order.files)
    if size > MOST_OCTETS:
        # In kB one octet too many would be none.
        most, has = _count(words, MOST_OCTETS), _count(words, size)
        return {"files": words("The files have {size} bytes; at most {most} are sent.", size=has, most=most)}
    bad = unsendable(order.files)
    if bad:
        names = ", ".join(name[-_NAME:] for name in bad)
        told = words("Of a kind that is not sent to phones, or empty: {names}", names=names)
        return {"files": told}
    if order.text or order.files:
        return {"text": words("The text is too long, or holds characters that no phone can show.")}
    return {"text": words("Write a text, or choose a file.")}


def _count(words: Words, number: int) -> str:
    return f"{number:,}".replace(",", "," if words.language == "en" else "\N{NO-BREAK SPACE}")


async def _written(form: FormData) -> Written:
    chosen = [one for one in form.getlist("files") if isinstance(one, UploadFile) and one.filename]
    files = [MmsFile(one.filename or "", one.content_type or "", await one.read()) for one in chosen]
    return Written(text(form, "to").strip(), text(form, "sender").strip(), text(form, "text"), tuple(files))
