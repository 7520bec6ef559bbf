"""The pages: a customer's history and portal, in the customer's language."""

from __future__ import annotations

import msgspec

from kavle.clock import Clock
from kavle.core.room import Room
from kavle.north.auth import Authenticator
from kavle.north.caller import Callers
from kavle.north.http import App
from kavle.north.settings import Locale
from kavle.north.verbs import Verbs
from kavle.north.web.account import AccountPage
from kavle.north.web.bundles import Bundles
from kavle.north.web.door import Door
from kavle.north.web.entrance import Entrance
from kavle.north.web.export import Export
from kavle.north.web.files import Files
from kavle.north.web.filter import Reading
from kavle.north.web.history import History
from kavle.north.web.incoming import Incoming
from kavle.north.web.ledger import Ledger
from kavle.north.web.log_in import CUSTOMERS, LogIn
from kavle.north.web.message import MessagePage
from kavle.north.web.numbers import Numbers
from kavle.north.web.operator import Office, operator_routes
from kavle.north.web.phone_network import PhoneNetwork
from kavle.north.web.phones import Guest, Phones
from kavle.north.web.render import Renderer
from kavle.north.web.send import Send
from kavle.north.web.send_mms import SendMms
from kavle.north.web.sessions import Sessions
from kavle.north.web.site import site
from kavle.north.web.stop_list import StopList


class PageTerms(msgspec.Struct, frozen=True):
    """What the pages must know of the gateway."""

    session_key: bytes  # the same on all nodes
    locale: Locale = Locale()
    region: str = "SE"  # of numbers in national form
    phones: str = ""  # where a simulated network tells of its phones; empty: there are none
    guest: Guest | None = None  # whom everybody may send as


def pages(
    terms: PageTerms,
    verbs: Verbs,
    entrants: Authenticator,
    callers: Callers,
    clock: Clock,
    room: Room,
    office: Office | None = None,
) -> App:
    """`office`: where operators have pages, too."""
    accept, cancel, queries, portal, files = verbs
    renderer = Renderer(terms.locale.zone, phones=bool(terms.phones))
    sessions, language = Sessions(terms.session_key), terms.locale.language
    door = Door(sessions, queries.entrant, queries.operator, callers, clock, language, room)
    log_in = LogIn(CUSTOMERS, door, renderer, entrants)
    reading = Reading(terms.locale.zone, terms.region)
    routes = [
        *Entrance(door, renderer, log_in).routes(),
        *History(queries, log_in, renderer, reading).routes(door),
        *Send(accept, queries, renderer, clock).routes(door),
        *SendMms(accept, queries, renderer).routes(door),
        *Ledger(queries, renderer).routes(door),
        *AccountPage(door, renderer, entrants, portal, callers).routes(door),
        *Export(queries, reading, renderer).routes(door),
        *MessagePage(queries, cancel, renderer, clock).routes(door),
        *Files(files).of_customers(door),
        *Bundles(queries, cancel, renderer, clock).routes(door),
        *Incoming(portal, renderer).routes(door),
        *Numbers(portal, renderer, clock).routes(door),
        *StopList(portal, renderer).routes(door),
    ]
    if terms.phones:
        network = PhoneNetwork(terms.phones)
        routes += Phones(network, queries, renderer, terms.region, terms.guest).routes(door)
    if office is not None:
        routes += Files(files).of_operators(door)
        routes += operator_routes(office, door, queries, renderer, reading, clock)
    return site(door, renderer, routes)
