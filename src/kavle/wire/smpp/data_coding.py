"""What a data_coding octet says of a message: its alphabet, and whether it is shown at once.

SMPP 3.4 §5.2.19 gives the values below 0x10; above, they are GSM 03.38's (3GPP TS 23.038 §4).
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from kavle.wire.smpp.constants import DataCoding


class Alphabet(Enum):
    GSM7 = "GSM 03.38"
    LATIN1 = "Latin-1"
    UCS2 = "UCS-2"
    OCTETS = "octets"


_BELOW: Final = {
    DataCoding.DEFAULT: Alphabet.GSM7,
    DataCoding.IA5: Alphabet.LATIN1,
    DataCoding.LATIN1: Alphabet.LATIN1,
    DataCoding.UCS2: Alphabet.UCS2,
}
_GENERAL_GROUP: Final = {0b00: Alphabet.GSM7, 0b01: Alphabet.OCTETS, 0b10: Alphabet.UCS2}


def _alphabet(octet: int) -> Alphabet:
    if octet < 0x10:
        return _BELOW.get(DataCoding(octet), Alphabet.OCTETS) if octet in _KNOWN else Alphabet.OCTETS
    if octet & 0xF0 == 0xF0:  # data coding and message class
        return Alphabet.OCTETS if octet & 0b100 else Alphabet.GSM7
    if octet & 0xE0 == 0:  # general data coding, uncompressed
        return _GENERAL_GROUP.get(octet >> 2 & 0b11, Alphabet.OCTETS)
    return Alphabet.OCTETS


_KNOWN: Final = frozenset(DataCoding)
ALPHABETS: Final = tuple(_alphabet(octet) for octet in range(256))


def is_flash(octet: int) -> bool:
    """Class 0 in the two groups that carry a message class: shown at once, not kept."""
    has_class = octet & 0xF0 == 0xF0 or octet & 0xD0 == 0x10
    return has_class and octet & 0b11 == 0
