"""`/visastatus.aspx`: what became of each message that the account has sent."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kavle.core.queries import Queries
from kavle.model.account import Account
from kavle.north.web.door import LOG_IN, Door
from kavle.north.web.filter import GROUPS, Filter, Reading
from kavle.north.web.keys import keys_of
from kavle.north.web.log_in import LogIn
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor

PAGE: Final = 50


class History:
    def __init__(
        self, queries: Queries, log_in: LogIn[Account], renderer: Renderer, reading: Reading
    ) -> None:
        self._queries = queries
        self._log_in = log_in
        self._renderer = renderer
        self._reading = reading

    def routes(self, door: Door) -> list[BaseRoute]:
        return [Route(LOG_IN, door.open(self.front), methods=["GET"])]

    async def front(self, request: Request, visitor: Visitor) -> Response:
        """The address is the old service's, and was one's way to log in."""
        if visitor.account is None:
            return self._log_in.form(visitor, request.query_params.get("next", LOG_IN))
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
