"""`/operator/numbers`: numbers that phones write to, whose they are, and where what they get is to go."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kavle.core.desk import Command, Desk
from kavle.core.numbers import PAGE, AddNumber, ChangeNumber, ListNumbers, RemoveNumber
from kavle.model.account import Operator
from kavle.model.errors import OperatorError
from kavle.model.number import NumberSettings
from kavle.north.web.door import Door
from kavle.north.web.form import field, fields, settings
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor

_HERE: Final = "/operator/numbers"


class Numbers:
    def __init__(self, desk: Desk, renderer: Renderer) -> None:
        self._desk = desk
        self._renderer = renderer

    def routes(self, door: Door) -> list[BaseRoute]:
        return [
            Route(_HERE, door.operators(self.listing), methods=["GET"]),
            Route(_HERE, door.admins(self.add), methods=["POST"]),
            Route(f"{_HERE}/change", door.admins(self.change), methods=["POST"]),
            Route(f"{_HERE}/remove", door.admins(self.remove), methods=["POST"]),
        ]

    async def listing(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        return await self._list(visitor, operator, request.query_params.get("after", ""))

    async def _list(
        self,
        visitor: Visitor,
        operator: Operator,
        after: str = "",
        wrong: str = "",
        given: dict[str, str] | None = None,
    ) -> Response:
        """`wrong` is about what was `given`: of a number that is there, or else of a new one."""
        lines = (await self._desk.ask(operator, ListNumbers(after))).numbers or []
        return self._renderer.page(
            visitor,
            "operator/numbers.html",
            422 if wrong else 200,
            lines=lines,
            further=lines[-1].msisdn if len(lines) == PAGE else "",
            first=not after,
            wrong=wrong,
            given=given or {},
        )

    async def add(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        given = await fields(request)
        called = NumberSettings(given.get("callback", ""))
        command = AddNumber(given.get("number", ""), given.get("account", ""), called)
        return await self._carried(
            visitor, operator, command, given, visitor.words("The number is the account's.")
        )

    async def change(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        given = await fields(request)
        command = ChangeNumber(
            await field(request, "number"), given.get("account"), settings(given, "delivered", "verify_tls")
        )
        return await self._carried(
            visitor, operator, command, {**given, "changing": "yes"}, visitor.words("The number is changed.")
        )

    async def remove(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        command = RemoveNumber(await field(request, "number"))
        return await self._carried(visitor, operator, command, {}, visitor.words("The number is nobody's."))

    async def _carried(
        self, visitor: Visitor, operator: Operator, command: Command, given: dict[str, str], done: str
    ) -> Response:
        try:
            await self._desk.ask(operator, command)
        except OperatorError as error:
            return await self._list(visitor, operator, wrong=visitor.words.error(error), given=given)
        visitor.notify(done)
        return RedirectResponse(_HERE, 303)
