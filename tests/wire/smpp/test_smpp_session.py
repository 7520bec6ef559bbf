"""Two sessions in opposite roles talk by octets, with the time set by hand."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.wire.smpp import ancillary, pdus
from kavle.wire.smpp import events as ev
from kavle.wire.smpp.body import Body, Pdu
from kavle.wire.smpp.codec import encode
from kavle.wire.smpp.constants import INTERFACE_VERSION, MAX_SEQUENCE, CommandId, CommandStatus, Tag
from kavle.wire.smpp.errors import FieldError, StateError
from kavle.wire.smpp.states import Role, State
from wire.smpp.smpp_bodies import bodies, mutated
from wire.smpp.smpp_pair import BINDS, DATA, DELIVERY, MESSAGE, Pair, sent_by

# Binding


@pytest.mark.parametrize(("kind", "state"), BINDS.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_each_bind_leads_to_its_state_on_both_sides(kind: type[pdus.Bind], state: State) -> None:
    pair = Pair().bound(kind)
    assert (pair.esme.state, pair.smsc.state) == (state, state)


def test_a_refused_bind_tells_why_and_may_be_tried_again() -> None:
    pair = Pair()
    pair.esme.bind(pdus.BindTransceiver("kavle", "wrong"), pair.now)
    pair.to_smsc()
    pair.smsc.refuse_bind(CommandStatus.ESME_RINVPASWD)
    assert pair.to_esme() == [ev.BindRefused(CommandStatus.ESME_RINVPASWD)]
    assert pair.bound().esme.state is State.BOUND_TRX


def test_a_nacked_bind_is_a_refused_one() -> None:
    pair = Pair()
    pair.esme.bind(pdus.BindTransceiver(), pair.now)
    assert pair.esme.receive(encode(pdus.GenericNack(), 1, 3), pair.now) == [ev.BindRefused(3)]


def test_an_esme_of_before_3_4_is_sent_no_tlv() -> None:
    pair = Pair()
    pair.esme.bind(pdus.BindTransmitter("old", interface_version=0x33), pair.now)
    pair.to_smsc()
    pair.smsc.accept_bind("smsc", pair.now)
    assert pair.to_esme() == [ev.Bound("smsc", None)]


def test_one_bind_at_a_time() -> None:
    pair = Pair()
    pair.esme.bind(pdus.BindTransceiver(), pair.now)
    with pytest.raises(StateError):
        pair.esme.bind(pdus.BindTransceiver(), pair.now)
    second = encode(pdus.BindTransceiver(), 2)
    _, error = pair.smsc.receive(pair.esme.data_to_send() + second, pair.now)
    assert isinstance(error, ev.PeerError)
    assert sent_by(pair.smsc) == [Pdu(2, CommandStatus.ESME_RALYBND, pdus.BindTransceiverResp())]
    pair.smsc.accept_bind("smsc", pair.now)
    assert pair.to_esme() == [ev.Bound("smsc", INTERFACE_VERSION)]


def test_a_bind_that_nobody_asked_for_is_not_answered() -> None:
    with pytest.raises(StateError):
        Pair().smsc.accept_bind("smsc", 100)
    with pytest.raises(StateError):
        Pair().bound().smsc.refuse_bind(CommandStatus.ESME_RBINDFAIL)


def test_outbind_asks_the_esme_to_bind() -> None:
    pair = Pair()
    pair.smsc.notify(pdus.Outbind("smsc", "secret"))
    assert pair.to_esme() == [ev.OutbindReceived(pdus.Outbind("smsc", "secret"))]


# Messages


def test_a_submission_and_its_response_with_the_senders_own_token() -> None:
    pair = Pair().bound()
    token = object()
    pair.esme.request(MESSAGE, token, pair.now)
    assert pair.esme.in_flight == 1
    (submitted,) = pair.to_smsc()
    assert isinstance(submitted, ev.Submitted)
    assert submitted.message == MESSAGE
    pair.smsc.respond(submitted.sequence, pdus.SubmitSmResp("A1"))
    assert pair.to_esme() == [ev.Response(token, 0, pdus.SubmitSmResp("A1"))]
    assert pair.esme.in_flight == 0


def test_responses_may_come_in_any_order() -> None:
    pair = Pair().bound()
    for name in "abc":
        pair.esme.request(MESSAGE, name, pair.now)
    for submitted in reversed(pair.to_smsc()):
        assert isinstance(submitted, ev.Submitted)
        pair.smsc.respond(submitted.sequence, pdus.SubmitSmResp(), CommandStatus.ESME_RTHROTTLED)
    assert [event.token for event in pair.to_esme() if isinstance(event, ev.Response)] == ["c", "b", "a"]


@pytest.mark.parametrize("body", [DELIVERY, DATA])
def test_a_delivery_waits_for_the_applications_answer(body: pdus.DeliverSm | pdus.DataSm) -> None:
    pair = Pair().bound()
    pair.smsc.request(body, "m", pair.now)
    (delivered,) = pair.to_esme()
    assert isinstance(delivered, ev.Delivered)
    assert delivered.message == body
    assert pair.esme.data_to_send() == b""
    response = pdus.DataSmResp() if body is DATA else pdus.DeliverSmResp()
    pair.esme.respond(delivered.sequence, response, CommandStatus.ESME_RX_T_APPN)
    assert pair.to_smsc() == [ev.Response("m", CommandStatus.ESME_RX_T_APPN, response)]


def test_data_sm_goes_to_the_smsc_too() -> None:
    pair = Pair().bound()
    pair.esme.request(DATA, "d", pair.now)
    assert [type(event) for event in pair.to_smsc()] == [ev.Submitted]


def test_an_alert_notification_has_no_response() -> None:
    pair = Pair().bound()
    alert = pdus.AlertNotification(source_addr="46701234567")
    pair.smsc.notify(alert)
    assert pair.to_esme() == [ev.Alerted(alert)]
    assert pair.esme.data_to_send() == b""


def test_a_nacked_submission_has_its_token_back() -> None:
    pair = Pair().bound()
    sequence = pair.esme.request(MESSAGE, "m", pair.now)
    nack = encode(pdus.GenericNack(), sequence, CommandStatus.ESME_RINVCMDID)
    answered = ev.Response("m", CommandStatus.ESME_RINVCMDID, pdus.GenericNack())
    assert pair.esme.receive(nack, pair.now) == [answered]


def test_sequence_numbers_wrap_to_one() -> None:
    pair = Pair().bound()
    pair.esme._sequence = MAX_SEQUENCE - 1
    sequences = [pair.esme.request(MESSAGE, None, pair.now) for _ in range(3)]
    assert sequences == [MAX_SEQUENCE, 1, 2]


def test_what_does_not_fit_is_not_sent_and_uses_no_number() -> None:
    pair = Pair().bound()
    with pytest.raises(FieldError):
        pair.esme.request(pdus.SubmitSm(destination_addr="1" * 21), "m", pair.now)
    assert pair.esme.in_flight == 0
    assert pair.esme.data_to_send() == b""
    assert pair.esme.request(MESSAGE, "m", pair.now) == 2


# Who may send what, table 2-1

SENDS: dict[str, tuple[Role, Body, set[State]]] = {
    "submit_sm": (Role.ESME, MESSAGE, {State.BOUND_TX, State.BOUND_TRX}),
    "data_sm of an ESME": (Role.ESME, DATA, {State.BOUND_TX, State.BOUND_TRX}),
    "deliver_sm of an ESME": (Role.ESME, DELIVERY, set()),
    "alert_notification of an ESME": (Role.ESME, pdus.AlertNotification(), set()),
    "submit_sm of an SMSC": (Role.SMSC, MESSAGE, set()),
    "deliver_sm": (Role.SMSC, DELIVERY, {State.BOUND_RX, State.BOUND_TRX}),
    "data_sm of an SMSC": (Role.SMSC, DATA, {State.BOUND_RX, State.BOUND_TRX}),
    "alert_notification": (Role.SMSC, pdus.AlertNotification(), {State.BOUND_RX, State.BOUND_TRX}),
    "outbind": (Role.SMSC, pdus.Outbind(), {State.OPEN}),
    "bind_transceiver of an SMSC": (Role.SMSC, pdus.BindTransceiver(), set()),
}
STATES: dict[State, Callable[[], Pair]] = {
    State.OPEN: Pair,
    State.BOUND_TX: lambda: Pair().bound(pdus.BindTransmitter),
    State.BOUND_RX: lambda: Pair().bound(pdus.BindReceiver),
    State.BOUND_TRX: lambda: Pair().bound(pdus.BindTransceiver),
}


@pytest.mark.parametrize(("role", "body", "states"), SENDS.values(), ids=SENDS.keys())
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_what_may_be_sent_is_taken_and_what_may_not_is_refused(
    state: State, role: Role, body: Body, states: set[State]
) -> None:
    pair = STATES[state]()
    sender, taker = (pair.esme, pair.smsc) if role is Role.ESME else (pair.smsc, pair.esme)
    if state in states:
        sender._send(body)
        (event,) = taker.receive(sender.data_to_send(), pair.now)
        assert not isinstance(event, ev.PeerError)
        return
    with pytest.raises(StateError):
        sender._send(body)
    assert sender.data_to_send() == b""
    (event,) = taker.receive(encode(body, 77), pair.now)
    assert isinstance(event, ev.PeerError)
    kind = pdus.RESPONSES.get(type(body), pdus.GenericNack)
    wrong = isinstance(body, pdus.Bind) and state is not State.OPEN
    status = CommandStatus.ESME_RALYBND if wrong else CommandStatus.ESME_RINVBNDSTS
    assert sent_by(taker) == [Pdu(77, status, kind())]


def test_a_second_bind_on_a_bound_session_is_refused() -> None:
    pair = Pair().bound()
    pair.smsc.receive(encode(pdus.BindReceiver(), 9), pair.now)
    assert sent_by(pair.smsc) == [Pdu(9, CommandStatus.ESME_RALYBND, pdus.BindReceiverResp())]
    assert pair.smsc.state is State.BOUND_TRX


# The end


def test_unbind_ends_both_sides() -> None:
    pair = Pair().bound()
    pair.esme.unbind(pair.now)
    assert pair.esme.state is State.UNBINDING
    with pytest.raises(StateError):
        pair.esme.request(MESSAGE, "m", pair.now)
    assert pair.to_smsc() == [ev.Unbound()]
    assert pair.to_esme() == [ev.Unbound()]
    assert (pair.esme.state, pair.smsc.state) == (State.CLOSED, State.CLOSED)
    assert pair.esme.deadline() is None


def test_what_is_in_flight_at_an_unbind_is_still_answered_on_both_sides() -> None:
    pair = Pair().bound()
    pair.esme.request(MESSAGE, "mt", pair.now)
    pair.smsc.request(DELIVERY, "mo", pair.now)
    pair.esme.unbind(pair.now)
    (delivered,) = pair.to_esme()
    assert isinstance(delivered, ev.Delivered)
    pair.esme.respond(delivered.sequence, pdus.DeliverSmResp())
    submit, unbind, response = sent_by(pair.esme)
    pair.smsc.receive(encode(submit.body, submit.sequence) + encode(response.body, response.sequence), 100)
    pair.smsc.respond(submit.sequence, pdus.SubmitSmResp("A1"))
    pair.smsc.receive(encode(unbind.body, unbind.sequence), 100)
    assert pair.to_esme() == [ev.Response("mt", 0, pdus.SubmitSmResp("A1")), ev.Unbound()]


def test_responses_behind_an_unbind_in_the_same_read_count() -> None:
    pair = Pair().bound()
    sequence = pair.esme.request(MESSAGE, "m", pair.now)
    read = encode(pdus.Unbind(), 1) + encode(pdus.SubmitSmResp("A1"), sequence)
    assert pair.esme.receive(read, pair.now) == [ev.Unbound(), ev.Response("m", 0, pdus.SubmitSmResp("A1"))]
    assert pair.esme.abandon() == []


def test_a_dead_connection_gives_back_what_was_in_flight() -> None:
    pair = Pair().bound()
    for name in "ab":
        pair.esme.request(MESSAGE, name, pair.now)
    assert pair.esme.abandon() == ["a", "b"]
    assert pair.esme.abandon() == []
    assert pair.esme.state is State.CLOSED


def test_a_closed_session_takes_and_sends_nothing() -> None:
    pair = Pair().bound()
    pair.esme.abandon()
    pair.esme.data_to_send()
    assert pair.esme.receive(encode(DELIVERY, 1), pair.now) == []
    pair.esme.respond(1, pdus.DeliverSmResp())
    assert pair.esme.data_to_send() == b""
    assert pair.esme.tick(pair.now + 1000) == []
    with pytest.raises(StateError):
        pair.esme.request(MESSAGE, "m", pair.now)
    with pytest.raises(StateError):
        pair.esme.unbind(pair.now)


# A peer's faults


@pytest.mark.parametrize("make", [Pair, lambda: Pair().bound()], ids=["open", "bound"])
def test_enquire_link_is_answered_at_once(make: Callable[[], Pair]) -> None:
    pair = make()
    assert pair.smsc.receive(encode(pdus.EnquireLink(), 44), pair.now) == []
    assert sent_by(pair.smsc) == [Pdu(44, 0, pdus.EnquireLinkResp())]


def test_an_unknown_command_is_nacked() -> None:
    pair = Pair().bound()
    (error,) = pair.smsc.receive(struct.pack(">IIII", 16, 0x99, 0, 8), pair.now)
    assert error == ev.PeerError(0x99, 8, CommandStatus.ESME_RINVCMDID, "command_id 0x00000099 is not known")
    assert sent_by(pair.smsc) == [Pdu(8, CommandStatus.ESME_RINVCMDID, pdus.GenericNack())]


@pytest.mark.parametrize("kind", ancillary.RESPONSES, ids=lambda kind: kind.__name__)
def test_what_is_known_and_not_served_is_refused_by_its_own_response(kind: type[Body]) -> None:
    for pair in (Pair(), Pair().bound()):
        (error,) = pair.smsc.receive(encode(kind(), 8), pair.now)
        assert isinstance(error, ev.PeerError)
        assert sent_by(pair.smsc) == [Pdu(8, CommandStatus.ESME_RINVCMDID, ancillary.RESPONSES[kind]())]
        with pytest.raises(StateError):
            pair.esme.request(kind(), "m", pair.now)  # type: ignore[arg-type]


def test_a_malformed_submission_is_refused_by_its_own_response() -> None:
    pair = Pair().bound()
    pair.smsc.receive(struct.pack(">IIII", 17, CommandId.SUBMIT_SM, 0, 8) + b"x", pair.now)
    assert sent_by(pair.smsc) == [Pdu(8, CommandStatus.ESME_RINVCMDLEN, pdus.SubmitSmResp())]


def test_a_yes_that_cannot_be_read_to_its_end_is_a_yes() -> None:
    pair = Pair().bound()
    sequence = pair.esme.request(MESSAGE, "m", pair.now)
    broken = struct.pack(">IIII", 18, CommandId.SUBMIT_SM_RESP, 0, sequence) + b"A1"
    assert pair.esme.receive(broken, pair.now) == [ev.Response("m", 0, pdus.SubmitSmResp("A1"))]
    assert pair.esme.in_flight == 0


@pytest.mark.parametrize(
    "stray",
    [
        encode(pdus.SubmitSmResp("A1"), 99),
        encode(pdus.DeliverSmResp(), 2),  # the number of the submission, but no response to it
        encode(pdus.BindTransceiverResp(), 1),
        encode(pdus.UnbindResp(), 2),
        struct.pack(">IIII", 16, 0x80000099, 0, 2),
    ],
)
def test_a_response_to_nothing_is_counted_and_changes_nothing(stray: bytes) -> None:
    pair = Pair().bound()
    pair.esme.request(MESSAGE, "m", pair.now)
    assert not any(isinstance(event, ev.Response) for event in pair.esme.receive(stray, pair.now))
    assert (pair.esme.strays, pair.esme.in_flight, pair.esme.state) == (1, 1, State.BOUND_TRX)
    assert [type(pdu.body) for pdu in sent_by(pair.esme)] == [pdus.SubmitSm]


def test_a_nack_of_nothing_is_told() -> None:
    pair = Pair().bound()
    (error,) = pair.esme.receive(encode(pdus.GenericNack(), 0, CommandStatus.ESME_RINVCMDLEN), pair.now)
    assert isinstance(error, ev.PeerError)
    assert (error.command_id, error.status) == (CommandId.GENERIC_NACK, CommandStatus.ESME_RINVCMDLEN)


def test_octets_that_are_no_smpp_end_the_session_but_not_what_came_before() -> None:
    pair = Pair().bound()
    sequence = pair.esme.request(MESSAGE, "m", pair.now)
    pair.esme.data_to_send()
    read = encode(pdus.SubmitSmResp("A1"), sequence) + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    answered, dead = pair.esme.receive(read, pair.now)
    assert answered == ev.Response("m", 0, pdus.SubmitSmResp("A1"))
    assert isinstance(dead, ev.LinkDead)
    assert sent_by(pair.esme) == [Pdu(0, CommandStatus.ESME_RINVCMDLEN, pdus.GenericNack())]


streams = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.builds(encode, bodies, st.integers(0, 4), st.sampled_from([0, 0, 8])),
        bodies.map(lambda body: encode(body, 5)).flatmap(mutated),
    ),
    max_size=6,
)


@given(st.sampled_from(Role), st.sampled_from([*BINDS, None]), streams)
def test_no_peer_can_do_harm(role: Role, kind: type[pdus.Bind] | None, reads: list[bytes]) -> None:
    """Whatever comes, nothing is raised, every token has one end, and no more goes out than came in."""
    pair = Pair().bound(kind) if kind is not None else Pair()
    session = pair.esme if role is Role.ESME else pair.smsc
    tokens = []
    if session.state is State.BOUND_TRX:
        tokens = [0, 1, 2]
        for token in tokens:
            session.request(MESSAGE if role is Role.ESME else DELIVERY, token, pair.now)
        session.data_to_send()
    happened = [event for data in reads for event in session.receive(data, pair.now)]
    happened += session.tick(105.0)
    ended = [event.token for event in happened if isinstance(event, ev.Response | ev.Unanswered)]
    assert sorted([*ended, *session.abandon()]) == tokens
    assert len(session.data_to_send()) <= 17 * (1 + sum(map(len, reads)) // 16)


def test_the_smscs_version_is_told_even_when_it_is_odd() -> None:
    pair = Pair()
    pair.esme.bind(pdus.BindTransceiver(), pair.now)
    accepted = encode(pdus.BindTransceiverResp("smsc", {Tag.SC_INTERFACE_VERSION: b""}), 1)
    assert pair.esme.receive(accepted, pair.now) == [ev.Bound("smsc", None)]
