"""One SMPP link without I/O, in either role: states, sequence numbers, timers, and what must be answered
by the letter of the specification. Octets and the time go in; octets and events come out.

Times are float seconds of any monotonic clock. A transport should stop reading while its own write buffer
is full, since what the session answers by itself waits there too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from kavle.wire.smpp import events as ev
from kavle.wire.smpp import pdus, refusals
from kavle.wire.smpp.body import Body, Pdu
from kavle.wire.smpp.codec import MAX_COMMAND_LENGTH, Decoder, Rejected, Unframeable, encode
from kavle.wire.smpp.constants import (
    INTERFACE_VERSION,
    MAX_SEQUENCE,
    RESPONSE_BIT,
    CommandId,
    CommandStatus,
    Tag,
)
from kavle.wire.smpp.errors import StateError
from kavle.wire.smpp.events import Event
from kavle.wire.smpp.fields import NO_TLVS
from kavle.wire.smpp.outstanding import Outstanding, Request
from kavle.wire.smpp.pdus import RESPONSES, Bind, BindResp
from kavle.wire.smpp.states import BOUND_BY, MAY_SEND, Role, State
from kavle.wire.smpp.timers import STANDARD_TIMERS, Timers, Watch

_RESPONSE_KINDS: Final = frozenset({*RESPONSES.values(), pdus.GenericNack})
_ENQUIRY: Final = frozenset({pdus.EnquireLink, pdus.EnquireLinkResp})


class Session:
    """`now` is when the connection was made. Methods that send raise `StateError` where the specification's
    table 2-1 forbids it and `FieldError` for what does not fit the wire; then nothing has changed."""

    def __init__(
        self, role: Role, now: float, timers: Timers = STANDARD_TIMERS, limit: int = MAX_COMMAND_LENGTH
    ) -> None:
        self.role = role
        self.strays = 0  # responses to nothing, counted and ignored
        self._watch = Watch(timers, now)
        self._decoder = Decoder(limit)
        self._out: list[bytes] = []
        self._sequence = 0
        self._requests = Outstanding(timers.response)
        self._own = Outstanding(timers.response)  # bind, unbind and enquire_link: one at a time
        self._bind_asked: tuple[int, Bind] | None = None
        self._announced = ev.ANNOUNCED[role]
        self._enter(State.OPEN)

    @property
    def state(self) -> State:
        return self._state

    @property
    def in_flight(self) -> int:
        """How many of the application's requests await their response: what a window is measured by."""
        return len(self._requests)

    # What the application asks for

    def bind(self, bind: Bind, now: float) -> None:
        """ESME: ask to be bound. `Bound` or `BindRefused` follows."""
        if self._own:
            raise StateError("a bind is under way")
        self._ask(bind, now)

    def accept_bind(self, system_id: str, now: float) -> None:
        """SMSC: answer a `BindRequested` with a yes. The session is bound from here on."""
        sequence, bind = self._asked()
        # An ESME of before 3.4 would not know what to make of a TLV, §3.3.
        speaks_tlv = bind.interface_version >= INTERFACE_VERSION
        version = {int(Tag.SC_INTERFACE_VERSION): bytes((INTERFACE_VERSION,))}
        self._out.append(encode(_response_to(bind, system_id, version if speaks_tlv else NO_TLVS), sequence))
        self._watch.hear(now)
        self._watch.use(now)
        self._enter(BOUND_BY[type(bind)])

    def refuse_bind(self, status: int) -> None:
        """SMSC: answer a `BindRequested` with a no, such as ESME_RINVPASWD."""
        sequence, bind = self._asked()
        self._out.append(encode(_response_to(bind), sequence, status))
        self._bind_asked = None

    def request(self, body: pdus.SubmitSm | pdus.DeliverSm | pdus.DataSm, token: object, now: float) -> int:
        """Send a message; returns its sequence number. `token` comes back in its `Response` or `Unanswered`
        or from `abandon`: in exactly one of them."""
        kind = type(body)
        sequence = self._send(body)
        self._requests.add(sequence, Request(RESPONSES[kind], token, now))
        self._watch.use(now)
        return sequence

    def respond(
        self, sequence: int, body: pdus.SubmitSmResp | pdus.DeliverSmResp | pdus.DataSmResp, status: int = 0
    ) -> None:
        """Answer a `Submitted` or `Delivered`. Does nothing once the session is closed: the peer, left
        without an answer, sends its message again."""
        if self._state is not State.CLOSED:
            self._out.append(encode(body, sequence, status))

    def notify(self, body: pdus.Outbind | pdus.AlertNotification) -> None:
        """SMSC: send what has no response."""
        self._send(body)

    def unbind(self, now: float) -> None:
        """End the session in good order; `Unbound` follows. Nothing more may be requested, but what is in
        flight can still be answered, on both sides."""
        self._ask(pdus.Unbind(), now)
        self._enter(State.UNBINDING)

    def abandon(self) -> list[object]:
        """The connection is gone: the tokens of what was in flight, whose fate is unknown."""
        self._enter(State.CLOSED)
        return self._requests.abandon()

    # What the transport does

    def data_to_send(self) -> bytes:
        """All octets that were not handed out before."""
        data = b"".join(self._out)
        self._out.clear()
        return data

    def receive(self, data: bytes, now: float) -> list[Event]:
        """What came from the peer. Never raises, whatever it is. A closed session takes nothing, but what
        comes behind an unbind in the same read is still looked at: responses may be among it."""
        happened: list[Event] = []
        if self._state is State.CLOSED:
            return happened
        items = self._decoder.feed(data)
        if items:
            # Whole PDUs are a sign of life; octets that drip in are not.
            self._watch.hear(now)
        for item in items:
            if isinstance(item, Pdu):
                self._take(item, now, happened)
            elif isinstance(item, Rejected):
                self._reject(item, happened)
            else:
                self._give_up(item, happened)
        return happened

    def tick(self, now: float) -> list[Event]:
        """What the time has brought; to be called at `deadline`, or whenever."""
        if self._state is State.CLOSED:
            return []
        happened: list[Event] = [
            ev.Unanswered(request.token, "no response in time") for request in self._requests.overdue(now)
        ]
        if self._watch.not_bound(self._state, now):
            self._die("not bound in time", happened)
        for request in self._own.overdue(now):
            # Who is too busy to answer an enquire_link, but speaks, is alive.
            if request.expects is not pdus.EnquireLinkResp or self._watch.heard <= request.sent:
                self._die(f"no {request.expects.command_id.name.lower()} in time", happened)
        if not self._requests and self._watch.idle(self._state, now):
            self.unbind(now)
        elif not self._own and self._watch.silent(self._state, now):
            self._ask(pdus.EnquireLink(), now)
        return happened

    def deadline(self) -> float | None:
        """When `tick` has something to do next; None once the session is closed."""
        if self._state is State.CLOSED:
            return None
        watch = self._watch.deadline(self._state, asking=bool(self._own), in_flight=bool(self._requests))
        return min([watch, *self._requests.deadlines(), *self._own.deadlines()])

    # Sending

    def _send(self, body: Body) -> int:
        if type(body) not in self._may_send:
            raise StateError(f"{self.role.value} sends no {type(body).__name__} while {self._state.value}")
        sequence = self._sequence % MAX_SEQUENCE + 1  # §5.1.4
        self._out.append(encode(body, sequence))
        self._sequence = sequence
        return sequence

    def _ask(self, body: Body, now: float) -> None:
        self._own.add(self._send(body), Request(RESPONSES[type(body)], BOUND_BY.get(type(body)), now))

    def _asked(self) -> tuple[int, Bind]:
        if self._bind_asked is None or self._state is not State.OPEN:
            raise StateError("no bind awaits an answer")
        return self._bind_asked

    def _enter(self, state: State) -> None:
        self._state = state
        self._may_send = MAY_SEND[self.role, state]
        if state is not State.UNBINDING:
            # The peer may not have seen our unbind yet: what it might send before, it still may.
            self._may_come = MAY_SEND[self.role.peer, state]

    def _die(self, reason: str, happened: list[Event]) -> None:
        if self._state is not State.CLOSED:
            self._enter(State.CLOSED)
            happened.append(ev.LinkDead(reason))

    # Taking responses

    def _take(self, pdu: Pdu, now: float, happened: list[Event]) -> None:
        kind = type(pdu.body)
        if kind not in _ENQUIRY:
            self._watch.use(now)
        if kind in _RESPONSE_KINDS:
            request = self._requests.answered(pdu.sequence, kind)
            if request is not None:
                happened.append(ev.Response(request.token, pdu.status, pdu.body))
            else:
                self._take_own_response(pdu, happened)
        elif kind in self._may_come:
            announced = self._announced.get(kind)
            if announced is not None:
                happened.append(announced(pdu.sequence, pdu.body))
            else:
                _TAKERS[kind](self, pdu.sequence, pdu.body, happened)
        else:
            self._refuse(refusals.out_of_place(kind, pdu.sequence, self._state), happened)

    def _take_own_response(self, pdu: Pdu, happened: list[Event]) -> None:
        request = self._own.answered(pdu.sequence, type(pdu.body))
        if request is None:
            self.strays += 1
            if isinstance(pdu.body, pdus.GenericNack):
                reason = "the peer could not read what it got"
                happened.append(ev.PeerError(CommandId.GENERIC_NACK, pdu.sequence, pdu.status, reason))
        elif request.expects is pdus.UnbindResp:
            self._enter(State.CLOSED)
            happened.append(ev.Unbound())
        elif isinstance(request.token, State):
            self._end_bind(request.token, pdu, happened)

    def _end_bind(self, bound: State, pdu: Pdu, happened: list[Event]) -> None:
        if pdu.status or not isinstance(pdu.body, BindResp):
            happened.append(ev.BindRefused(pdu.status))
            return
        self._enter(bound)
        version = pdu.body.tlvs.get(Tag.SC_INTERFACE_VERSION)
        happened.append(ev.Bound(pdu.body.system_id, version[0] if version else None))

    # Taking requests

    def _take_enquiry(self, sequence: int, body: pdus.EnquireLink, happened: list[Event]) -> None:
        self._out.append(encode(pdus.EnquireLinkResp(), sequence))

    def _take_unbind(self, sequence: int, body: pdus.Unbind, happened: list[Event]) -> None:
        self._out.append(encode(pdus.UnbindResp(), sequence))
        self._enter(State.CLOSED)
        happened.append(ev.Unbound())

    def _take_bind(self, sequence: int, bind: Bind, happened: list[Event]) -> None:
        if self._bind_asked is not None:
            self._refuse(refusals.second_bind(type(bind), sequence), happened)
            return
        self._bind_asked = sequence, bind
        happened.append(ev.BindRequested(bind))

    # Refusing

    def _reject(self, item: Rejected, happened: list[Event]) -> None:
        error = refusals.malformed(item)
        if not item.command_id & RESPONSE_BIT:
            self._refuse(error, happened)
            return
        # A response of a kind that nobody knows is to nothing of ours, and can't be answered.
        happened.append(error)
        self.strays += 1

    def _refuse(self, error: ev.PeerError, happened: list[Event]) -> None:
        self._out.append(refusals.answer(error))
        happened.append(error)

    def _give_up(self, item: Unframeable, happened: list[Event]) -> None:
        # Its sequence_number is as doubtful as its length: then it is 0, §4.3.1.
        self._out.append(encode(pdus.GenericNack(), 0, CommandStatus.ESME_RINVCMDLEN))
        self._die(item.reason, happened)


def _response_to(bind: Bind, system_id: str = "", tlvs: Mapping[int, bytes] = NO_TLVS) -> Body:
    kind: Callable[..., Body] = RESPONSES[type(bind)]
    return kind(system_id, tlvs)


_TAKERS: Final[Mapping[type[Body], Callable[[Session, int, Any, list[Event]], None]]] = {
    pdus.EnquireLink: Session._take_enquiry,
    pdus.Unbind: Session._take_unbind,
    pdus.BindTransmitter: Session._take_bind,
    pdus.BindReceiver: Session._take_bind,
    pdus.BindTransceiver: Session._take_bind,
}
