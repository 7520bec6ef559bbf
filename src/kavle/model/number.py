"""Numbers that phones may write to, and where what they write is to go."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from kavle.model.errors import Complaint

LENGTHS: Final = (11, 15)

CallbackCharset = Literal["latin-1", "utf-8"]


class NumberSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a number's customer is called."""

    callback: str  # an absolute http or https address, with its own query string
    charset: CallbackCharset = "latin-1"  # of the escapes
    delivered: bool = True  # the calls bear `delivered`
    verify_tls: bool = True
    by_customer: bool = False  # he set the address himself: it may lead to global addresses alone
    mms_callback: str = ""  # for MMS, where that is another address

    @property
    def addresses(self) -> dict[str, str]:
        """Those that there are, by the name of their setting."""
        return {name: url for name in ("callback", "mms_callback") if (url := getattr(self, name))}


class Number(msgspec.Struct, frozen=True):
    msisdn: str
    account_id: int
    account: str
    settings: NumberSettings


def check_msisdn(text: str) -> str:
    """`text` itself. Raises ValueError unless it is 11 or 15 digits."""
    if not (text.isascii() and text.isdigit()):
        raise Complaint("a number is digits alone, its country code first and no plus: 46737494123")
    if len(text) not in LENGTHS:
        raise Complaint(
            "a number that phones write to has 11 or 15 digits; this one has {count}", count=len(text)
        )
    return text
