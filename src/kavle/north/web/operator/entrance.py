"""`/operator`: the way in, and behind it the traffic."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kavle.model.errors import Reason, Refusal
from kavle.north.auth import OperatorAuthenticator
from kavle.north.web.door import OPERATOR, Door
from kavle.north.web.entrance import own_path
from kavle.north.web.operator.traffic import TrafficPage
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor


class Entrance:
    def __init__(
        self, door: Door, renderer: Renderer, authenticator: OperatorAuthenticator, home: TrafficPage
    ) -> None:
        self._door = door
        self._renderer = renderer
        self._authenticator = authenticator
        self._home = home

    def routes(self) -> list[BaseRoute]:
        return [
            Route(OPERATOR, self._door.open(self.front), methods=["GET"]),
            Route("/operator/log-in", self._door.open(self.log_in), methods=["POST"]),
        ]

    async def front(self, request: Request, visitor: Visitor) -> Response:
        if visitor.operator is None:
            return self._form(visitor, request.query_params.get("next", OPERATOR))
        return await self._home.show(request, visitor, visitor.operator)

    def _form(self, visitor: Visitor, going_to: str, name: str = "", wrong: str = "") -> Response:
        code = 403 if wrong else 200
        return self._renderer.page(
            visitor, "operator/log-in.html", code, next=own_path(going_to, OPERATOR), name=name, wrong=wrong
        )

    async def log_in(self, request: Request, visitor: Visitor) -> Response:
        form = await request.form()
        name, password = str(form.get("operator", "")).strip(), str(form.get("password", ""))
        going_to = own_path(str(form.get("next", "")), OPERATOR)
        try:
            found = await self._authenticator.log_in(name, password, visitor.caller)
        except Refusal as refusal:
            if refusal.reason is Reason.UNAVAILABLE:
                raise
            return self._form(visitor, going_to, name, visitor.words("Wrong name or password."))
        sessions, now = self._door.sessions, self._door.clock.now()
        visitor.session = sessions.sign_in("operator", found.name, found.password_hash, now)
        return RedirectResponse(going_to, 303)
