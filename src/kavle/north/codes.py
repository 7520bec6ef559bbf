"""What each reason is called in the manual's tables of status codes."""

from __future__ import annotations

from typing import Final

from kavle.model.errors import Reason
from kavle.model.status import Status

SMS_CODES: Final = {
    Reason.CREDENTIALS: Status.WRONG_CREDENTIALS,
    Reason.PARAMETER: Status.PARAMETER_ERROR,
    Reason.CONTENT: Status.INVALID_CONTENT,
    Reason.RECIPIENT: Status.INVALID_NUMBER,
    Reason.BALANCE: Status.INSUFFICIENT_FUNDS,
    Reason.UNAVAILABLE: Status.INTERNAL_ERROR,
}
"""Appendix A of the manual."""


def sms_code(reason: Reason) -> str:
    return str(SMS_CODES[reason].value)


MMS_CODES: Final = {
    Reason.CREDENTIALS: 1,
    Reason.PARAMETER: 2,
    Reason.CONTENT: 2,
    Reason.RECIPIENT: 3,
    Reason.BALANCE: 4,
    Reason.UNAVAILABLE: 42,
}
"""Appendix B of the manual. It has no parameter error: what is wrong with a call is so with its message."""


def mms_code(reason: Reason) -> str:
    return str(MMS_CODES[reason])
