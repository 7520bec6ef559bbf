"""Telephone numbers: as people write them in, as E.164 digits without the plus out. No error holds the
number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, ValidationResult

from kavle.model.errors import Complaint

LONGEST_INPUT: Final = 40  # 15 digits, and room for separators

# Nearly every recipient of nearly every customer: 70, 72, 73, 76, 78, 79 and seven digits.
_SWEDISH_MOBILE: Final = re.compile(r"(?:((?:\+|00)?46)0?|0)(7[023689][0-9]{7})")
_WRITTEN: Final = re.compile(r"\+?[0-9]+")
_SEPARATORS: Final = str.maketrans("", "", " ()-")


def known_region(text: str) -> str:
    """`"se"` → `"SE"`. Raises ValueError unless numbers are known of that region (ISO 3166-1 alpha-2)."""
    region = text.upper()
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise Complaint("not a region that numbers are known of; write its two letters, such as SE")
    return region


def parse_msisdn(text: str, region: str = "SE") -> str:
    """`"070-261 73 96"`, `"+46702617396"`, `"0046 70…"`, `"46702617396"` → `"46702617396"`.

    Digits that begin with neither `+` nor `0` are an international number, as old clients write it; only
    where national numbers have no leading 0 (a `region` such as NO) may they be a national one too.
    Raises ValueError for what is empty, a list, no number, or of no possible length (ITU-T E.164)."""
    if len(text) > LONGEST_INPUT:
        raise Complaint("the number is too long")
    mobile = _SWEDISH_MOBILE.fullmatch(text)
    if mobile and (region == "SE" or mobile[1]):  # with its country code it needs no region
        return "46" + mobile[2]
    return _parsed(text, region)


def plain_number(text: str, region: str) -> str:
    """A number as a network writes it: `"+46701740605"`, `"0701740605"` → `"46701740605"`. What is none, a
    name or a short code, stays as it is."""
    if text.isascii() and text.isdigit() and not text.startswith("0"):
        return text
    written = text.translate(_SEPARATORS)
    if not _WRITTEN.fullmatch(written):
        return text
    if written.startswith(("+", "00")):
        return written.lstrip("+").removeprefix("00")
    try:
        return parse_msisdn(written, region)
    except ValueError:
        return written


@lru_cache(maxsize=16_384)
def _parsed(text: str, region: str) -> str:
    written = text.strip().translate(_SEPARATORS)
    if not _WRITTEN.fullmatch(written):
        raise Complaint("not a telephone number")
    for number in _readings(written, region):
        if phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE:
            return f"{number.country_code}{phonenumbers.national_significant_number(number)}"
    raise Complaint("not a possible telephone number")


def _readings(written: str, region: str) -> Iterator[PhoneNumber]:
    """What the digits may mean, likeliest first."""
    ways = [(written, region)]
    if written.startswith("00"):
        ways = [("+" + written[2:], region)]
    elif not written.startswith(("+", "0")):
        ways = [("+" + written, region)]
        if phonenumbers.ndd_prefix_for_region(region, True) != "0":
            ways.append((written, region))
    for number, home in ways:
        try:
            yield phonenumbers.parse(number, home)
        except NumberParseException:
            continue
