"""`/portal/stop-list`: the phones that the account sends nothing more."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kavle.core.portal import Portal
from kavle.model.account import Account
from kavle.model.errors import OperatorError
from kavle.north.web.door import Door
from kavle.north.web.form import field, fields
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor

PAGE: Final = 100

_HERE: Final = "/portal/stop-list"


class StopList:
    def __init__(self, portal: Portal, renderer: Renderer) -> None:
        self._portal = portal
        self._renderer = renderer

    def routes(self, door: Door) -> list[BaseRoute]:
        return [
            Route(_HERE, door.customers(self.show), methods=["GET"]),
            Route(_HERE, door.customers(self.change), methods=["POST"]),
        ]

    async def show(self, request: Request, visitor: Visitor, account: Account) -> Response:
        return await self._show(visitor, account, request.query_params.get("after", ""))

    async def _show(
        self, visitor: Visitor, account: Account, after: str = "", wrong: str = "", written: str = ""
    ) -> Response:
        lines = await self._portal.stops(account, after, PAGE + 1)
        return self._renderer.page(
            visitor,
            "stop-list.html",
            422 if wrong else 200,
            looked_at=account.settings.stop_list,
            lines=lines[:PAGE],
            further=lines[PAGE - 1].msisdn if len(lines) > PAGE else "",
            first=not after,
            wrong=wrong,
            written=written,
        )

    async def change(self, request: Request, visitor: Visitor, account: Account) -> Response:
        recipient = await field(request, "recipient")
        listed = (await fields(request)).get("do") != "remove"
        try:
            msisdn = await self._portal.change_stop_list(account, recipient, listed=listed)
        except OperatorError as error:
            return await self._show(visitor, account, wrong=visitor.words.error(error), written=recipient)
        words = visitor.words
        if listed:
            visitor.notify(words("{number} gets nothing more from you.", number=msisdn))
        else:
            visitor.notify(words("{number} is off the list.", number=msisdn))
        return RedirectResponse(_HERE, 303)
