"""`/portal/send`: a message to one, or to a list; what it will come to is told while it is written."""

from __future__ import annotations

import asyncio
import csv
import re
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kavle.clock import Clock
from kavle.core.accept import Accept
from kavle.core.bundle_order import MOST_RECIPIENTS, BundleOrder
from kavle.core.checks import FURTHEST
from kavle.core.order import SmsOrder
from kavle.core.queries import Queries
from kavle.model.account import Account
from kavle.model.errors import Reason, Refusal
from kavle.north.web.door import Door
from kavle.north.web.form import text
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor
from kavle.north.web.words import Words

_SEPARATOR: Final = re.compile(r"[,;\r\n]+")
_NUMBERS: Final = re.compile(r"[0-9]")


class Written(msgspec.Struct, frozen=True):
    """The form as it was filled in."""

    to: str = ""
    sender: str = ""
    text: str = ""
    priority: str = "2"
    flash: bool = False
    at: str = ""  # as a browser's datetime-local has it
    recipients: tuple[str, ...] = ()  # typed, and in a file
    no_list: bool = False  # what was uploaded for one


class Send:
    def __init__(self, accept: Accept, queries: Queries, renderer: Renderer, clock: Clock) -> None:
        self._accept = accept
        self._queries = queries
        self._renderer = renderer
        self._clock = clock
        self._turns: dict[int, asyncio.Lock] = {}  # by account, while something of it is measured
        self._latest: dict[int, object] = {}

    def routes(self, door: Door) -> list[BaseRoute]:
        return [
            Route("/portal/send", door.customers(self.form), methods=["GET"]),
            Route("/portal/send", door.customers(self.send), methods=["POST"]),
            Route("/portal/send/measure", door.customers(self.measure), methods=["POST"]),
        ]

    async def form(self, request: Request, visitor: Visitor, account: Account) -> Response:
        to = request.query_params.get("to", "")[:32]
        return await self._form(visitor, account, Written(to=to, sender=account.settings.sender), {})

    async def measure(self, request: Request, visitor: Visitor, account: Account) -> Response:
        """What it comes to so far, as a piece of the page. One is measured at a time for each account, and of
        those that wait meanwhile the latest alone, for which their browser has given up the others."""
        written = await _written(await request.form())
        latest = self._latest[account.id] = object()
        async with self._turns.setdefault(account.id, asyncio.Lock()):
            if self._latest[account.id] is not latest:
                return Response(status_code=204)
            quoted = await self._quoted(visitor.words, account, written)
            if self._latest[account.id] is latest:  # nobody waits
                del self._latest[account.id], self._turns[account.id]
        return self._renderer.page(visitor, "measured.html", **quoted)

    async def send(self, request: Request, visitor: Visitor, account: Account) -> Response:
        written = await _written(await request.form())
        wrong = self._wrong(visitor.words, written)
        if wrong:
            return await self._form(visitor, account, written, wrong)
        try:
            path = await self._sent(account, written)
        except Refusal as refusal:
            if refusal.reason is Reason.UNAVAILABLE:
                raise
            return await self._form(visitor, account, written, _told(visitor.words, refusal.reason))
        if written.at:
            visitor.notify(visitor.words("It is accepted, and waits for its time."))
        else:
            visitor.notify(visitor.words("It is accepted, and on its way."))
        return RedirectResponse(path, 303)

    async def _sent(self, account: Account, written: Written) -> str:
        """Where it can be followed."""
        at, to = self._seconds(written.at), written.recipients
        if len(to) == 1:
            sms = SmsOrder(to[0], written.sender, written.text, written.priority, written.flash, at)
            return f"/portal/message/{await self._accept.sms(account, sms)}"
        order = BundleOrder(",".join(to), written.sender, written.text, written.priority, at)
        return f"/portal/bundle/{await self._accept.bundle(account, order)}"

    async def _form(
        self, visitor: Visitor, account: Account, written: Written, wrong: dict[str, str]
    ) -> Response:
        return self._renderer.page(
            visitor,
            "send.html",
            422 if wrong else 200,
            written=written,
            wrong=wrong,
            has_mms=self._accept.has_mms,
            balance=await self._queries.balance(account),
            soonest=f"{self._clock.now().astimezone(self._renderer.zone):%Y-%m-%dT%H:%M}",
            **await self._quoted(visitor.words, account, written),
        )

    async def _quoted(self, words: Words, account: Account, written: Written) -> dict[str, Any]:
        """For the piece of the page that tells what it comes to: a quote, or why there is none."""
        if not written.text:
            return {"quote": None, "unsendable": ""}
        if len(written.recipients) > MOST_RECIPIENTS:
            return {"quote": None, "unsendable": _too_many(words)}
        try:
            order = BundleOrder(",".join(written.recipients), written.sender, written.text, "")
            quote = await self._accept.quote(account, order)
        except Refusal as refusal:
            return {"quote": None, "unsendable": _told(words, refusal.reason).get("text", "")}
        return {"quote": quote, "unsendable": ""}

    def _wrong(self, words: Words, written: Written) -> dict[str, str]:
        """What can be told beside its field without asking core."""
        wrong = {}
        to = written.recipients
        if written.no_list:
            wrong["to"] = words("The file is no list of numbers.")
        elif not to:
            wrong["to"] = words("Write at least one number.")
        elif len(to) > MOST_RECIPIENTS:
            wrong["to"] = _too_many(words)
        elif written.flash and len(to) > 1:
            wrong["flash"] = words("A flash message goes to one recipient at a time.")
        if not written.text:
            wrong["text"] = words("Write a text.")
        if written.at and not self._seconds(written.at):
            wrong["at"] = words("Choose a time within the next two years.")
        elif written.at and self._is_skipped(written.at):
            wrong["at"] = words("There is no such time that night: clocks are put forward over it.")
        return wrong

    def _seconds(self, written: str) -> str | None:
        """Unix seconds, as the other interfaces have them; None for no time."""
        try:
            at = datetime.fromisoformat(written).replace(tzinfo=self._renderer.zone)
        except ValueError:
            return None
        return (
            str(int(at.timestamp()))
            if 0 < at.timestamp() < (self._clock.now() + FURTHEST).timestamp()
            else None
        )

    def _is_skipped(self, written: str) -> bool:
        """Whether clocks are put forward over it. Of an hour that comes twice the first one is meant."""
        at = datetime.fromisoformat(written).replace(tzinfo=self._renderer.zone)
        return at.astimezone(UTC).astimezone(self._renderer.zone).replace(tzinfo=None) != at.replace(
            tzinfo=None
        )


