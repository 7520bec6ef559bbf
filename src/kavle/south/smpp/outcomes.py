"""What the network's answer to a submit_sm means: contract.md, "What becomes of a message"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kavle.model.message import Accepted, Refused
from kavle.model.status import Status
from kavle.south.smpp.ids import AS_IS, Ids
from kavle.wire.smpp.body import Body
from kavle.wire.smpp.constants import CommandStatus as Cs
from kavle.wire.smpp.constants import status_name
from kavle.wire.smpp.pdus import SubmitSmResp

THROTTLES: Final = frozenset({Cs.ESME_RTHROTTLED, Cs.ESME_RMSGQFUL})
"""The network asks for a pause."""

_TEMPORARY: Final = (
    *THROTTLES,
    Cs.ESME_RSYSERR,
    Cs.ESME_RX_T_APPN,
    # The session is out of step with ours: the message has no part in that.
    Cs.ESME_RINVBNDSTS,
    Cs.ESME_RALYBND,
    Cs.ESME_RBINDFAIL,
)
_FOR_GOOD: Final[Mapping[Status, tuple[Cs, ...]]] = {
    Status.CONTENT_REFUSED: (Cs.ESME_RINVMSGLEN,),
    Status.PHONE_FAILED: (Cs.ESME_RINVDSTADR, Cs.ESME_RINVDSTTON, Cs.ESME_RINVDSTNPI),
    # What we filled in, not the customer.
    Status.INTERNAL_ERROR: (
        Cs.ESME_RINVCMDLEN,
        Cs.ESME_RINVCMDID,
        Cs.ESME_RINVPRTFLG,
        Cs.ESME_RINVREGDLVFLG,
        Cs.ESME_RINVPASWD,
        Cs.ESME_RINVSYSID,
        Cs.ESME_RINVSYSTYP,
        Cs.ESME_RINVSERTYP,
        Cs.ESME_RINVESMCLASS,
        Cs.ESME_RINVREPFLAG,
        Cs.ESME_RINVSCHED,
        Cs.ESME_RINVEXPIRY,
        Cs.ESME_RINVDFTMSGID,
        Cs.ESME_RINVOPTPARSTREAM,
        Cs.ESME_ROPTPARNOTALLWD,
        Cs.ESME_RINVPARLEN,
        Cs.ESME_RMISSINGOPTPARAM,
        Cs.ESME_RINVOPTPARAMVAL,
    ),
    Status.NETWORK_FAILED: (
        Cs.ESME_RINVSRCADR,
        Cs.ESME_RINVSRCTON,
        Cs.ESME_RINVSRCNPI,
        Cs.ESME_RSUBMITFAIL,
        Cs.ESME_RX_P_APPN,
        Cs.ESME_RX_R_APPN,
        Cs.ESME_RDELIVERYFAILURE,
        Cs.ESME_RUNKNOWNERR,
        # These answer what we never ask.
        Cs.ESME_RINVMSGID,
        Cs.ESME_RCANCELFAIL,
        Cs.ESME_RREPLACEFAIL,
        Cs.ESME_RQUERYFAIL,
        Cs.ESME_RINVNUMDESTS,
        Cs.ESME_RINVDLNAME,
        Cs.ESME_RINVDESTFLAG,
        Cs.ESME_RINVSUBREP,
        Cs.ESME_RCNTSUBDL,
        Cs.ESME_RINVNUMMSGS,
    ),
}

REFUSALS: Final[Mapping[int, Refused]] = {
    **{status: Refused(Status.NETWORK_FAILED, True, status.name) for status in _TEMPORARY},
    **{
        status: Refused(public, False, status.name)
        for public, statuses in _FOR_GOOD.items()
        for status in statuses
    },
}
"""By command_status; every one of the specification's but ESME_ROK."""


def result_of(status: int, body: Body, ids: Ids = AS_IS) -> Accepted | Refused:
    """Of a submit_sm_resp or generic_nack. A yes without a message_id, or with one that is too long, is a
    yes: its `network_id` is empty, and as no receipt bears an empty id, none will match it."""
    if status:
        refusal = REFUSALS.get(status)
        return refusal or Refused(Status.NETWORK_FAILED, False, status_name(status))
    return Accepted(ids.of_response(body.message_id)) if isinstance(body, SubmitSmResp) else _NACKED


_NACKED: Final = Refused(Status.INTERNAL_ERROR, False, "generic_nack")  # with no status: no yes either
