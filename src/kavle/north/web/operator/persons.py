"""`/operator/person`: how much there is of one phone number, all of it as a file, and its erasure. The number
is in no address: those stand in histories and in the logs of proxies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from kavle.core.desk import Desk
from kavle.core.persons import ErasePerson, ExportPerson, MorePerson, ShowPerson
from kavle.model.account import Operator
from kavle.model.errors import OperatorError
from kavle.model.person import PersonPage, PersonView
from kavle.model.person_document import PersonDocument
from kavle.north.web.door import Door
from kavle.north.web.form import field, fields
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor

_HERE: Final = "/operator/person"


class Persons:
    def __init__(self, desk: Desk, renderer: Renderer) -> None:
        self._desk = desk
        self._renderer = renderer

    def routes(self, door: Door) -> list[BaseRoute]:
        return [
            Route(_HERE, door.operators(self.ask), methods=["GET"]),
            Route(_HERE, door.operators(self.show), methods=["POST"]),
            Route(f"{_HERE}/export", door.admins(self.export), methods=["POST"]),
            Route(f"{_HERE}/erase", door.admins(self.erase), methods=["POST"]),
        ]

    async def ask(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        return self._page(visitor)

    async def show(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        return await self._show(visitor, operator, await field(request, "number"))

    async def _show(
        self, visitor: Visitor, operator: Operator, number: str, wrong: str = "", done: str = ""
    ) -> Response:
        try:
            view = (await self._desk.ask(operator, ShowPerson(number))).person
        except OperatorError as error:
            return self._page(visitor, number, wrong=visitor.words.error(error))
        return self._page(visitor, number, view, wrong, done)

    def _page(
        self,
        visitor: Visitor,
        number: str = "",
        view: PersonView | None = None,
        wrong: str = "",
        done: str = "",
    ) -> Response:
        status = 422 if wrong else 200
        told = {"number": number, "view": view, "wrong": wrong, "done": done}
        return self._renderer.page(visitor, "operator/person.html", status, **told)

    async def export(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        number = await field(request, "number")
        try:
            first = (await self._desk.ask(operator, ExportPerson(number))).export
        except OperatorError as error:
            return self._page(visitor, number, wrong=visitor.words.error(error))
        return StreamingResponse(
            self._written(operator, first or PersonPage(number)),
            media_type="application/json",
            headers={"content-disposition": 'attachment; filename="person.json"'},
        )

    async def _written(self, operator: Operator, first: PersonPage) -> AsyncIterator[bytes]:
        """A page at a time, as fast as the browser takes it."""
        document, page = PersonDocument(), first
        yield document.page(page)
        while page.further:
            command = MorePerson(first.number, page.further)
            page = (await self._desk.ask(operator, command)).export or PersonPage(first.number)
            yield document.page(page)
        yield document.end()

    async def erase(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        number, words = await field(request, "number"), visitor.words
        stop_lists = (await fields(request)).get("stop_lists") == "yes"
        try:
            erased = (await self._desk.ask(operator, ErasePerson(number, stop_lists))).erased
        except OperatorError as error:
            return await self._show(visitor, operator, number, wrong=words.error(error))
        done = words("{messages} messages are erased.", messages=erased.messages if erased else 0)
        if erased is not None and erased.more:
            done = words("{messages} messages are erased; erase the rest, too.", messages=erased.messages)
        return await self._show(visitor, operator, number, done=done)
