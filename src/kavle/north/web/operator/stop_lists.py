"""`/operator/stop-list`: the phones that an account sends nothing more."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kavle.core.desk import Desk
from kavle.core.numbers import PAGE, ChangeStopList, ListStops
from kavle.core.queries import Queries
from kavle.model.account import Account, Operator
from kavle.model.errors import OperatorError
from kavle.north.web.door import Door
from kavle.north.web.form import field, fields
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor

_HERE: Final = "/operator/stop-list"


class StopLists:
    def __init__(self, queries: Queries, desk: Desk, renderer: Renderer) -> None:
        self._queries = queries
        self._desk = desk
        self._renderer = renderer

    def routes(self, door: Door) -> list[BaseRoute]:
        return [
            Route(_HERE, door.operators(self.show), methods=["GET"]),
            Route(_HERE, door.admins(self.change), methods=["POST"]),
        ]

    async def show(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        given = request.query_params
        account = await self._account(given.get("account", ""))
        return await self._show(visitor, operator, account, given.get("after", ""))

    async def _show(
        self,
        visitor: Visitor,
        operator: Operator,
        account: Account,
        after: str = "",
        wrong: str = "",
        written: str = "",
    ) -> Response:
        lines = (await self._desk.ask(operator, ListStops(account.name, after))).stops or []
        return self._renderer.page(
            visitor,
            "operator/stop-list.html",
            422 if wrong else 200,
            account=account,
            lines=lines,
            further=lines[-1].msisdn if len(lines) == PAGE else "",
            first=not after,
            wrong=wrong,
            written=written,
        )

    async def change(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        account = await self._account(await field(request, "account"))
        recipient = await field(request, "recipient")
        listed = (await fields(request)).get("do") != "remove"
        try:
            await self._desk.ask(operator, ChangeStopList(account.name, recipient, listed))
        except OperatorError as error:
            return await self._show(
                visitor, operator, account, wrong=visitor.words.error(error), written=recipient
            )
        visitor.notify(visitor.words("The stop list is changed."))
        return RedirectResponse(f"{_HERE}?{urlencode({'account': account.name})}", 303)

    async def _account(self, name: str) -> Account:
        account = await self._queries.account(name)
        if account is None:
            raise HTTPException(404)
        return account