def _told(words: Words, reason: Reason) -> dict[str, str]:
    """A refusal, by the field that it is about."""
    match reason:
        case Reason.CONTENT:
            return {"text": words("The text is too long, or holds characters that no phone can show.")}
        case Reason.RECIPIENT:
            return {"to": words("This is no number that a message can be sent to.")}
        case Reason.BALANCE:
            return {"price": words("Your balance is too small for this.")}
        case _:
            return {"sender": words("The sender is a number, or up to 11 letters and digits.")}


def _too_many(words: Words) -> str:
    return words("At most {most} recipients at a time.", most=MOST_RECIPIENTS)


async def _written(form: FormData) -> Written:
    file = form.get("file")
    listed = await file.read() if isinstance(file, UploadFile) else b""
    try:
        # Long lists take longer than anybody else should wait.
        recipients = await asyncio.to_thread(_recipients, text(form, "to"), listed)
    except csv.Error:  # a cell of over 128 kB: a picture, say
        recipients = None
    return Written(
        to=text(form, "to"),
        sender=text(form, "sender"),
        text=text(form, "text"),
        priority=text(form, "priority"),
        flash=text(form, "flash") == "on",
        at=text(form, "at"),
        recipients=recipients or (),
        no_list=recipients is None,
    )


def _recipients(typed: str, file: bytes) -> tuple[str, ...]:
    pieces = (piece.strip() for piece in _SEPARATOR.split(typed))
    return (*(piece for piece in pieces if piece), *_numbers(file))


def _numbers(file: bytes) -> tuple[str, ...]:
    """The first column of a list, in whatever a spreadsheet saves; a heading without digits is none of it."""
    try:
        text = file.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = file.decode("windows-1252", "replace")
    rows = csv.reader(text.replace("\0", "").replace(";", ",").replace("\t", ",").splitlines())
    cells = [row[0].strip() for row in rows if row and row[0].strip()]
    return tuple(cells[1:] if cells and not _NUMBERS.search(cells[0]) else cells)
