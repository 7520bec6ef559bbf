"""`/operator`, once in: how much goes through, minute by minute, by hours and by days."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from kavle.clock import Clock
from kavle.core.queries import Queries
from kavle.model.account import Operator
from kavle.model.traffic import Span
from kavle.north.web.operator.chart import HEIGHT, LEFT, SERIES, TOP, WIDTH, chart, slots
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor

SPANS = {Span.MINUTE: "By minute", Span.HOUR: "By hour", Span.DAY: "By day"}


class TrafficPage:
    def __init__(self, queries: Queries, renderer: Renderer, clock: Clock) -> None:
        self._queries = queries
        self._renderer = renderer
        self._clock = clock

    async def show(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        wanted = request.query_params.get("by", "")
        span = next((one for one in Span if one.value == wanted), Span.MINUTE)
        now, zone = self._clock.now(), self._renderer.zone
        begins = slots(now, span, zone)
        found = await self._queries.traffic(operator, begins[0], now, span, zone)
        return self._renderer.page(
            visitor,
            "operator/traffic-now.html" if "hx-request" in request.headers else "operator/traffic.html",
            chart=chart(begins, found),
            series=SERIES,
            spans=SPANS,
            span=span,
            size=(WIDTH, HEIGHT, LEFT, TOP),
        )
