"""What the MMSC counts of itself."""

from __future__ import annotations

import msgspec


class Owed(msgspec.Struct):
    """What is for the gateway."""

    owed: int = 0  # ever, the delivered ones too
    sent: int = 0  # requests, repeated ones too
    acked: int = 0
    refused: int = 0  # requests that were answered with an error, or not at all
    given_up: int = 0  # refused for good, or too often


class MmscCounts(msgspec.Struct):
    submits: int = 0  # each SubmitReq that was read: those accepted and those refused
    accepted: int = 0
    refused: int = 0
    delivered: int = 0  # MMs that reached a phone
    cancelled: int = 0
    reports: Owed = msgspec.field(default_factory=Owed)  # read replies too
    mo: Owed = msgspec.field(default_factory=Owed)  # MMs from phones
    peer_errors: int = 0  # requests that are no MM7, or that nobody may make
