"""`/operator/carriers` and `/operator/held`: the ways to the networks, and what is to be decided on."""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kavle.core.carriers import CarriersView, ShowCarriers
from kavle.core.desk import Desk
from kavle.core.held import PAGE, DecideHeld, ListHeld
from kavle.model.account import Operator
from kavle.model.errors import OperatorError
from kavle.north.web.door import Door
from kavle.north.web.form import field
from kavle.north.web.render import PRIORITIES, Renderer
from kavle.north.web.visitor import Visitor

DONE: Final = {
    "release": "It is sent again.",
    "fail": "It has failed, and what was held is refunded.",
    "keep": "It is kept, and paid.",
}


class Carriers:
    def __init__(self, desk: Desk, renderer: Renderer) -> None:
        self._desk = desk
        self._renderer = renderer

    def routes(self, door: Door) -> list[BaseRoute]:
        return [
            Route("/operator/carriers", door.operators(self.show), methods=["GET"]),
            Route("/operator/held", door.operators(self.held), methods=["GET"]),
            Route("/operator/held", door.admins(self.decide), methods=["POST"]),
        ]

    async def show(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        view = (await self._desk.ask(operator, ShowCarriers())).carriers
        view = view or CarriersView([], [])
        return self._renderer.page(
            visitor,
            "operator/carriers-now.html" if "hx-request" in request.headers else "operator/carriers.html",
            view=view,
            down=[one for one in view.states if one.down_since is not None],
            queues=_queues(view),
        )

    async def held(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        command = _place(request.query_params.get("after", ""))
        lines = (await self._desk.ask(operator, command)).held or []
        last = lines[-1] if len(lines) == PAGE else None
        further = f"{last.since.isoformat()}_{last.id}" if last else ""
        return self._renderer.page(
            visitor, "operator/held.html", lines=lines, further=further, first=not command.after_id
        )

    async def decide(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        id, verdict = await field(request, "id"), await field(request, "verdict")
        try:
            command = msgspec.convert({"verdict": verdict, "ids": [id]}, DecideHeld)
            done = (await self._desk.ask(operator, command)).done
        except msgspec.ValidationError as error:
            raise HTTPException(400) from error
        except OperatorError as error:
            visitor.notify(visitor.words.error(error))
        else:
            words = visitor.words
            visitor.notify(words(DONE[verdict]) if done else words("It is not held, or not any more."))
        return RedirectResponse("/operator/held", 303)


def _queues(view: CarriersView) -> dict[str, list[int]]:
    """By carrier, how many wait of each priority, as `PRIORITIES` has them."""
    waiting = {(one.carrier, one.priority): one.messages for one in view.backlog}
    links = (line.carrier for line in view.links)
    names = sorted({*links, *(one.carrier for one in view.backlog), *(one.carrier for one in view.states)})
    return {name: [waiting.get((name, int(priority)), 0) for priority in PRIORITIES] for name in names}


def _place(written: str) -> ListHeld:
    """As the page itself writes it; from the beginning for what is none."""
    since, _, id = written.partition("_")
    try:
        return msgspec.convert({"after_since": since, "after_id": id}, ListHeld) if id else ListHeld()
    except msgspec.ValidationError:
        return ListHeld()
