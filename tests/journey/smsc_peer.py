"""A network's end of SMPP over real sockets, which does what a test tells it to; and the core's end."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from kavle.model.errors import Reason, Refusal
from kavle.model.incoming import Piece
from kavle.model.message import Outcome, Receipt
from kavle.wire.smpp.events import BindRequested, Event, Response, Submitted, Unbound
from kavle.wire.smpp.pdus import Bind, DataSm, DeliverSm, SubmitSmResp
from kavle.wire.smpp.session import Session
from kavle.wire.smpp.states import Role, State
from kavle.wire.smpp.timers import Timers

PATIENT = Timers(session_init=60, enquire_link=60, response=60)


class Link(asyncio.Protocol):
    """One connection that the network has taken."""

    def __init__(self, smsc: Smsc) -> None:
        self.smsc = smsc
        self.session = Session(Role.SMSC, asyncio.get_running_loop().time(), PATIENT)
        self.events: list[Event] = []
        self.reads: list[list[Submitted]] = []  # the submit_sm of each read that held some
        self.waiting: deque[Submitted] = deque()  # not answered yet
        self.most_waiting = 0
        self.closed = False
        self.bind: type[Bind] | None = None  # as what it asked to be bound
        self.transport: asyncio.Transport

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.smsc.links.append(self)

    def data_received(self, data: bytes) -> None:
        happened = self.session.receive(data, asyncio.get_running_loop().time())
        self.events += happened
        submitted = [event for event in happened if isinstance(event, Submitted)]
        self.waiting += submitted
        self.most_waiting = max(self.most_waiting, len(self.waiting))
        if submitted:
            self.reads.append(submitted)
        for event in happened:
            if isinstance(event, BindRequested):
                self._answer_bind(event)
        if self.smsc.answers:
            self.answer(len(self.waiting))
        self.flush()
        if self.session.state is State.CLOSED and not self.smsc.deaf:
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True

    def _answer_bind(self, event: BindRequested) -> None:
        self.bind = type(event.bind)
        self.smsc.bound_as.append((event.bind.system_id, event.bind.password))
        if self.bind in self.smsc.mute_to:
            return
        if self.bind in self.smsc.refusals_by:
            self.session.refuse_bind(self.smsc.refusals_by.pop(self.bind))
        elif self.smsc.bind_refusals:
            self.session.refuse_bind(self.smsc.bind_refusals.popleft())
        else:
            self.session.accept_bind("network", asyncio.get_running_loop().time())

    def answer(self, number: int = 1, status: int | None = None) -> None:
        """Answer the oldest `number` of those that wait."""
        for _ in range(number):
            event = self.waiting.popleft()
            code = self.smsc.status_for(event) if status is None else status
            body = SubmitSmResp("" if code else self.smsc.next_id())
            self.session.respond(event.sequence, body, code)
        self.flush()

    def deliver(self, *messages: DeliverSm | DataSm) -> None:
        """All in one write; their tokens are their positions."""
        now = asyncio.get_running_loop().time()
        for at, message in enumerate(messages):
            self.session.request(message, at, now)
        self.flush()

    def flush(self) -> None:
        if not self.smsc.deaf:
            self.transport.write(self.session.data_to_send())

    def cut(self) -> None:
        """As when a cable is pulled."""
        self.transport.abort()

    @property
    def submitted(self) -> list[Submitted]:
        return [event for read in self.reads for event in read]

    @property
    def responses(self) -> list[Response]:
        """To what was delivered."""
        return [event for event in self.events if isinstance(event, Response)]

    @property
    def unbound(self) -> bool:
        return any(isinstance(event, Unbound) for event in self.events)


class Smsc:
    """`async with Smsc() as smsc:` listens on `smsc.port`."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.links: list[Link] = []
        self.bound_as: list[tuple[str, str]] = []
        self.bind_refusals: deque[int] = deque()
        self.answers = True  # submit_sm at once
        self.deaf = False  # takes everything, says nothing
        self.refusals_by: dict[type[Bind], int] = {}  # of the next bind of that kind
        self.mute_to: set[type[Bind]] = set()  # binds that it does not answer
        self.status_for: Callable[[Submitted], int] = lambda event: 0
        self._ids = 0
        self.port = 0

    def next_id(self) -> str:
        self._ids += 1
        return f"net-{self._ids}"

    async def __aenter__(self) -> Smsc:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Link(self), "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()
        for link in self.links:
            link.transport.abort()


class Core:
    """Keeps what a carrier tells it. `store` open: receipts and messages are on disk as soon as they come."""

    def __init__(self) -> None:
        self.reported: list[list[Outcome]] = []
        self.receipt_batches: list[list[Receipt]] = []
        self.message_batches: list[list[Piece]] = []
        self.rooms = 0
        self.store = asyncio.Event()
        self.store.set()
        self.full = False

    def room(self) -> None:
        self.rooms += 1

    def outcomes(self, batch: Sequence[Outcome]) -> None:
        self.reported.append(list(batch))

    async def receipts(self, batch: Sequence[Receipt]) -> None:
        self.receipt_batches.append(list(batch))
        await self.store.wait()
        if self.full:
            raise Refusal(Reason.UNAVAILABLE, "the disk is full")

    async def messages(self, batch: Sequence[Piece]) -> None:
        self.message_batches.append(list(batch))
        await self.store.wait()
        if self.full:
            raise Refusal(Reason.UNAVAILABLE, "the disk is full")

    @property
    def ended(self) -> list[Outcome]:
        return [outcome for batch in self.reported for outcome in batch]

    @property
    def kept(self) -> list[Receipt]:
        return [receipt for batch in self.receipt_batches for receipt in batch]
