"""What a peer is answered that sent what it should not have."""

from __future__ import annotations

from kavle.wire.smpp import pdus
from kavle.wire.smpp.body import Body
from kavle.wire.smpp.codec import Rejected, encode
from kavle.wire.smpp.constants import CommandStatus
from kavle.wire.smpp.events import PeerError
from kavle.wire.smpp.pdus import BODIES, RESPONSES
from kavle.wire.smpp.states import BOUND, BOUND_BY, UNSERVED, State


def malformed(item: Rejected) -> PeerError:
    return PeerError(item.command_id, item.sequence, item.status, item.reason)


def out_of_place(kind: type[Body], sequence: int, state: State) -> PeerError:
    """A request that the peer may not send in this state, or at all."""
    name = kind.command_id.name.lower()
    if kind in UNSERVED:
        return PeerError(kind.command_id, sequence, CommandStatus.ESME_RINVCMDID, f"{name} is not served")
    reason = f"{name} came while {state.value}"
    if kind in BOUND_BY and state in BOUND:
        return PeerError(kind.command_id, sequence, CommandStatus.ESME_RALYBND, reason)
    return PeerError(kind.command_id, sequence, CommandStatus.ESME_RINVBNDSTS, reason)


def second_bind(kind: type[Body], sequence: int) -> PeerError:
    return PeerError(kind.command_id, sequence, CommandStatus.ESME_RALYBND, "a second bind")


def answer(error: PeerError) -> bytes:
    """By the request's own response if it has one, else by generic_nack (§4.3)."""
    kind = RESPONSES.get(BODIES.get(error.command_id, Body), pdus.GenericNack)
    return encode(kind(), error.sequence, error.status)
