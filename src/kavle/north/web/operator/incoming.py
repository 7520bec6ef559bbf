"""`/operator/incoming`: what phones have sent, to whomever, and the calls that brought it to its customer."""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kavle.core.desk import Desk
from kavle.core.inbox import PAGE, ListIncoming, ReplayIncoming, ShowIncoming
from kavle.model.account import Operator
from kavle.model.errors import OperatorError
from kavle.model.incoming import IncomingState
from kavle.north.web.door import Door
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor

STATES: Final = {
    IncomingState.KEPT: "Nobody's number: kept",
    IncomingState.WAITING: "To be told the customer",
    IncomingState.DONE: "The customer said OK",
    IncomingState.FAILED: "The customer never said OK",
}
WHICH: Final = {
    "": "All",
    "unowned": "To numbers that are nobody's",
    "failed": "Whose customer never said OK",
}


class Incoming:
    def __init__(self, desk: Desk, renderer: Renderer) -> None:
        self._desk = desk
        self._renderer = renderer

    def routes(self, door: Door) -> list[BaseRoute]:
        return [
            Route("/operator/incoming", door.operators(self.listing), methods=["GET"]),
            Route("/operator/incoming/{id}", door.operators(self.show), methods=["GET"]),
            Route("/operator/incoming/{id}/replay", door.admins(self.replay), methods=["POST"]),
        ]

    async def listing(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        given = request.query_params
        which, number = given.get("which", ""), given.get("number", "").strip().lstrip("+")
        command = ListIncoming(
            number=number or None,
            unowned=which == "unowned",
            failed=which == "failed",
            before=given.get("before", ""),
        )
        try:
            lines = (await self._desk.ask(operator, command)).incoming or []
        except OperatorError as error:
            raise HTTPException(404) from error
        return self._renderer.page(
            visitor,
            "operator/incoming.html",
            lines=lines,
            further=lines[-1].id if len(lines) == PAGE else "",
            which=which,
            number=number,
            choices=WHICH,
            states=STATES,
        )

    async def show(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        try:
            whole = (await self._desk.ask(operator, ShowIncoming(request.path_params["id"]))).message
        except OperatorError as error:
            raise HTTPException(404) from error
        return self._renderer.page(
            visitor,
            "operator/incoming-message.html",
            whole=whole,
            line=whole and whole.message,
            states=STATES,
        )

    async def replay(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        id = request.path_params["id"]
        if (await self._desk.ask(operator, ReplayIncoming((id,)))).done:
            visitor.notify(visitor.words("The customer is called again."))
        else:
            visitor.refuse(visitor.words("It can't be brought to anybody: its number is nobody's."))
        return RedirectResponse(f"/operator/incoming/{id}", 303)
