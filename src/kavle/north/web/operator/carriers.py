"""`/operator/carriers` and `/operator/held`: the ways to the networks, and what is to be decided on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kavle.clock import Clock
from kavle.core.carriers import CarriersView, ShowCarriers
from kavle.core.desk import Desk
from kavle.core.held import PAGE, DecideHeld, ListHeld
from kavle.core.queries import Queries
from kavle.model.account import Operator
from kavle.model.errors import OperatorError
from kavle.model.traffic import Span
from kavle.north.web.door import Door
from kavle.north.web.form import field
from kavle.north.web.operator.chart import SERIES
from kavle.north.web.render import PRIORITIES, Renderer
from kavle.north.web.visitor import Visitor

HOUR: Final = timedelta(hours=1)
DONE: Final = {
    "release": "It is in the queue again: sent, or ended as 43 if its validity is over.",
    "fail": "It has failed, and what was held is refunded.",
    "keep": "It is kept, and paid.",
}


class Carriers:
    def __init__(self, queries: Queries, desk: Desk, renderer: Renderer, clock: Clock) -> None:
        self._queries = queries
        self._desk = desk
        self._renderer = renderer
        self._clock = clock

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
            hour=await self._hour(operator),
            series=SERIES,
        )

    async def _hour(self, operator: Operator) -> Mapping[str, Counter[str]]:
        """By carrier, what became of messages in the last sixty minutes, by the names of SERIES."""
        now, zone = self._clock.now(), self._renderer.zone
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for one in await self._queries.traffic(operator, now - HOUR, now, Span.MINUTE, zone):
            counts[one.carrier or ""] += Counter({name: getattr(one, name) for name in SERIES})
        return counts

    async def held(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        carrier = request.query_params.get("carrier", "")
        command = _place(request.query_params.get("after", ""), carrier)
        lines = (await self._desk.ask(operator, command)).held or []
        last = lines[-1] if len(lines) == PAGE else None
        further = f"{last.since.isoformat()}_{last.id}" if last else ""
        return self._renderer.page(
            visitor,
            "operator/held.html",
            lines=lines,
            further=further,
            first=not command.after_id,
            carrier=carrier,
        )

    async def decide(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        id, verdict = await field(request, "id"), await field(request, "verdict")
        try:
            command = msgspec.convert({"verdict": verdict, "ids": [id]}, DecideHeld)
            done = (await self._desk.ask(operator, command)).done
        except msgspec.ValidationError as error:
            raise HTTPException(400) from error
        except OperatorError as error:
            visitor.refuse(visitor.words.error(error))
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


def _place(written: str, carrier: str) -> ListHeld:
    """As the page itself writes it; from the beginning for what is none."""
    since, _, id = written.partition("_")
    first = ListHeld(carrier or None)
    try:
        at = {"carrier": carrier or None, "after_since": since, "after_id": id}
        return msgspec.convert(at, ListHeld) if id else first
    except msgspec.ValidationError:
        return first
