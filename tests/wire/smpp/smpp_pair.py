"""An ESME and an SMSC, their sessions talking by octets, with the time set by hand."""

from __future__ import annotations

from kavle.wire.smpp import events as ev
from kavle.wire.smpp import pdus
from kavle.wire.smpp.body import Pdu
from kavle.wire.smpp.codec import Decoder
from kavle.wire.smpp.constants import INTERFACE_VERSION
from kavle.wire.smpp.session import Session
from kavle.wire.smpp.states import Role, State
from kavle.wire.smpp.timers import Timers

MESSAGE = pdus.SubmitSm(destination_addr="46701234567", short_message=b"Hello")
DELIVERY = pdus.DeliverSm(source_addr="46701234567", short_message=b"Hi")
DATA = pdus.DataSm(destination_addr="46701234567")
TIMERS = Timers(session_init=5, enquire_link=30, response=10)
BINDS: dict[type[pdus.Bind], State] = {
    pdus.BindTransmitter: State.BOUND_TX,
    pdus.BindReceiver: State.BOUND_RX,
    pdus.BindTransceiver: State.BOUND_TRX,
}


class Pair:
    """An ESME and an SMSC with a wire between them."""

    def __init__(self, timers: Timers = TIMERS) -> None:
        self.now = 100.0
        self.esme = Session(Role.ESME, self.now, timers)
        self.smsc = Session(Role.SMSC, self.now, timers)

    def bound(self, kind: type[pdus.Bind] = pdus.BindTransceiver) -> Pair:
        self.esme.bind(kind("kavle", "secret"), self.now)
        assert self.to_smsc() == [ev.BindRequested(kind("kavle", "secret"))]
        self.smsc.accept_bind("smsc", self.now)
        assert self.to_esme() == [ev.Bound("smsc", INTERFACE_VERSION)]
        return self

    def of(self, role: Role) -> Session:
        return self.esme if role is Role.ESME else self.smsc

    def to_smsc(self) -> list[ev.Event]:
        return self.smsc.receive(self.esme.data_to_send(), self.now)

    def to_esme(self) -> list[ev.Event]:
        return self.esme.receive(self.smsc.data_to_send(), self.now)


def sent_by(session: Session) -> list[Pdu]:
    pdus_sent = Decoder().feed(session.data_to_send())
    assert all(isinstance(pdu, Pdu) for pdu in pdus_sent)
    return pdus_sent  # type: ignore[return-value]
