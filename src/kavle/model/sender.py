"""Whom a message says that it is from."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from kavle.model.errors import Complaint
from kavle.model.msisdn import parse_msisdn
from kavle.sms import gsm0338

LONGEST_TEXT: Final = 11  # septets: an address value has 10 octets. 3GPP TS 23.040 §9.1.2.5
LONGEST_NUMBER: Final = 15  # digits. ITU-T E.164 §6
LONGEST_SHORT: Final = 8  # digits of a number that a network gives out for itself
LONGEST_INPUT: Final = 256

_LIKE_A_NUMBER: Final = re.compile(r"\+?[0-9 ()-]*[0-9][0-9 ()-]*")
_NO_DIGIT: Final = re.compile(r"[^0-9]+")


def parse_sender(text: str, region: str = "SE") -> str:
    """The sender as it goes out: a number's digits, or up to 11 characters of text.

    Text may hold every printable character that both GSM 03.38 and Latin-1 have: letters and digits, which
    the manual recommends, space, åäö, `& . -`, and others; those of the extension table take two of the
    eleven places. It is cut where it is longer. What looks like a number is read as a recipient's is; what
    can't be (a short number) keeps its digits, and no number is ever cut. Raises ValueError for an empty
    sender, control characters, other characters within the cut, and numbers of more than 15 digits."""
    if len(text) > LONGEST_INPUT:
        raise Complaint("the sender is too long")
    return _parsed(text, region)


@lru_cache(maxsize=4_096)
def _parsed(text: str, region: str) -> str:
    sender = text.strip(" ")
    if not sender:
        raise Complaint("the sender is empty")
    if not sender.isprintable():
        raise Complaint("the sender holds control characters")
    return _number(sender, region) if _LIKE_A_NUMBER.fullmatch(sender) else _cut(sender)


def _number(sender: str, region: str) -> str:
    try:
        return parse_msisdn(sender, region)
    except ValueError:
        digits = _NO_DIGIT.sub("", sender)
        if len(digits) > LONGEST_SHORT:
            digits = digits.removeprefix("00")
        if digits.strip("0") and len(digits) <= LONGEST_NUMBER:
            return digits
        raise Complaint(
            "a sender that is a number has 1 to {longest} digits", longest=LONGEST_NUMBER
        ) from None


def _is_latin(text: str) -> bool:
    """An address goes out as Latin-1: SMPP has no place for its alphabet (3.4 §4.4.1)."""
    return all(ord(character) <= 0xFF for character in text)


def _cut(sender: str) -> str:
    for length in range(LONGEST_TEXT, 0, -1):
        septets = gsm0338.encode(sender[:length])
        if septets is None or not _is_latin(sender[:length]):
            raise Complaint("the sender holds characters that GSM 03.38 and Latin-1 have not both")
        if len(septets) <= LONGEST_TEXT:
            return sender[:length].rstrip(" ")
    raise AssertionError("one character takes two septets at most")
