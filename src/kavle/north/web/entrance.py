"""The first page, and the way in and out."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kavle.model.account import Account
from kavle.north.web.door import LOG_IN, OPERATOR, Door
from kavle.north.web.log_in import LogIn, own_path
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor
from kavle.north.web.words import LANGUAGES


class Entrance:
    def __init__(self, door: Door, renderer: Renderer, log_in: LogIn[Account]) -> None:
        self._door = door
        self._renderer = renderer
        self._log_in = log_in

    def routes(self) -> list[BaseRoute]:
        door = self._door
        return [
            Route("/", door.open(self.landing)),
            Route("/log-in", door.open(self._log_in.sent), methods=["POST"]),
            Route("/log-out", door.open(self.log_out), methods=["POST"]),
            Route("/language/{language}", door.open(self.speak), methods=["POST"]),
        ]

    async def landing(self, request: Request, visitor: Visitor) -> Response:
        return self._renderer.page(visitor, "landing.html")

    async def log_out(self, request: Request, visitor: Visitor) -> Response:
        visitor.session = self._door.sessions.new(self._door.clock.now())
        visitor.notify(visitor.words("You have logged out."))
        return RedirectResponse(OPERATOR if visitor.operator else LOG_IN, 303)

    async def speak(self, request: Request, visitor: Visitor) -> Response:
        form = await request.form()
        response = RedirectResponse(own_path(str(form.get("next", "")), LOG_IN), 303)
        for language in LANGUAGES:
            if language == request.path_params["language"]:
                self._door.speak(request, response, language)
        return response
