"""`/portal/message/ID`: all that is known of one message, and an end to it while it waits for its time."""

from __future__ import annotations

from datetime import datetime

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kavle.clock import Clock
from kavle.core.cancel import Cancel
from kavle.core.queries import Queries
from kavle.model.account import Account
from kavle.model.history import Attempt, HistoryLine, MessageStory, ReceiptLine
from kavle.model.status import FINAL, Status
from kavle.north.web.cancelling import cancel
from kavle.north.web.door import Door
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor


class Event(msgspec.Struct, frozen=True):
    """A try or a receipt, as one line of what happened between the gateway and the network."""

    at: datetime
    segment: int | None
    attempt: Attempt | None
    receipt: ReceiptLine | None
    network_id: str | None
    said: str  # by the network, in its own words


class MessagePage:
    def __init__(self, queries: Queries, cancel: Cancel, renderer: Renderer, clock: Clock) -> None:
        self._queries = queries
        self._cancel = cancel
        self._renderer = renderer
        self._clock = clock

    def routes(self, door: Door) -> list[BaseRoute]:
        return [
            Route("/portal/message/{id}", door.customers(self.show), methods=["GET"]),
            Route("/portal/message/{id}/cancel", door.customers(self.cancel), methods=["POST"]),
        ]

    async def show(self, request: Request, visitor: Visitor, account: Account) -> Response:
        story = await self._queries.message(account, request.path_params["id"])
        if story is None:
            raise HTTPException(404)
        line = story.line
        return self._renderer.page(
            visitor,
            "message-story.html" if "hx-request" in request.headers else "message.html",
            story=story,
            line=line,
            events=events_of(story),
            final=line.status in FINAL,
            cancellable=waits_for_its_time(line, self._clock.now()),
        )

    async def cancel(self, request: Request, visitor: Visitor, account: Account) -> Response:
        id = request.path_params["id"]
        if await self._queries.message(account, id) is None:
            raise HTTPException(404)
        done = visitor.words("The message is cancelled, and its price is back on your balance.")
        await cancel(self._cancel.sms(account, id), visitor, done)
        listed = (await request.form()).get("from") == "scheduled"
        return RedirectResponse("/portal/scheduled" if listed else f"/portal/message/{id}", 303)


def waits_for_its_time(line: HistoryLine, now: datetime) -> bool:
    """Whether it can, as far as a page can tell, still be cancelled."""
    return line.status is Status.DELAYED and line.due_at is not None and line.due_at > now


def events_of(story: MessageStory) -> list[Event]:
    tries = [Event(one.at, one.segment, one, None, one.network_id, one.error or "") for one in story.attempts]
    receipts = [Event(one.at, one.segment, None, one, one.network_id, one.raw) for one in story.receipts]
    return sorted([*tries, *receipts], key=lambda event: event.at)
