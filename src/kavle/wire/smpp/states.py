"""Who may send what in which state: SMPP 3.4 §2.2 and table 2-1 of §2.3."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from kavle.wire.smpp import ancillary, pdus
from kavle.wire.smpp.body import Body


class Role(Enum):
    ESME = "ESME"
    SMSC = "SMSC"

    @property
    def peer(self) -> Role:
        return Role.SMSC if self is Role.ESME else Role.ESME


class State(Enum):
    OPEN = "open"
    BOUND_TX = "bound as transmitter"
    BOUND_RX = "bound as receiver"
    BOUND_TRX = "bound as transceiver"
    UNBINDING = "unbinding"
    CLOSED = "closed"


UNSERVED: Final = frozenset(ancillary.RESPONSES)
"""Requests that are known and that no session here takes, in any state."""

BOUND: Final = frozenset({State.BOUND_TX, State.BOUND_RX, State.BOUND_TRX})

BOUND_BY: Final[Mapping[type[Body], State]] = {
    pdus.BindTransmitter: State.BOUND_TX,
    pdus.BindReceiver: State.BOUND_RX,
    pdus.BindTransceiver: State.BOUND_TRX,
}

_TO_SMSC: Final = frozenset({State.BOUND_TX, State.BOUND_TRX})
_TO_ESME: Final = frozenset({State.BOUND_RX, State.BOUND_TRX})

_TABLE: Final[tuple[tuple[type[Body], Role, frozenset[State]], ...]] = (
    (pdus.BindTransmitter, Role.ESME, frozenset({State.OPEN})),
    (pdus.BindReceiver, Role.ESME, frozenset({State.OPEN})),
    (pdus.BindTransceiver, Role.ESME, frozenset({State.OPEN})),
    (pdus.Outbind, Role.SMSC, frozenset({State.OPEN})),
    (pdus.Unbind, Role.ESME, BOUND),
    (pdus.Unbind, Role.SMSC, BOUND),
    (pdus.SubmitSm, Role.ESME, _TO_SMSC),
    (pdus.DataSm, Role.ESME, _TO_SMSC),
    (pdus.DataSm, Role.SMSC, _TO_ESME),
    (pdus.DeliverSm, Role.SMSC, _TO_ESME),
    (pdus.AlertNotification, Role.SMSC, _TO_ESME),
    # The table has it in the bound states only. It does no harm in the others, and some ask before they bind.
    (pdus.EnquireLink, Role.ESME, BOUND | {State.OPEN, State.UNBINDING}),
    (pdus.EnquireLink, Role.SMSC, BOUND | {State.OPEN, State.UNBINDING}),
)

MAY_SEND: Final[Mapping[tuple[Role, State], frozenset[type[Body]]]] = {
    (role, state): frozenset(kind for kind, who, states in _TABLE if who is role and state in states)
    for role in Role
    for state in State
}
"""The requests that a side may send, by its role and the session's state."""
