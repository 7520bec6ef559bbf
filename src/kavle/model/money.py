"""Money as a whole number of ten-thousandths of a credit: exact in every sum, wide enough for prices such
as 0.385, and the same integer in Python, SQLite and PostgreSQL."""

from __future__ import annotations

import re
from typing import Final

from kavle.model.account import BalanceFormat
from kavle.model.errors import Complaint

UNIT: Final = 10_000


_AMOUNT: Final = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,4}))?")


def parse_money(text: str) -> int:
    """`"98.50"` → 985000. Raises ValueError for what is no amount, is negative, too large or too fine."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise Complaint(
            "{text} is not an amount; write it as 98.50, with up to 12 digits before the point"
            " and 4 behind it",
            text=repr(text[:40]),
        )
    whole, fraction = match.groups("")
    return int(whole) * UNIT + int(fraction.ljust(4, "0"))


def format_price(units: int) -> str:
    """3850 → `"0.385"`, exact, and as `parse_money` reads it."""
    whole, rest = divmod(units, UNIT)
    fraction = f"{rest:04d}"
    return f"{whole}.{fraction[:2]}{fraction[2:].rstrip('0')}"


def format_balance(units: int, like: BalanceFormat = "98.50") -> str:
    """985000 → `"98.50"`, rounded down to the öre, so that a balance can't be taken for a status code; or
    `"98,50"`, or whole credits, for clients that want it so."""
    sign = "-" if units < 0 else ""
    whole, rest = divmod(abs(units), UNIT)
    if like == "98":
        return f"{sign}{whole}"
    point = "," if like == "98,50" else "."
    return f"{sign}{whole}{point}{rest // (UNIT // 100):02d}"
