"""Numbers as an MMSC is told them, and as it tells them: pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from kavle.south.mm7.settings import SenderForm
from kavle.wire.mm7 import Address, Form

LONGEST_SHORT_CODE: Final = 8  # digits; an E.164 number that can be answered has more
LONGEST: Final = 320  # characters, of what is an e-mail address: RFC 5321 §4.5.3.1


def sender_of(sender: str, form: SenderForm, plus: bool) -> Address | None:
    """Of a submission. None where the MMSC is told none, and knows by who we are."""
    if form == "none":
        return None
    short = len(sender) <= LONGEST_SHORT_CODE if form == "by length" else form == "short code"
    return Address(Form.SHORT_CODE, sender) if short else number_of(sender, plus)


def number_of(digits: str, plus: bool) -> Address:
    return Address(Form.NUMBER, f"+{digits}" if plus else digits)


def told(address: Address | None) -> str:
    """Who a message is from or to: digits, as the network writes them, or what else is there. A number that
    was made an e-mail address is a number again."""
    if address is None:
        return ""
    value = address.value.strip()
    local, at, _ = value.partition("@")
    number = local if at and _is_number(local) else value
    return number.removeprefix("+") if _is_number(number) else value[:LONGEST]


def ours_of(addresses: Iterable[Address], number: str) -> list[str]:
    """Whom an MMS from a phone is to: each once. `number` where none is told, and alone where it is among
    others."""
    numbers = list(_numbers(addresses))
    return [number] if number and (not numbers or number in numbers) else numbers


def _numbers(addresses: Iterable[Address]) -> Iterator[str]:
    seen = set()
    for address in addresses:
        number = told(address)
        if number.isascii() and number.isdigit() and not address.display_only and number not in seen:
            seen.add(number)
            yield number


def _is_number(text: str) -> bool:
    digits = text.removeprefix("+")
    return digits.isascii() and digits.isdigit()
