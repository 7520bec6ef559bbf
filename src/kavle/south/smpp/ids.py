"""A network's message ids, which some write hexadecimal in one place and decimal in the other."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Base = Literal["as is", "hex", "decimal"]

LONGEST_ID: Final = 64  # characters of a message_id, SMPP 3.4 §5.2.23
_HEX: Final = frozenset("0123456789abcdefABCDEF")


class Ids(msgspec.Struct, frozen=True):
    """How they are written in responses and in the text of receipts: both as is, or each in its base."""

    in_responses: Base = "as is"
    in_receipts: Base = "as is"

    def of_response(self, written: str) -> str:
        """Also of receipted_message_id: the message_id of the response, SMPP 3.4 §5.3.2.12. Empty for what is
        too long to be one: no receipt could bear it, and no index hold it."""
        return _number(written, self.in_responses) if len(written) <= LONGEST_ID else ""

    def of_receipt(self, written: str) -> str:
        return _number(written, self.in_receipts)


AS_IS: Final = Ids()


def _number(written: str, base: Base) -> str:
    """Decimal, without leading zeros, however long; what is no number stays as it is."""
    if base == "as is" or not written.isascii():
        return written
    digits = written[2:] if base == "hex" and written[:2] in ("0x", "0X") else written
    if base == "decimal":
        return digits.lstrip("0") or "0" if digits.isdigit() else written
    return str(int(digits, 16)) if digits and _HEX.issuperset(digits) else written
