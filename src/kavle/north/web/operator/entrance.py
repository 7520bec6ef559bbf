"""`/operator`: the way in, and behind it the traffic."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kavle.model.operator import OperatorAccount
from kavle.north.web.door import OPERATOR, Door
from kavle.north.web.log_in import LogIn
from kavle.north.web.operator.traffic import TrafficPage
from kavle.north.web.visitor import Visitor


class Entrance:
    def __init__(self, log_in: LogIn[OperatorAccount], home: TrafficPage) -> None:
        self._log_in = log_in
        self._home = home

    def routes(self, door: Door) -> list[BaseRoute]:
        return [
            Route(OPERATOR, door.open(self.front), methods=["GET"]),
            Route("/operator/log-in", door.open(self._log_in.sent), methods=["POST"]),
        ]

    async def front(self, request: Request, visitor: Visitor) -> Response:
        if visitor.operator is None:
            return self._log_in.form(visitor, request.query_params.get("next", OPERATOR))
        return await self._home.show(request, visitor, visitor.operator)
