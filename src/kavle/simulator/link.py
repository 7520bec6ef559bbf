"""One ESME's connection: octets between the transport and the session, events to the network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, cast

from kavle.simulator.outbox import Delivery
from kavle.wire.smpp import events as ev
from kavle.wire.smpp.constants import CommandStatus
from kavle.wire.smpp.pdus import Bind, DataSmResp, SubmitSm, SubmitSmResp
from kavle.wire.smpp.session import Session
from kavle.wire.smpp.states import BOUND, Role, State
from kavle.wire.smpp.timers import Timers

_LINGER: Final = 1.0  # seconds
_RECEIVES: Final = frozenset({State.BOUND_RX, State.BOUND_TRX})


class Network(Protocol):
    """Whose link it is."""

    @property
    def smsc_id(self) -> str: ...

    def wake(self) -> None:
        """Something is to be flushed."""

    def connected(self, link: Link) -> None: ...

    def lost(self, link: Link, unanswered: list[Delivery]) -> None: ...

    def verdict_on(self, bind: Bind) -> CommandStatus: ...

    def bound(self, link: Link, bind: Bind) -> None: ...

    def submitted(self, link: Link, sequence: int, message: SubmitSm) -> None: ...

    def answered(self, link: Link, delivery: Delivery, status: int) -> None: ...

    def unanswered(self, delivery: Delivery) -> None: ...

    def over(self, link: Link, reason: str) -> None: ...

    def mistaken(self, link: Link, reason: str) -> None: ...


class Link(asyncio.Protocol):
    """`number` names it in the journal and the log. Nothing is written but by `flush`."""

    def __init__(
        self, network: Network, loop: asyncio.AbstractEventLoop, number: int, timers: Timers, half_open: bool
    ) -> None:
        self.number = number
        self.half_open = half_open  # what comes is lost, and nothing is sent
        self._network = network
        self._loop = loop
        self._now = loop.time
        self._session = Session(Role.SMSC, self._now(), timers)
        self._congested = False

    # What the transport tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._network.connected(self)

    def data_received(self, data: bytes) -> None:
        if not self.half_open:
            self._handle(self._session.receive(data, self._now()))

    def pause_writing(self) -> None:
        self._congested = True
        # What the session answers by itself waits in the same buffer: who does not read is not read from.
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._congested = False
        if not self._transport.is_closing():
            self._transport.resume_reading()
        self._network.wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._network.lost(self, cast(list[Delivery], self._session.abandon()))

    # What the network asks for

    def room(self, window: int) -> int:
        """How many deliveries may be sent on."""
        if self._congested or self.half_open or self._session.state not in _RECEIVES:
            return 0
        return max(0, window - self._session.in_flight)

    def deliver(self, delivery: Delivery, with_tlvs: bool) -> None:
        self._session.request(delivery.pdu(with_tlvs), delivery, self._now())

    def answer(self, sequence: int, response: SubmitSmResp, status: int) -> None:
        """Answer a submit_sm, unless the link has gone meanwhile."""
        self._session.respond(sequence, response, status)
        self._network.wake()

    def tick(self, now: float) -> None:
        if not self.half_open:
            self._handle(self._session.tick(now))

    def flush(self, mute: bool) -> None:
        octets = self._session.data_to_send()
        if self._transport.is_closing() or self.half_open:
            return
        if octets and not mute:
            self._transport.write(octets)
        if self._session.state is State.CLOSED:
            self._transport.close()
            # Who does not read the last octets would keep the connection open for ever.
            self._loop.call_later(_LINGER, self._transport.abort)

    def unbind(self) -> None:
        """Part in good order where there is a bind to part from, else at once."""
        if self._session.state in BOUND and not self.half_open:
            self._session.unbind(self._now())
        else:
            self._transport.close()

    def cut(self) -> None:
        """As when a cable is pulled: what was not yet written is lost."""
        self._transport.abort()

    # What the session tells

    def _handle(self, happened: list[ev.Event]) -> None:
        for event in happened:
            if self._transport.is_closing():
                break
            _TAKERS[type(event)](self, event)
        self._network.wake()

    def _submitted(self, event: ev.Submitted) -> None:
        if isinstance(event.message, SubmitSm):
            self._network.submitted(self, event.sequence, event.message)
        else:
            self._session.respond(event.sequence, DataSmResp(), CommandStatus.ESME_RINVCMDID)

    def _response(self, event: ev.Response) -> None:
        self._network.answered(self, cast(Delivery, event.token), event.status)

    def _unanswered(self, event: ev.Unanswered) -> None:
        self._network.unanswered(cast(Delivery, event.token))

    def _bind_requested(self, event: ev.BindRequested) -> None:
        status = self._network.verdict_on(event.bind)
        if status:
            self._session.refuse_bind(status)
            return
        self._session.accept_bind(self._network.smsc_id, self._now())
        self._network.bound(self, event.bind)

    def _over(self, event: ev.Unbound | ev.LinkDead) -> None:
        self._network.over(self, event.reason if isinstance(event, ev.LinkDead) else "unbound")

    def _peer_error(self, event: ev.PeerError) -> None:
        self._network.mistaken(self, event.reason)


_TAKERS: Final[Mapping[type[ev.Event], Callable[[Link, Any], None]]] = {
    ev.Submitted: Link._submitted,
    ev.Response: Link._response,
    ev.Unanswered: Link._unanswered,
    ev.BindRequested: Link._bind_requested,
    ev.Unbound: Link._over,
    ev.LinkDead: Link._over,
    ev.PeerError: Link._peer_error,
}
"""What a session in the role of the SMSC can tell."""
