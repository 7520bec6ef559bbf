"""Which messages a page is asked for: as it stands in its form and address, and as core is asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request

from kavle.model.account import Account
from kavle.model.history import Wanted
from kavle.model.listing import Keys
from kavle.model.msisdn import parse_msisdn
from kavle.model.status import FAILED, Status
from kavle.north.web.keys import id_of


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

_FIRST: Final = datetime(1970, 1, 2)  # noqa: DTZ001 -- of any zone; in the year 1 some have none


class Filter(msgspec.Struct, frozen=True):
    """As it stands in the page's own form and address."""

    state: str = ""
    number: str = ""
    since: str = ""  # days, as yyyy-mm-dd
    until: str = ""
    bundle: str = ""
    text: str = ""

    @classmethod
    def of(cls, request: Request) -> Filter:
        given = request.query_params
        return cls(**{name: given.get(name, "").strip()[:200] for name in cls.__struct_fields__})

    @property
    def query(self) -> str:
        return urlencode({name: value for name, value in msgspec.structs.asdict(self).items() if value})


class Reading:
    """Reads a filter as those who write it mean it: days of their zone, numbers of their country."""

    def __init__(self, zone: ZoneInfo, region: str) -> None:
        self._zone = zone
        self._region = region

    def wanted(self, chosen: Filter, account: Account | None, keys: Keys) -> Wanted:
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
        return max(day, _FIRST).replace(tzinfo=self._zone)

    def _number(self, written: str, account: Account | None) -> str:
        try:
            return (
                parse_msisdn(written, (account.settings.region if account else "") or self._region)
                if written
                else ""
            )
        except ValueError:
            return written  # which no message went to
