"""The public status codes: Appendix A (SMS) of the manual. Appendix B (MMS) has some of the same, and two
of its own; no message is kept with one of these (`model.mms.mms_code`)."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """What a customer is told of a message."""

    AT_GATEWAY = 0
    LOGIN_FAILED = 1
    INVALID_CONTENT = 2
    INVALID_NUMBER = 3
    INSUFFICIENT_FUNDS_MMS = 4
    RECEIVED = 10
    DELAYED = 11
    CANCELLED = 12
    IN_NETWORK = 21
    DELIVERED = 22
    INSUFFICIENT_FUNDS_30 = 30
    CONTENT_REFUSED = 41
    INTERNAL_ERROR = 42
    EXPIRED = 43
    DELIVERY_FAILED_MMS = 44
    INVALID_NUMBER_MMS = 45
    DELIVERY_FAILED = 50
    NETWORK_FAILED = 51
    PHONE_FAILED = 52
    INSUFFICIENT_FUNDS = 100
    WRONG_CREDENTIALS = 101
    PARAMETER_ERROR = 110


FINAL = frozenset(
    {
        Status.INVALID_NUMBER,
        Status.CANCELLED,
        Status.DELIVERED,
        Status.CONTENT_REFUSED,
        Status.INTERNAL_ERROR,
        Status.EXPIRED,
        Status.DELIVERY_FAILED,
        Status.NETWORK_FAILED,
        Status.PHONE_FAILED,
    }
)
"""Once here, a message stays here: a final status never regresses."""

NOT_SENT = frozenset({Status.RECEIVED, Status.DELAYED})

FAILED = FINAL - {Status.DELIVERED}
