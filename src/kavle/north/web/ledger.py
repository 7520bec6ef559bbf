"""`/portal/ledger`: the balance, and each entry that made it."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kavle.core.queries import Queries
from kavle.model.account import Account
from kavle.north.web.door import Door
from kavle.north.web.keys import keys_of
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor

PAGE: Final = 50


class Ledger:
    def __init__(self, queries: Queries, renderer: Renderer) -> None:
        self._queries = queries
        self._renderer = renderer

    def routes(self, door: Door) -> list[BaseRoute]:
        return [Route("/portal/ledger", door.customers(self.show), methods=["GET"])]

    async def show(self, request: Request, visitor: Visitor, account: Account) -> Response:
        page = await self._queries.ledger(account, keys_of(request, PAGE))
        balance = await self._queries.balance(account)
        return self._renderer.page(visitor, "ledger.html", page=page, balance=balance)
