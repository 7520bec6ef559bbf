"""`/operator/messages`: any message there is, by its id, its recipient, its account and a period."""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kavle.core.queries import Queries
from kavle.model.account import Operator
from kavle.model.status import FINAL
from kavle.north.web.door import Door
from kavle.north.web.filter import GROUPS, Filter, Reading
from kavle.north.web.keys import keys_of
from kavle.north.web.message import events_of
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor

PAGE: Final = 50


class Messages:
    def __init__(self, queries: Queries, renderer: Renderer, reading: Reading) -> None:
        self._queries = queries
        self._renderer = renderer
        self._reading = reading

    def routes(self, door: Door) -> list[BaseRoute]:
        return [
            Route("/operator/messages", door.operators(self.search), methods=["GET"]),
            Route("/operator/message/{id}", door.operators(self.show), methods=["GET"]),
        ]

    async def search(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        given = request.query_params
        id, name = given.get("id", "").strip(), given.get("account", "").strip()
        if id and await self._queries.message(operator, id) is not None:
            return RedirectResponse(f"/operator/message/{id}", 303)
        chosen = Filter.of(request)
        if not operator.may_change:  # who may not read texts may not find out about them either
            chosen = Filter(chosen.state, chosen.number, chosen.since, chosen.until, chosen.bundle)
        account = await self._queries.account(name) if name else None
        unknown = bool(id) or bool(name and account is None)
        wanted = self._reading.wanted(chosen, account, keys_of(request, PAGE))
        page = None if unknown else await self._queries.messages(operator, wanted, account)
        return self._renderer.page(
            visitor,
            "operator/messages.html",
            page=page,
            id=id,
            account=name,
            chosen=chosen,
            groups={name: group.name for name, group in GROUPS.items()},
        )

    async def show(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        story = await self._queries.message(operator, request.path_params["id"])
        if story is None:
            raise HTTPException(404)
        return self._renderer.page(
            visitor,
            "message-story.html" if "hx-request" in request.headers else "operator/message.html",
            story=story,
            line=story.line,
            events=events_of(story),
            final=story.line.status in FINAL,
        )
