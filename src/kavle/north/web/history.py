"""`/visastatus.aspx`: what became of each message that the account has sent."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kavle.core.queries import Queries
from kavle.model.account import Account
from kavle.north.web.door import Door
from kavle.north.web.entrance import Entrance
from kavle.north.web.filter import GROUPS, Filter, Reading
from kavle.north.web.keys import keys_of
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor

PAGE: Final = 50


class History:
    def __init__(self, queries: Queries, entrance: Entrance, renderer: Renderer, reading: Reading) -> None:
        self._queries = queries
        self._entrance = entrance
        self._renderer = renderer
        self._reading = reading

    def routes(self, door: Door) -> list[BaseRoute]:
        return [Route("/visastatus.aspx", door.open(self.front), methods=["GET"])]

    async def front(self, request: Request, visitor: Visitor) -> Response:
        """The address is the old service's, and was one's way to log in."""
        if visitor.account is None:
            return self._entrance.form(visitor, request.query_params.get("next", "/visastatus.aspx"))
        return await self._list(request, visitor, visitor.account)

    async def _list(self, request: Request, visitor: Visitor, account: Account) -> Response:
        chosen = Filter.of(request)
        keys = keys_of(request, PAGE)
        page = await self._queries.messages(account, self._reading.wanted(chosen, account, keys))
        template = "messages-table.html" if "hx-request" in request.headers else "messages.html"
        return self._renderer.page(
            visitor,
            template,
            page=page,
            chosen=chosen,
            groups={name: group.name for name, group in GROUPS.items()},
            newest=keys.before is None and keys.after is None,
            balance=await self._queries.balance(account),
        )
