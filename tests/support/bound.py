"""What is submitted, and a bound session with the network at its other end, without any I/O."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import Any

from kavle.clock import SetClock
from kavle.model.message import Lease, Parcel
from kavle.sms.segment import Encoding, split
from kavle.wire.smpp.events import Response, Submitted
from kavle.wire.smpp.pdus import BindTransceiver, SubmitSmResp
from kavle.wire.smpp.session import Session
from kavle.wire.smpp.states import Role

NOW = SetClock().now()


def parcel(text: str = "Hej", **changes: Any) -> Parcel:
    encoding = changes.get("encoding", Encoding.GSM7)
    fields = {
        "lease": Lease(5, 1, 1),
        "recipient": "46702617396",
        "sender": "Kavle",
        "text": text,
        "encoding": encoding,
        "flash": False,
        "priority": 2,
        "expires_at": NOW + timedelta(hours=48),
        "segments": split(text, encoding, 0x0102),
    }
    return Parcel(**fields | changes)


class Line:
    """The network answers in the order of what came, when it is told to."""

    def __init__(self) -> None:
        self.session = Session(Role.ESME, 0.0)
        self._network = Session(Role.SMSC, 0.0)
        self._unanswered: deque[int] = deque()
        self.session.bind(BindTransceiver("a", "b"), 0.0)
        self._network.receive(self.session.data_to_send(), 0.0)
        self._network.accept_bind("n", 0.0)
        self.session.receive(self._network.data_to_send(), 0.0)

    def answer(self, count: int, now: float) -> list[Response]:
        """To so many of what it got and has not answered, as the session takes them."""
        came = self._network.receive(self.session.data_to_send(), now)
        self._unanswered += [one.sequence for one in came if isinstance(one, Submitted)]
        for _ in range(count):
            self._network.respond(self._unanswered.popleft(), SubmitSmResp("a1"))
        taken = self.session.receive(self._network.data_to_send(), now)
        return [one for one in taken if isinstance(one, Response)]
