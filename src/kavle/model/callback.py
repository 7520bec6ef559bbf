"""Calls that bring incoming messages to their customers: as leased, and what came of each."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum

import msgspec

from kavle.model.mms import IncomingMmsLine
from kavle.model.number import NumberSettings
from kavle.model.why import Why


class CallbackLease(msgspec.Struct, frozen=True):
    """The right to make one call for one message. `token` fences it: a `CallbackTry` that carries an old one
    changes nothing."""

    incoming_id: int
    token: int
    number: int  # of this try, from 1, over all rounds
    round: int  # of this try, from 1, since the message came or was last replayed


class LeasedCallback(msgspec.Struct, frozen=True):
    """A call to be made. Its number and address are as they are set now."""

    lease: CallbackLease
    account_id: int
    host: str  # of the address
    sender: str
    text: str
    recipient: str
    received_at: datetime
    settings: NumberSettings
    mms: IncomingMmsLine | None = None  # of an MMS; then `text` is its subject

    @property
    def address(self) -> str:
        """To be called."""
        return (self.mms and self.settings.mms_callback) or self.settings.callback


class Verdict(IntEnum):
    """What a try comes to."""

    DONE = 1  # the customer said OK
    AGAIN = 2  # at `again_at`
    FAILED = 3  # it was the last one
    UNTRIED = 4  # no call was made: the lease is given back, and nothing is recorded


class CallbackTry(msgspec.Struct, frozen=True):
    """One call, as it is recorded."""

    lease: CallbackLease
    verdict: Verdict
    at: datetime  # it began
    milliseconds: int = 0
    status: int | None = None  # HTTP's; None: no answer came
    head: str = ""  # the first octets of the answer's body, printable
    error: Why | None = None  # why it does not count as OK, beside the status
    again_at: datetime | None = None
