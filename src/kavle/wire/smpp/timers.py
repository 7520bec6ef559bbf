"""The timers of SMPP 3.4 §7.2 that belong to the link; the response timer runs for each request, in
`outstanding`. Times are float seconds of any monotonic clock."""

from __future__ import annotations

from math import inf
from typing import Final

import msgspec

from kavle.wire.smpp.states import BOUND, State


class Timers(msgspec.Struct, frozen=True, gc=False):
    """In seconds."""

    session_init: float = 10.0  # from the connection to the end of the bind
    enquire_link: float = 30.0  # of the peer's silence before it is asked whether it lives
    response: float = 10.0
    inactivity: float = inf  # without a message either way before this side unbinds


STANDARD_TIMERS: Final = Timers()


class Watch:
    """What was last seen on a link when, and what falls due by that. `now`: when the connection was made."""

    def __init__(self, timers: Timers, now: float) -> None:
        self._timers = timers
        self._opened = self._used = self.heard = now

    def hear(self, now: float) -> None:
        """The peer has said something whole."""
        self.heard = now

    def use(self, now: float) -> None:
        """A message or its response has passed, or the bind: what the inactivity timer waits for."""
        self._used = now

    def not_bound(self, state: State, now: float) -> bool:
        return state is State.OPEN and now >= self._opened + self._timers.session_init

    def idle(self, state: State, now: float) -> bool:
        return state in BOUND and now >= self._used + self._timers.inactivity

    def silent(self, state: State, now: float) -> bool:
        return state in BOUND and now >= self.heard + self._timers.enquire_link

    def deadline(self, state: State, *, asking: bool, in_flight: bool) -> float:
        """Of the first of these, or inf. With an enquire_link under way (`asking`) no other is sent, and a
        message `in_flight` is no inactivity: both have their response timer."""
        if state is State.OPEN:
            return self._opened + self._timers.session_init
        if state not in BOUND:
            return inf
        silent = inf if asking else self.heard + self._timers.enquire_link
        return silent if in_flight else min(silent, self._used + self._timers.inactivity)
