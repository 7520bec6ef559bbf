"""`/portal/bundles` and `/portal/scheduled`: what was sent to many, and what is to be sent later."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kavle.clock import Clock
from kavle.core.cancel import Cancel
from kavle.core.queries import Queries
from kavle.model.account import Account
from kavle.model.listing import BundleLine, BundleProgress, Place
from kavle.model.status import FINAL
from kavle.north.web.cancelling import cancel
from kavle.north.web.door import Door
from kavle.north.web.keys import id_of, keys_of
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor

PAGE: Final = 50


class Bundles:
    def __init__(self, queries: Queries, cancel: Cancel, renderer: Renderer, clock: Clock) -> None:
        self._queries = queries
        self._cancel = cancel
        self._renderer = renderer
        self._clock = clock

    def routes(self, door: Door) -> list[BaseRoute]:
        return [
            Route("/portal/bundles", door.customers(self.listing), methods=["GET"]),
            Route("/portal/bundle/{id}", door.customers(self.show), methods=["GET"]),
            Route("/portal/bundle/{id}/cancel", door.customers(self.cancel), methods=["POST"]),
            Route("/portal/scheduled", door.customers(self.scheduled), methods=["GET"]),
        ]

    async def listing(self, request: Request, visitor: Visitor, account: Account) -> Response:
        keys = keys_of(request, PAGE)
        page = await self._queries.bundles(account, keys)
        return self._renderer.page(visitor, "bundles.html", page=page, now=self._clock.now())

    async def show(self, request: Request, visitor: Visitor, account: Account) -> Response:
        progress = await self._queries.progress(account, request.path_params["id"])
        if progress is None:
            raise HTTPException(404)
        return self._renderer.page(
            visitor,
            "bundle-progress.html" if "hx-request" in request.headers else "bundle.html",
            bundle=progress.line,
            progress=progress,
            ended=_ended(progress),
            cancellable=waits(progress.line, self._clock.now()),
        )

    async def cancel(self, request: Request, visitor: Visitor, account: Account) -> Response:
        id = request.path_params["id"]
        if await self._queries.progress(account, id) is None:
            raise HTTPException(404)
        done = visitor.words("The bundle is cancelled, and its price is back on your balance.")
        await cancel(self._cancel.bundle(account, id), visitor, done)
        return RedirectResponse(f"/portal/bundle/{id}", 303)

    async def scheduled(self, request: Request, visitor: Visitor, account: Account) -> Response:
        after = _place(request.query_params.get("after", ""))
        page = await self._queries.scheduled(account, self._clock.now(), after, PAGE)
        later = page.later and f"{int(page.later.due_at.timestamp() * 1000)}-{page.later.id}"
        return self._renderer.page(visitor, "scheduled.html", page=page, later=later, first=after is None)


def waits(line: BundleLine, now: datetime) -> bool:
    """Whether it can, as far as a page can tell, still be cancelled."""
    return line.cancelled_at is None and line.due_at is not None and line.due_at > max(now, line.accepted_at)


def _ended(progress: BundleProgress) -> int:
    """How many of its messages will not change any more."""
    return sum(count for status, count in progress.statuses.items() if status in FINAL)


def _place(written: str) -> Place | None:
    """Milliseconds and an id, as the page itself writes them."""
    due, _, id = written.partition("-")
    known, at = id_of(id), due if due.isascii() and due.isdigit() and len(due) < 15 else ""
    return Place(datetime.fromtimestamp(int(at) / 1000, UTC), known) if at and known is not None else None
