"""Money as a whole number of ten-thousandths of a credit: exact in every sum, wide enough for prices such
as 0.385, and the same integer in Python, SQLite and PostgreSQL."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

UNIT: Final = 10_000
LARGEST: Final = 10**12 * UNIT


def parse_money(text: str) -> int:
    """`"98.50"` → 985000. Raises ValueError for what is no amount, is negative, too large or too fine."""
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is not an amount; write it as 98.50") from error
    if not amount.is_finite() or not 0 <= amount <= LARGEST // UNIT:
        raise ValueError(f"{text!r} is not an amount between 0 and {LARGEST // UNIT}")
    units = amount * UNIT
    if units != int(units):
        raise ValueError(f"{text!r} has more than four decimals")
    return int(units)


def format_balance(units: int) -> str:
    """985000 → `"98.50"`, rounded down to the öre, so that a balance can't be taken for a status code."""
    sign = "-" if units < 0 else ""
    whole, rest = divmod(abs(units), UNIT)
    return f"{sign}{whole}.{rest // (UNIT // 100):02d}"
