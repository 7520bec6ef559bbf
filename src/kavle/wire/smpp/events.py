"""What `session.Session` tells the application, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from kavle.wire.smpp.body import Body
from kavle.wire.smpp.pdus import AlertNotification, Bind, DataSm, DeliverSm, Outbind, SubmitSm
from kavle.wire.smpp.states import Role

# Events that carry a token are left to the garbage collector: a token may well come to hold its event.


class Response(msgspec.Struct, frozen=True):
    """The peer answered a request of ours. `status` 0 is a yes; `body` is the request's response, or
    `GenericNack`, and holds its defaults where the peer sent none."""

    token: object
    status: int
    body: Body


class Unanswered(msgspec.Struct, frozen=True):
    """A request's response timer ran out: the peer may have acted or not. A response that comes later is a
    stray."""

    token: object
    reason: str


class Submitted(msgspec.Struct, frozen=True, gc=False):
    """SMSC: a message from the ESME, to be answered by `Session.respond`."""

    sequence: int
    message: SubmitSm | DataSm


class Delivered(msgspec.Struct, frozen=True, gc=False):
    """ESME: a message or receipt from the SMSC, to be answered by `Session.respond`."""

    sequence: int
    message: DeliverSm | DataSm


class BindRequested(msgspec.Struct, frozen=True, gc=False):
    """SMSC: to be answered by `Session.accept_bind` or `refuse_bind` within the session's init timer."""

    bind: Bind


class Bound(msgspec.Struct, frozen=True, gc=False):
    """ESME: the bind was accepted. `version` is the SMSC's, None if it did not say (§5.3.2.25)."""

    system_id: str
    version: int | None


class BindRefused(msgspec.Struct, frozen=True, gc=False):
    """ESME: the bind was refused; another may be tried while the session's init timer runs."""

    status: int


class OutbindReceived(msgspec.Struct, frozen=True, gc=False):
    """ESME: the SMSC asks to be bound to as a receiver (§2.2.1)."""

    outbind: Outbind


class Alerted(msgspec.Struct, frozen=True, gc=False):
    """ESME: a mobile is reachable again (§4.12)."""

    alert: AlertNotification


class Unbound(msgspec.Struct, frozen=True, gc=False):
    """The session is over in good order. Write what is left to send, close the connection, and `abandon`
    what is still in flight, once this read's other events are dealt with."""


class LinkDead(msgspec.Struct, frozen=True, gc=False):
    """The session can't go on. As for `Unbound`."""

    reason: str


class PeerError(msgspec.Struct, frozen=True, gc=False):
    """The peer sent what it should not have, or could not read what it got. The session has done what is to
    be done; this is for logs and counters."""

    command_id: int
    sequence: int
    status: int
    reason: str


Event = (
    Response
    | Unanswered
    | Submitted
    | Delivered
    | BindRequested
    | Bound
    | BindRefused
    | OutbindReceived
    | Alerted
    | Unbound
    | LinkDead
    | PeerError
)

ANNOUNCED: Final[Mapping[Role, Mapping[type[Body], Callable[[int, Any], Event]]]] = {
    Role.SMSC: {SubmitSm: Submitted, DataSm: Submitted},
    Role.ESME: {
        DeliverSm: Delivered,
        DataSm: Delivered,
        Outbind: lambda _, outbind: OutbindReceived(outbind),
        AlertNotification: lambda _, alert: Alerted(alert),
    },
}
"""The requests that a session tells its application of by themselves: from sequence number and body."""
