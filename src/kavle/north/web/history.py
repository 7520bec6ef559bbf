"""`/visastatus.aspx`: what became of each message that the account has sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kavle.core.queries import Queries
from kavle.model.account import Account
from kavle.model.history import Wanted
from kavle.model.listing import Keys
from kavle.model.msisdn import parse_msisdn
from kavle.model.status import FAILED, Status
from kavle.north.web.door import Door
from kavle.north.web.entrance import Entrance
from kavle.north.web.keys import id_of, keys_of
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor

PAGE: Final = 50


class Group(NamedTuple):
    name: str
    statuses: tuple[Status, ...]


GROUPS: Final = {
    "waiting": Group("Waiting", (Status.RECEIVED, Status.DELAYED)),
    "network": Group("In the network", (Status.IN_NETWORK,)),
    "delivered": Group("Delivered", (Status.DELIVERED,)),
    "cancelled": Group("Cancelled", (Status.CANCELLED,)),
    "failed": Group("Failed", tuple(FAILED - {Status.CANCELLED})),
}
"""What can be chosen, and the codes that it means."""


class Filter(msgspec.Struct, frozen=True):
    """As it stands in the page's own form and address."""

    state: str = ""
    number: str = ""
    since: str = ""  # days, as yyyy-mm-dd
    until: str = ""
    bundle: str = ""
    text: str = ""

    @property
    def query(self) -> str:
        return urlencode({name: value for name, value in msgspec.structs.asdict(self).items() if value})


class History:
    def __init__(self, queries: Queries, entrance: Entrance, renderer: Renderer, region: str) -> None:
        self._queries = queries
        self._entrance = entrance
        self._renderer = renderer
        self._region = region

    def routes(self, door: Door) -> list[BaseRoute]:
        return [Route("/visastatus.aspx", door.open(self.front), methods=["GET"])]

    async def front(self, request: Request, visitor: Visitor) -> Response:
        """The address is the old service's, and was one's way to log in."""
        if visitor.account is None:
            return self._entrance.form(visitor, request.query_params.get("next", "/visastatus.aspx"))
        return await self._list(request, visitor, visitor.account)

    async def _list(self, request: Request, visitor: Visitor, account: Account) -> Response:
        given = request.query_params
        chosen = Filter(**{name: given.get(name, "").strip()[:200] for name in Filter.__struct_fields__})
        keys = keys_of(request, PAGE)
        page = await self._queries.messages(account, self._wanted(chosen, keys, account))
        template = "messages-table.html" if "hx-request" in request.headers else "messages.html"
        return self._renderer.page(
            visitor,
            template,
            page=page,
            chosen=chosen,
            groups={name: group.name for name, group in GROUPS.items()},
            newest=keys.before is None and keys.after is None,
            balance=await self._queries.balance(account),
        )

    def _wanted(self, chosen: Filter, keys: Keys, account: Account) -> Wanted:
        return Wanted(
            limit=keys.limit,
            before=keys.before,
            after=keys.after,
            since=self._day(chosen.since),
            until=self._day(chosen.until, later=1),
            statuses=GROUPS[chosen.state].statuses if chosen.state in GROUPS else (),
            recipient=self._number(chosen.number, account),
            bundle_id=id_of(chosen.bundle),
            text=chosen.text,
        )

    def _day(self, written: str, later: int = 0) -> datetime | None:
        """Its beginning where people live; None for what is no day."""
        try:
            day = datetime.strptime(written, "%Y-%m-%d") + timedelta(days=later)  # noqa: DTZ007 -- see below
        except (ValueError, OverflowError):
            return None
        return day.replace(tzinfo=self._renderer.zone)

    def _number(self, written: str, account: Account) -> str:
        try:
            return parse_msisdn(written, account.settings.region or self._region) if written else ""
        except ValueError:
            return written  # which no message went to
