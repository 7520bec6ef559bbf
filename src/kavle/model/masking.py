"""What is shown of a phone number or a sender to those who are not to see it whole."""

from __future__ import annotations

from typing import Final

HIDDEN: Final = "•••"
_HEAD, _TAIL = 4, 2


def masked(number: str) -> str:
    """`46701740605` → `4670•••05`. A name, as a sender may have, stays."""
    if not number.lstrip("+").isdigit() or len(number) <= _HEAD + _TAIL:
        return number
    return f"{number[:_HEAD]}{HIDDEN}{number[-_TAIL:]}"
