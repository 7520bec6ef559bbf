"""Which segments go out when, and how many are leased for it: the window, its shares, and its rate."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog import get_logger

from journey.smsc_peer import Core
from kavle.clock import SetClock
from kavle.core.shares import Shares
from kavle.model.message import Parcel, Unsent
from kavle.south.smpp.rate import AHEAD, Rate
from kavle.south.smpp.settings import SmppSettings
from kavle.south.smpp.submit import submit_sm
from kavle.south.smpp.submitter import Submitter
from kavle.south.smpp.window import PATIENCE, Handed, Window
from kavle.wire.smpp.constants import CommandStatus
from kavle.wire.smpp.events import Response, Unanswered
from kavle.wire.smpp.pdus import SubmitSm, SubmitSmResp
from kavle.wire.smpp.session import Session
from support.bound import NOW, Line, parcel

QUICK = AHEAD / 10
"""Seconds until a network answers that turns a window over in a moment."""


def of_priority(priority: int, count: int = 1) -> list[Parcel]:
    return [parcel(priority=priority) for _ in range(count)]


def sent(window: Window, session: Session, now: float = 0.0) -> int:
    before = session.in_flight
    assert window.fill(session, now) == []
    return session.in_flight - before


def test_what_has_waited_too_long_for_room_is_not_sent() -> None:
    window, session = Window(1), Line().session
    window.put([parcel("x" * 400)], 0.0)
    assert window.fill(session, 0.0) == []
    session.tick(20.0)  # the first is given up: there is room again, too late for the others
    ended = window.fill(session, PATIENCE + 1)
    assert [(handed.segments[0].number, result) for handed, result in ended] == [(2, Unsent()), (3, Unsent())]
    assert window.submits == 1
    assert window.room(session, PATIENCE + 1) == 1


def test_a_tenth_of_the_window_is_kept_for_alarms() -> None:
    window, session = Window(20), Line().session
    assert (window.room(session, 0.0), window.kept(session, 0.0)) == (20, 2)
    window.put(of_priority(1, 30), 0.0)
    assert sent(window, session) == 18
    assert (window.room(session, 0.0), window.kept(session, 0.0)) == (2, 2)
    window.put(of_priority(3, 3), 0.0)
    assert sent(window, session) == 2
    assert (window.room(session, 0.0), window.waiting) == (0, 13)


def test_of_alarms_as_many_as_the_window_holds_are_in_flight() -> None:
    window, session = Window(20), Line().session
    window.put(of_priority(3, 25), 0.0)
    window.put(of_priority(2, 5), 0.0)
    assert sent(window, session) == 20


def test_a_window_of_one_keeps_nothing() -> None:
    window, session = Window(1), Line().session
    assert (window.room(session, 0.0), window.kept(session, 0.0)) == (1, 0)
    window.put(of_priority(1), 0.0)
    assert sent(window, session) == 1


def test_alarms_go_before_what_waits_for_its_turn() -> None:
    window, session = Window(100, Rate(10)), Line().session
    names = {1: "bulk", 2: "normal", 3: "alarm"}
    window.put([parcel(priority=priority, sender=names[priority]) for priority in (1, 2, 1, 3)], 0.0)
    for now in (0.0, 0.1, 0.2, 0.3):
        assert sent(window, session, now) == 1
    written = session.data_to_send()
    assert re.findall(b"alarm|normal|bulk", written) == [b"alarm", b"normal", b"bulk", b"bulk"]


# --- what is leased before its turn --------------------------------------------------------------------


class Link:
    """A window at work on a session; its network answers when it is told to."""

    def __init__(self, size: int, rate: float | None = None, *, ahead: bool = True) -> None:
        self.window = Window(size, Rate(rate), ahead=ahead)
        self._line = Line()
        self.session = self._line.session
        self._out: list[Handed] = []

    def _said(self, handed: Handed) -> SubmitSm:
        self._out.append(handed)
        return submit_sm(handed.parcel, handed.segments[0])

    def room(self, now: float) -> tuple[int, int]:
        """For priority 3, and for the others."""
        room = self.window.room(self.session, now)
        return room, room - self.window.kept(self.session, now)

    def put(self, parcels: Sequence[Parcel], now: float) -> list[int]:
        """The priorities of what goes out then."""
        self.window.put(parcels, now)
        return self.fill(now)

    def fill(self, now: float) -> list[int]:
        assert not self.window.fill(self.session, now, self._said)
        out = [handed.parcel.priority for handed in self._out]
        self._out.clear()
        return out

    def answer(self, count: int, now: float, *, throttled: bool = False) -> list[int]:
        """To the oldest; the priorities of what goes out in their place."""
        for response in self._line.answer(count, now):
            assert isinstance(response.token, Handed)
            self.window.answered(response.token, now, throttled=throttled)
        return self.fill(now)


def quick(size: int, rate: float | None = None) -> Link:
    """Its network has answered in a moment, just before the time 0."""
    link = Link(size, rate)
    assert link.put(of_priority(2), -QUICK) == [2]
    assert link.answer(1, 0.0) == []
    return link


def test_where_the_network_is_quick_as_many_again_are_leased_and_wait() -> None:
    link = quick(20)
    assert link.room(0.0) == (40, 38)
    assert len(link.put(of_priority(1, 38), 0.0)) == 18
    assert link.room(0.0) == (2, 0)  # the slots that are kept, and nothing more ahead
    assert len(link.answer(10, QUICK)) == 10
    assert link.room(QUICK) == (12, 10)


def test_a_long_message_takes_its_segments_of_it() -> None:
    link = quick(20)
    link.put([parcel("x" * 400, priority=3)] * 10, 0.0)
    assert (link.session.in_flight, link.window.waiting) == (20, 10)
    assert link.room(0.0) == (10, 10)


@pytest.mark.parametrize("tells", ["nothing yet", "slow", "asks for less", "silent", "link lost"])
def test_where_it_is_not_none_is_leased_before_its_turn(tells: str) -> None:
    link = Link(20) if tells == "nothing yet" else quick(20)
    if tells != "nothing yet":
        link.put(of_priority(2), 0.0)
    if tells == "slow":
        link.answer(1, AHEAD)
    elif tells == "asks for less":
        link.answer(1, QUICK, throttled=True)
    elif tells == "silent":
        (gone,) = [one for one in link.session.tick(60.0) if isinstance(one, Unanswered)]
        assert isinstance(gone.token, Handed)
        link.window.answered(gone.token, 60.0)
    elif tells == "link lost":
        for token in link.session.abandon():
            assert isinstance(token, Handed)
            link.window.answered(token, QUICK)
        link.window.withdraw()
    assert link.room(60.0) == (20, 18)


def test_where_none_is_to_be_ahead_none_is() -> None:
    link = Link(20, ahead=False)
    link.put(of_priority(2), -QUICK)
    link.answer(1, 0.0)
    assert link.room(0.0) == (20, 18)


@pytest.mark.parametrize(
    ("unsure", "response", "seconds", "room"),
    [
        ("send again", CommandStatus.ESME_ROK, QUICK, 200),
        ("send again", CommandStatus.ESME_RTHROTTLED, QUICK, 100),
        ("send again", None, 10.0, 100),
        # A crash would put it before an operator, though no network can have it.
        ("hold", CommandStatus.ESME_ROK, QUICK, 100),
    ],
)
async def test_a_network_tells_by_its_answers_whether_any_is_leased_ahead(
    unsure: Any, response: CommandStatus | None, seconds: float, room: int
) -> None:
    line = Line()

    class Way:
        open = SimpleNamespace(session=line.session)

        def flush(self) -> None: ...

    settings = SmppSettings(name="telia", host="smsc", system_id="a", password="b", unsure=unsure)
    submitter = Submitter(settings, Way(), Core(), SetClock(), get_logger(), lambda seconds: None)
    submitter.put(of_priority(2))
    submitter.fill()
    (token,) = line.session.abandon()
    assert isinstance(token, Handed)
    answer = Unanswered(token, "too late") if response is None else Response(token, response, SubmitSmResp())
    submitter.ended([answer], token.at + seconds, NOW)
    assert submitter.free() == room


def test_no_more_than_a_moments_worth_of_a_rate_is_leased_however_quick_the_network() -> None:
    assert quick(100, rate=100).room(0.0) == (20, 20)  # of the tokens one is back already
    assert quick(10, rate=100).room(0.0) == (20, 19)


def test_an_alarm_goes_at_once_though_a_window_waits() -> None:
    link = quick(20)
    link.put(of_priority(1, 38), 0.0)
    assert link.put(of_priority(3, 2), 0.0) == [3, 3]
    assert link.room(0.0) == (0, 0)
    assert link.put(of_priority(3), 0.0) == []
    assert link.answer(2, QUICK) == [3, 1]


def test_and_is_leased_at_once_though_the_network_has_become_slow() -> None:
    link = quick(20)
    link.put(of_priority(1, 38), 0.0)
    assert len(link.answer(1, 5.0)) == 1
    assert link.room(5.0) == (2, 0)
    assert link.put(of_priority(3, 2), 5.0) == [3, 3]


def test_what_waits_is_given_back_unsent_with_the_link() -> None:
    link = quick(20)
    link.put([*of_priority(1, 30), *of_priority(2, 8)], 0.0)
    assert Counter(result for _, result in link.window.withdraw()) == {Unsent(): 20}
    assert link.window.waiting == 0


def served(link: Link, flood: int, other: int, seconds: float) -> Counter[int]:
    """What goes out while of both more wait than the link takes, each leased by its share."""
    shares, out, now = Shares(), Counter[int](), 0.0
    while now < seconds:
        (room, lower), owed = link.room(now), shares.owed()
        share = min(owed.get(other, 0), lower)
        taken = {other: share, flood: (room if flood == 3 else lower) - share}
        shares.took(taken, [])
        out.update(link.put([*of_priority(flood, taken[flood]), *of_priority(other, share)], now))
        now += QUICK
        out.update(link.answer(link.session.in_flight, now))
    return out


@pytest.mark.parametrize("rate", [None, 10, 100, 1000])
@pytest.mark.parametrize(("flood", "other"), [(3, 2), (3, 1), (2, 1)])
def test_beside_a_flood_that_waits_ahead_of_it_each_lower_priority_gets_its_tenth(
    rate: float | None, flood: int, other: int
) -> None:
    """Who has a tenth of the leases has a tenth of the slots, though the flood never leaves one free."""
    out = served(quick(100, rate), flood, other, 2.0 if rate is None else 10.0)
    assert out[other] / out[flood] == pytest.approx(0.1, abs=0.04)


@given(
    size=st.integers(1, 30),
    steps=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 30), st.booleans()), max_size=30),
)
def test_whatever_comes_a_window_is_in_flight_and_a_window_waits_at_most(
    size: int, steps: list[tuple[int, int, bool]]
) -> None:
    link, now = Link(size), 0.0
    for priority, answers, soon in steps:
        room, others = link.room(now)
        assert 0 <= others <= room
        link.put(of_priority(priority, room if priority == 3 else others), now)
        assert link.session.in_flight <= size
        assert link.session.in_flight + link.window.waiting <= 2 * size
        now += QUICK if soon else 2 * AHEAD
        link.answer(min(answers, link.session.in_flight), now)


# --- the rate ------------------------------------------------------------------------------------------


@given(per_second=st.floats(1, 5_000), steps=st.lists(st.floats(0, 0.3), max_size=60))
def test_no_second_has_more_than_the_rate_and_none_is_wasted(per_second: float, steps: list[float]) -> None:
    rate, now, out = Rate(per_second), 1000.0, 0
    begun = now
    for step in steps:
        now += step
        ready = rate.ready(now)
        assert ready <= rate.lot
        rate.take(ready, now)
        out += ready
    assert out <= per_second * (now - begun) + rate.lot + 1
    wait = rate.wait(now)
    assert rate.ready(now + wait) >= 1
    assert wait <= 1 / per_second + 1e-6


def test_no_more_is_leased_than_goes_out_in_a_moment() -> None:
    window, session = Window(100, Rate(100)), Line().session
    assert (window.lot, window.room(session, 0.0)) == (10, 20)  # those at once, and the next 100 ms
    window.put(of_priority(1, 20), 0.0)
    assert sent(window, session) == 10
    assert window.kept(session, 0.0) == window.room(session, 0.0) == 10  # before what waits
    assert window.pause(session, 0.0) == pytest.approx(0.01)
    assert sent(window, session, 0.05) == 5
    assert sent(window, session, 0.1) == 5
    assert window.pause(session, 0.1) is None


def test_a_slow_link_is_given_one_at_a_time() -> None:
    window, session = Window(100, Rate(2)), Line().session
    window.put(of_priority(1), 0.0)
    assert sent(window, session) == 1
    assert window.room(session, 0.0) == 1
    window.put(of_priority(1), 0.0)
    assert sent(window, session) == 0
    assert window.room(session, 0.0) - window.kept(session, 0.0) == 0
    assert window.pause(session, 0.0) == pytest.approx(0.5)
