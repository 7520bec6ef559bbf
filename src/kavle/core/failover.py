"""Which of its route's carriers a message takes: pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from typing import Final, TypeVar

from kavle.model.prefix import ByPrefix
from kavle.model.service import Service

Routes = ByPrefix[tuple[int, ...]]
"""Carriers in order of preference."""
NO_ROUTES: Final[Routes] = ByPrefix({})

C = TypeVar("C")  # a carrier: its id, or its name

Takes = Callable[[int], bool]
"""Whether a carrier would take a message, by its sender and text."""


def any_message(carrier: object) -> bool:
    return True


def choose(carriers: Sequence[C], out: Container[C], takes: Callable[[C], bool] = any_message) -> C:
    """The first that takes the message and is not out; while all that take it are out, the first of these."""
    first = carriers[0]
    if len(carriers) == 1 or (first not in out and takes(first)):  # as good as always
        return first
    able = [one for one in carriers if takes(one)] or [first]
    return next((one for one in able if one not in out), able[0])


class Failover:
    """What the carriers' links mean for the routes: `told` of them each second.

    A carrier without a bound link on any node is *down*, and after so many seconds *out*: others send what it
    would. It is *up* as soon as it has a link again, and then gets back what still waits with others."""

    def __init__(self, routes: Routes, after: float, mms: Routes = NO_ROUTES) -> None:
        """`mms`: the routes of MMS, on which there is none of the carriers of the others."""
        self._routes = {Service.SMS: routes, Service.MMS: mms}
        self._after = after
        self._beside: dict[int, set[int]] = {}  # those that share a route with it
        self._behind: dict[int, set[int]] = {}  # and stand behind it there
        for _, carriers in (*routes.items(), *mms.items()):
            for place, carrier in enumerate(carriers):
                self._beside.setdefault(carrier, set()).update(set(carriers) - {carrier})
                self._behind.setdefault(carrier, set()).update(set(carriers[place + 1 :]) - {carrier})
        self._up: frozenset[int] = frozenset()  # nothing is known yet
        self._due_back: set[int] = set()  # queues in which something may wait for a carrier that is up again
        self._gone: frozenset[int] = frozenset()
        self.out: frozenset[int] = frozenset()
        self.down: Mapping[int, float] = {}  # for how many seconds

    def told(self, states: Mapping[int, float | None], gone: Collection[int] = ()) -> None:
        """For how many seconds each carrier has been down; None: it is up. Of those that no node serves,
        nothing is known; those of them are `gone` that the settings do not know of either."""
        self._gone = frozenset(gone)
        self.down = {carrier: seconds for carrier, seconds in states.items() if seconds is not None}
        up = frozenset(states.keys() - self.down.keys())
        for carrier in up - self._up:
            self._due_back |= self._behind.get(carrier, set())
        self._up = up
        self.out = frozenset(carrier for carrier, seconds in self.down.items() if seconds >= self._after)

    def queues(self) -> list[int]:
        """The carriers in whose queues something may be better off with another."""
        # What waits for a carrier that no route names any more goes by any that is up.
        left = {one for one in self.out | self._gone if self._beside.get(one, self._up) & self._up}
        return sorted(left | self._due_back)

    def begin(self, carrier: int) -> None:
        """Its queue is about to be looked through."""
        self._due_back.discard(carrier)

    def again(self, carrier: int) -> None:
        """It was not looked through to its end."""
        self._due_back.add(carrier)

    def better(self, here: int, recipient: str, takes: Takes, service: Service = Service.SMS) -> int | None:
        """The carrier into whose queue a ready message is to go from this one: one that has a link now."""
        carriers = self._routes[service].find(recipient)
        if not carriers:
            return None
        best = choose(carriers, self.out, takes)
        return best if best != here and best in self._up else None

    def serving(self) -> dict[tuple[Service, str], int]:
        """The carrier that each route's messages take, by service and prefix."""
        return {
            (service, prefix): choose(carriers, self.out)
            for service, routes in self._routes.items()
            for prefix, carriers in routes.items()
        }
