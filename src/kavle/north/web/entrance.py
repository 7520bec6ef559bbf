"""The first page, and the way in and out."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kavle.model.errors import Reason, Refusal
from kavle.north.auth import Authenticator
from kavle.north.web.door import LOG_IN, OPERATOR, Door
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor
from kavle.north.web.words import LANGUAGES

HOME = LOG_IN  # of a customer


class Entrance:
    def __init__(self, door: Door, renderer: Renderer, authenticator: Authenticator) -> None:
        self._door = door
        self._renderer = renderer
        self._authenticator = authenticator

    def routes(self) -> list[BaseRoute]:
        door = self._door
        return [
            Route("/", door.open(self.landing)),
            Route("/log-in", door.open(self.log_in), methods=["POST"]),
            Route("/log-out", door.open(self.log_out), methods=["POST"]),
            Route("/language/{language}", door.open(self.speak), methods=["POST"]),
        ]

    async def landing(self, request: Request, visitor: Visitor) -> Response:
        return self._renderer.page(visitor, "landing.html")

    def form(self, visitor: Visitor, going_to: str, name: str = "", wrong: str = "") -> Response:
        """The log-in form; `wrong` says why the last try was none."""
        return self._renderer.page(
            visitor, "log-in.html", 403 if wrong else 200, next=going_to, name=name, wrong=wrong
        )

    async def log_in(self, request: Request, visitor: Visitor) -> Response:
        form = await request.form()
        name, password = str(form.get("account", "")).strip(), str(form.get("password", ""))
        going_to = own_path(str(form.get("next", "")))
        try:
            account = await self._authenticator.log_in(name, password, visitor.caller)
        except Refusal as refusal:
            if refusal.reason is Reason.UNAVAILABLE:
                raise
            return self.form(visitor, going_to, name, visitor.words("Wrong account or password."))
        sessions, now = self._door.sessions, self._door.clock.now()
        visitor.session = sessions.sign_in("customer", account.name, account.password_hash, now)
        return RedirectResponse(going_to, 303)

    async def log_out(self, request: Request, visitor: Visitor) -> Response:
        visitor.session = self._door.sessions.new(self._door.clock.now())
        visitor.notify(visitor.words("You have logged out."))
        return RedirectResponse(OPERATOR if visitor.operator else LOG_IN, 303)

    async def speak(self, request: Request, visitor: Visitor) -> Response:
        form = await request.form()
        response = RedirectResponse(own_path(str(form.get("next", ""))), 303)
        for language in LANGUAGES:
            if language == request.path_params["language"]:
                self._door.speak(request, response, language)
        return response


def own_path(path: str, otherwise: str = HOME) -> str:
    """`path` if it is one of ours: no page of ours leads to another host."""
    parts = urlsplit(path)
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and not (parts.scheme or parts.netloc)
    return path if ours and path.isprintable() else otherwise
