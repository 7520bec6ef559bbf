"""The form by which people of one kind come in, customers or operators."""

from __future__ import annotations

from typing import Final, Generic, NamedTuple, TypeVar
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kavle.model.errors import Reason, Refusal
from kavle.north.auth import Holder, LogIns
from kavle.north.web.door import LOG_IN, OPERATOR, Door
from kavle.north.web.render import Renderer
from kavle.north.web.sessions import Kind
from kavle.north.web.visitor import Visitor

W = TypeVar("W", bound=Holder)


class Way(NamedTuple):
    """How one kind of people is asked who they are, and where they come first."""

    kind: Kind
    template: str
    field: str  # their name's
    home: str
    wrong: str


CUSTOMERS: Final = Way("customer", "log-in.html", "account", LOG_IN, "Wrong account or password.")
OPERATORS: Final = Way("operator", "operator/log-in.html", "operator", OPERATOR, "Wrong name or password.")


class LogIn(Generic[W]):
    def __init__(self, way: Way, door: Door, renderer: Renderer, log_ins: LogIns[W]) -> None:
        self._way = way
        self._door = door
        self._renderer = renderer
        self._log_ins = log_ins

    def form(self, visitor: Visitor, going_to: str, name: str = "", wrong: str = "") -> Response:
        """`wrong` says why the last try was none."""
        going_to = own_path(going_to, self._way.home)
        return self._renderer.page(
            visitor, self._way.template, 403 if wrong else 200, next=going_to, name=name, wrong=wrong
        )

    async def sent(self, request: Request, visitor: Visitor) -> Response:
        form = await request.form()
        name, password = str(form.get(self._way.field, "")).strip(), str(form.get("password", ""))
        going_to = own_path(str(form.get("next", "")), self._way.home)
        try:
            found = await self._log_ins.log_in(name, password, visitor.caller)
        except Refusal as refusal:
            if refusal.reason is Reason.UNAVAILABLE:
                raise
            return self.form(visitor, going_to, name, visitor.words(self._way.wrong))
        now = self._door.clock.now()
        visitor.session = self._door.sessions.sign_in(self._way.kind, found.name, found.password_hash, now)
        return RedirectResponse(going_to, 303)


def own_path(path: str, otherwise: str) -> str:
    """`path` if it is one of ours: no page of ours leads to another host."""
    parts = urlsplit(path)
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and not (parts.scheme or parts.netloc)
    return path if ours and path.isprintable() else otherwise
