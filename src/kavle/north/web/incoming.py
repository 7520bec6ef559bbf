"""`/portal/incoming`: what phones have written to the account's numbers, and the calls that brought it."""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kavle.core.portal import Portal
from kavle.model.account import Account
from kavle.model.errors import OperatorError
from kavle.model.incoming import IncomingState
from kavle.north.web.door import Door
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor

PAGE: Final = 50
STATES: Final = {
    IncomingState.KEPT: "Kept",
    IncomingState.WAITING: "Your application is to be called",
    IncomingState.DONE: "Your application said OK",
    IncomingState.FAILED: "Your application never said OK",
}
_NUMBERS: Final = 200  # of the account's, that can be chosen from


class Incoming:
    def __init__(self, portal: Portal, renderer: Renderer) -> None:
        self._portal = portal
        self._renderer = renderer

    def routes(self, door: Door) -> list[BaseRoute]:
        return [
            Route("/portal/incoming", door.customers(self.listing), methods=["GET"]),
            Route("/portal/incoming/{id}", door.customers(self.show), methods=["GET"]),
            Route("/portal/incoming/{id}/replay", door.customers(self.replay), methods=["POST"]),
        ]

    async def listing(self, request: Request, visitor: Visitor, account: Account) -> Response:
        given = request.query_params
        before, number, failed = given.get("before", ""), given.get("number", ""), "failed" in given
        try:
            lines = await self._portal.incoming(account, PAGE, before, number, failed=failed)
        except OperatorError as error:
            raise HTTPException(404) from error
        return self._renderer.page(
            visitor,
            "incoming-table.html" if "hx-request" in request.headers else "incoming.html",
            lines=lines,
            further=lines[-1].id if len(lines) == PAGE else "",
            newest=not before,
            number=number,
            failed=failed,
            numbers=await self._portal.numbers(account, "", _NUMBERS),
            states=STATES,
        )

    async def show(self, request: Request, visitor: Visitor, account: Account) -> Response:
        whole = await self._portal.message(account, request.path_params["id"])
        if whole is None:
            raise HTTPException(404)
        return self._renderer.page(
            visitor,
            "incoming-story.html" if "hx-request" in request.headers else "incoming-message.html",
            whole=whole,
            line=whole.message,
            states=STATES,
        )

    async def replay(self, request: Request, visitor: Visitor, account: Account) -> Response:
        id = request.path_params["id"]
        done = await self._portal.replay(account, id)
        if done is None:
            raise HTTPException(404)
        if done:
            visitor.notify(visitor.words("Your application is called again."))
        else:
            visitor.refuse(visitor.words("It can't be called for: the number is no longer yours."))
        return RedirectResponse(f"/portal/incoming/{id}", 303)
