"""One connection to a network: octets and timers round `wire.smpp.Session`. One read is one batch of events
and one write."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Protocol, cast

from kavle.model.why import Why, why
from kavle.wire.smpp.events import Event, LinkDead
from kavle.wire.smpp.pdus import Bind
from kavle.wire.smpp.session import Session
from kavle.wire.smpp.states import BOUND, Role, State
from kavle.wire.smpp.timers import Timers

LINGER: Final = 1.0
"""Seconds that a closed connection has to get its last octets out."""
GRACE: Final = 0.1
"""Seconds to read on in, after a pause, before the peer's silence counts."""


class Owner(Protocol):
    """Whom a client tells."""

    def connected(self, client: Client) -> None:
        """Its session is there, and the bind on its way."""

    def happened(self, client: Client, events: Sequence[Event], now: float) -> None:
        """In the order of the wire. What is requested and answered meanwhile goes out in one write after."""

    def writable(self, client: Client) -> None:
        """The network reads again."""

    def lost(self, client: Client, tokens: Sequence[object], reason: Why, error: Exception | None) -> None:
        """The connection has ended, broken by `error` if it was broken, and left these requests in flight.
        Once for each client."""


class Client(asyncio.Protocol):
    """`session` may be asked for anything; `flush` then. It exists from `connection_made` on."""

    session: Session

    def __init__(self, owner: Owner, bind: Bind, timers: Timers, write_limit: int) -> None:
        self._owner = owner
        self._bind = bind
        self._timers = timers
        self._write_limit = write_limit
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._not_before = 0.0
        self._linger: asyncio.TimerHandle | None = None
        self._full = False  # the transport's write buffer is
        self._swamped = False  # its owner is
        self.ended: asyncio.Future[Why] = self._loop.create_future()
        """Why the link has ended."""

    # --- what its owner does --------------------------------------------------------------------------

    @property
    def writing(self) -> bool:
        return not self._full and not self.ended.done()

    def flush(self) -> None:
        """Write all that the session has to send, at once."""
        data = self.session.data_to_send()
        if data and not self._transport.is_closing():
            self._transport.write(data)
        self._arm()

    def swamp(self, swamped: bool) -> None:
        """Read no more until the owner has caught up."""
        if swamped is not self._swamped:
            self._swamped = swamped
            self._not_before = self._loop.time() + GRACE
            self._gate()
            self._arm()

    async def unbind(self, seconds: float) -> None:
        """End in good order, or, after so long, in any."""
        if self.session.state in BOUND:
            self.session.unbind(self._loop.time())
            self.flush()
        if self.session.state is State.UNBINDING:
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self.ended), seconds)
        self.end(why("unbound"))

    def end(self, reason: Why, error: Exception | None = None) -> None:
        if self.ended.done():
            return
        self.ended.set_result(reason)
        if self._timer is not None:
            self._timer.cancel()
        tokens = self.session.abandon()
        self._transport.close()
        # A peer that no longer reads would keep it open for ever.
        self._linger = self._loop.call_later(LINGER, self._transport.abort)
        self._owner.lost(self, tokens, reason, error)

    # --- asyncio.Protocol -----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=self._write_limit)
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        now = self._loop.time()
        self.session = Session(Role.ESME, now, self._timers)
        self.session.bind(self._bind, now)
        self._owner.connected(self)
        self.flush()

    def data_received(self, data: bytes) -> None:
        now = self._loop.time()
        self._digest(self.session.receive(data, now), now)

    def pause_writing(self) -> None:
        self._full = True
        self._gate()

    def resume_writing(self) -> None:
        self._full = False
        self._gate()
        self._owner.writable(self)

    def connection_lost(self, error: Exception | None) -> None:
        if error is None:
            self.end(why("the network closed the connection"))
        else:
            self.end(why("the connection broke: {error}", error=str(error)), error)
        if self._linger is not None:
            self._linger.cancel()

    # --- inside ---------------------------------------------------------------------------------------

    def _digest(self, events: Sequence[Event], now: float) -> None:
        if events:
            self._owner.happened(self, events, now)
        self.flush()
        if self.session.state is State.CLOSED:
            dead = next((event.reason for event in events if isinstance(event, LinkDead)), None)
            self.end(Why(dead) if dead else why("unbound"))

    def _gate(self) -> None:
        # While it does not read our answers either, its requests wait: see `wire.smpp.session`.
        if self._transport.is_closing():
            return
        if self._full or self._swamped:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _arm(self) -> None:
        """Let `_tick` come in time. A timer that is too early is left: it arms the next, and a busy link
        pays for one in a while instead of one for each PDU."""
        due = self.session.deadline()
        if due is None or self._swamped:
            return
        due = max(due, self._not_before)
        if self._timer is None or due < self._due:
            if self._timer is not None:
                self._timer.cancel()
            self._due = due
            self._timer = self._loop.call_at(due, self._tick)

    def _tick(self) -> None:
        self._timer = None
        # What it waits for may be there, unread; the end of the pause arms it again.
        if not self._swamped:
            now = self._loop.time()
            self._digest(self.session.tick(now), now)
