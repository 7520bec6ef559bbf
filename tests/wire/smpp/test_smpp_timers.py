"""Every timer of SMPP 3.4 §7.2, in both roles, by a clock that is set."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.wire.smpp import events as ev
from kavle.wire.smpp import pdus
from kavle.wire.smpp.codec import encode
from kavle.wire.smpp.constants import CommandStatus
from kavle.wire.smpp.session import Session
from kavle.wire.smpp.states import Role, State
from kavle.wire.smpp.timers import Timers
from wire.smpp.smpp_pair import BINDS, DELIVERY, MESSAGE, Pair, sent_by

REQUESTS: Final[dict[Role, pdus.SubmitSm | pdus.DeliverSm]] = {Role.ESME: MESSAGE, Role.SMSC: DELIVERY}
RESPONSES: Final[dict[Role, pdus.SubmitSmResp | pdus.DeliverSmResp]] = {
    Role.ESME: pdus.SubmitSmResp("x"),
    Role.SMSC: pdus.DeliverSmResp(),
}
IDLE: Final = Timers(session_init=5, enquire_link=30, response=10, inactivity=70)

each_role = pytest.mark.parametrize("role", Role, ids=lambda role: role.value)


def ticked(session: Session, now: float) -> list[ev.Event]:
    """Nothing happens a moment before its deadline."""
    due = session.deadline()
    assert due == now
    assert session.tick(now - 0.001) == []
    return session.tick(now)


def asked_by(session: Session) -> list[type[pdus.Body]]:
    return [type(pdu.body) for pdu in sent_by(session)]


# session_init_timer


@each_role
def test_who_does_not_bind_in_time_is_dropped(role: Role) -> None:
    session = Session(role, 100.0, Timers(session_init=5))
    assert ticked(session, 105.0) == [ev.LinkDead("not bound in time")]
    assert session.state is State.CLOSED


@each_role
def test_a_bind_that_is_not_answered_in_time_is_no_bind(role: Role) -> None:
    pair = Pair()
    pair.esme.bind(pdus.BindTransceiver(), pair.now)
    pair.to_smsc()
    assert ticked(pair.of(role), 105.0) == [ev.LinkDead("not bound in time")]


def test_a_refused_bind_does_not_start_the_time_anew() -> None:
    pair = Pair()
    pair.esme.bind(pdus.BindTransceiver(), 104.0)
    pair.to_smsc()
    pair.smsc.refuse_bind(CommandStatus.ESME_RINVPASWD)
    pair.to_esme()
    assert ticked(pair.esme, 105.0) == [ev.LinkDead("not bound in time")]


@each_role
@pytest.mark.parametrize("kind", BINDS, ids=lambda kind: kind.__name__)
def test_who_is_bound_has_no_time_to_bind_in(role: Role, kind: type[pdus.Bind]) -> None:
    session = Pair().bound(kind).of(role)
    assert session.tick(106.0) == []
    assert session.deadline() == 130.0


# enquire_link_timer


@each_role
def test_silence_is_asked_about_and_the_answer_keeps_the_link(role: Role) -> None:
    pair = Pair().bound()
    session, peer = pair.of(role), pair.of(role.peer)
    assert ticked(session, 130.0) == []
    assert peer.receive(session.data_to_send(), 131.0) == []
    assert session.receive(peer.data_to_send(), 131.0) == []
    assert session.deadline() == 161.0
    assert session.state is State.BOUND_TRX


@each_role
def test_a_peer_that_stays_silent_is_dead(role: Role) -> None:
    session = Pair().bound().of(role)
    session.data_to_send()
    session.tick(130.0)
    assert asked_by(session) == [pdus.EnquireLink]
    assert session.tick(135.0) == []
    assert session.data_to_send() == b""
    assert ticked(session, 140.0) == [ev.LinkDead("no enquire_link_resp in time")]


@each_role
def test_a_peer_too_busy_to_answer_an_enquire_link_is_alive(role: Role) -> None:
    session = Pair().bound().of(role)
    session.tick(130.0)
    session.receive(encode(REQUESTS[role.peer], 1), 135.0)
    assert ticked(session, 140.0) == []
    assert session.deadline() == 165.0


def test_octets_that_drip_in_are_no_sign_of_life() -> None:
    pair = Pair().bound()
    for second, octet in enumerate(encode(DELIVERY, 1)[:30]):
        pair.esme.receive(bytes((octet,)), 100.0 + second)
    pair.esme.tick(130.0)
    assert asked_by(pair.esme) == [pdus.EnquireLink]


# inactivity_timer


def spoken_with(pair: Pair, role: Role, now: float) -> None:
    """An enquire_link and its answer: life, and no activity."""
    session, peer = pair.of(role), pair.of(role.peer)
    assert session.tick(now) == []
    assert peer.receive(session.data_to_send(), now) == []
    assert session.receive(peer.data_to_send(), now) == []


@each_role
def test_a_link_without_messages_is_unbound(role: Role) -> None:
    pair = Pair(IDLE).bound()
    session, peer = pair.of(role), pair.of(role.peer)
    spoken_with(pair, role, 130.0)
    spoken_with(pair, role, 160.0)
    assert ticked(session, 170.0) == []
    assert session.state is State.UNBINDING
    assert peer.receive(session.data_to_send(), 170.0) == [ev.Unbound()]
    assert session.receive(peer.data_to_send(), 170.0) == [ev.Unbound()]


@each_role
@pytest.mark.parametrize("sender", Role, ids=lambda role: f"a message of the {role.value}")
def test_a_message_either_way_is_activity(role: Role, sender: Role) -> None:
    pair = Pair(IDLE).bound()
    spoken_with(pair, role, 130.0)
    pair.now = 150.0
    pair.of(sender).request(REQUESTS[sender], "m", pair.now)
    (event,) = pair.to_smsc() + pair.to_esme()
    assert isinstance(event, ev.Submitted | ev.Delivered)
    pair.of(sender.peer).respond(event.sequence, RESPONSES[sender])
    pair.to_smsc()
    pair.to_esme()
    spoken_with(pair, role, 180.0)
    spoken_with(pair, role, 210.0)
    assert ticked(pair.of(role), 220.0) == []
    assert pair.of(role).state is State.UNBINDING


@each_role
def test_what_awaits_its_response_is_no_inactivity(role: Role) -> None:
    pair = Pair(Timers(session_init=5, enquire_link=300, response=90, inactivity=70)).bound()
    session = pair.of(role)
    session.request(REQUESTS[role], "m", 100.0)
    assert session.tick(180.0) == []
    assert session.state is State.BOUND_TRX
    assert ticked(session, 190.0) == [ev.Unanswered("m", "no response in time")]
    assert session.state is State.UNBINDING


@each_role
def test_it_is_off_unless_it_is_set(role: Role) -> None:
    pair = Pair().bound()
    for asked in range(130, 100_000, 30):
        spoken_with(pair, role, float(asked))
    assert pair.of(role).state is State.BOUND_TRX


# response_timer


@each_role
def test_a_request_without_response_comes_back_unanswered_and_a_late_response_is_a_stray(
    role: Role,
) -> None:
    pair = Pair().bound()
    session, peer = pair.of(role), pair.of(role.peer)
    session.request(REQUESTS[role], "a", 100.0)
    session.request(REQUESTS[role], "b", 104.0)
    assert ticked(session, 110.0) == [ev.Unanswered("a", "no response in time")]
    for event in peer.receive(session.data_to_send(), 110.0):
        assert isinstance(event, ev.Submitted | ev.Delivered)
        peer.respond(event.sequence, RESPONSES[role])
    assert session.receive(peer.data_to_send(), 110.0) == [ev.Response("b", 0, RESPONSES[role])]
    assert session.strays == 1
    assert session.state is State.BOUND_TRX


@each_role
def test_an_unbind_without_response_ends_all_the_same(role: Role) -> None:
    session = Pair().bound().of(role)
    session.unbind(100.0)
    assert ticked(session, 110.0) == [ev.LinkDead("no unbind_resp in time")]


# All of them together

happenings = st.lists(
    st.tuples(
        st.sampled_from(["wait", "deadline", "request", "hear", "enquire", "unbind"]), st.floats(0, 50)
    ),
    max_size=30,
)


@given(st.sampled_from(Role), st.sampled_from([*BINDS, None]), happenings)
def test_what_is_due_is_done_by_one_tick(
    role: Role, kind: type[pdus.Bind] | None, happening: list[tuple[str, float]]
) -> None:
    """So a transport that calls `tick` at each `deadline` never spins; and every link comes to an end that
    nobody speaks on."""
    pair = Pair(IDLE) if kind is None else Pair(IDLE).bound(kind)
    session, now = pair.of(role), pair.now
    for what, seconds in happening:
        due = session.deadline()
        if what == "request" and type(REQUESTS[role]) in session._may_send:
            session.request(REQUESTS[role], "m", now)
        elif what == "unbind" and pdus.Unbind in session._may_send:
            session.unbind(now)
        elif what in ("hear", "enquire"):
            heard = REQUESTS[role.peer] if what == "hear" else pdus.EnquireLink()
            session.receive(encode(heard, 1), now)
        elif what == "deadline" and due is not None:
            now = max(now, due)
        else:
            now += seconds
        session.tick(now)
        due = session.deadline()
        assert due is None or due > now
    for _ in range(20):
        due = session.deadline()
        if due is None:
            return
        session.tick(due)
    raise AssertionError("a silent link lives for ever")
