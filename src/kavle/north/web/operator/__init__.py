"""`/operator`: the pages of those who run the gateway. Each asks core as its operator, and changes things
over the desk alone, which holds viewers off and keeps the audit log."""

from __future__ import annotations

from typing import NamedTuple

from starlette.routing import BaseRoute

from kavle.clock import Clock
from kavle.core.desk import Desk
from kavle.core.queries import Queries
from kavle.north.auth import OperatorAuthenticator
from kavle.north.web.door import Door
from kavle.north.web.filter import Reading
from kavle.north.web.log_in import OPERATORS, LogIn
from kavle.north.web.operator.accounts import Accounts
from kavle.north.web.operator.audit import Audit
from kavle.north.web.operator.carriers import Carriers
from kavle.north.web.operator.entrance import Entrance
from kavle.north.web.operator.incoming import Incoming
from kavle.north.web.operator.messages import Messages
from kavle.north.web.operator.numbers import Numbers
from kavle.north.web.operator.persons import Persons
from kavle.north.web.operator.stop_lists import StopLists
from kavle.north.web.operator.traffic import TrafficPage
from kavle.north.web.render import Renderer


class Office(NamedTuple):
    """What operators have beside what customers have."""

    desk: Desk
    authenticator: OperatorAuthenticator


def operator_routes(
    office: Office, door: Door, queries: Queries, renderer: Renderer, reading: Reading, clock: Clock
) -> list[BaseRoute]:
    desk = office.desk
    traffic = TrafficPage(queries, renderer, clock)
    return [
        *Entrance(LogIn(OPERATORS, door, renderer, office.authenticator), traffic).routes(door),
        *Accounts(queries, desk, renderer).routes(door),
        *Messages(queries, renderer, reading).routes(door),
        *Numbers(desk, renderer).routes(door),
        *Incoming(desk, renderer).routes(door),
        *Persons(desk, renderer).routes(door),
        *StopLists(queries, desk, renderer).routes(door),
        *Carriers(queries, desk, renderer, clock).routes(door),
        *Audit(queries, desk, renderer).routes(door),
    ]
