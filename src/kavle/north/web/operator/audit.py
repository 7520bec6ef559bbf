"""`/operator/audit`: who changed what, when, and what it was before and after; and who may."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kavle.core.desk import Desk
from kavle.core.operators import ListOperators
from kavle.core.queries import Queries
from kavle.model.account import Operator
from kavle.model.audit import Came
from kavle.north.web.door import Door
from kavle.north.web.keys import keys_of
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor

PAGE: Final = 50
CAME: Final = {
    Came.OPEN: "Under way, or cut off: look whether it was done",
    Came.DONE: "Done",
    Came.REFUSED: "Refused: nothing was changed",
}


class Audit:
    def __init__(self, queries: Queries, desk: Desk, renderer: Renderer) -> None:
        self._queries = queries
        self._desk = desk
        self._renderer = renderer

    def routes(self, door: Door) -> list[BaseRoute]:
        return [Route("/operator/audit", door.operators(self.show), methods=["GET"])]

    async def show(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        return self._renderer.page(
            visitor,
            "operator/audit.html",
            page=await self._queries.audit(operator, keys_of(request, PAGE)),
            operators=(await self._desk.ask(operator, ListOperators())).operators or [],
            came=CAME,
        )
