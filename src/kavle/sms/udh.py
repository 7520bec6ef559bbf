"""The user data header (3GPP TS 23.040 §9.2.3.24), as far as long messages and languages need it."""

from __future__ import annotations

import struct
from typing import Final

import msgspec

CONCATENATION_8_BIT: Final = 0x00  # §9.2.3.24.1
CONCATENATION_16_BIT: Final = 0x08  # §9.2.3.24.8
SINGLE_SHIFT: Final = 0x24  # §9.2.3.24.15
LOCKING_SHIFT: Final = 0x25  # §9.2.3.24.16

_ELEMENT_16_BIT: Final = struct.Struct(">BBBHBB")  # UDHL, IEI, IEDL, reference, total, number


class Concatenation(msgspec.Struct, frozen=True, gc=False):
    """This segment is `number` (from 1) of the `total` that share `reference`. An 8-bit reference and a
    16-bit one of the same value name different messages."""

    reference: int
    total: int
    number: int
    wide: bool = True  # a 16-bit reference


class Header(msgspec.Struct, frozen=True, gc=False):
    """What a header says. The languages are identifiers of TS 23.038 §6.2.1.2.4; 0: the default tables."""

    concatenation: Concatenation | None = None
    single_shift: int = 0
    locking_shift: int = 0


def build(reference: int, total: int, number: int, language: int = 0) -> bytes:
    """A header, its length octet included, with one 16-bit concatenation element, and one that names the
    language's single shift table. Raises ValueError for a reference over 65535, a total over 255, or a
    number that is not of the total."""
    if not (0 <= reference <= 0xFFFF and 1 <= number <= total <= 0xFF):
        raise ValueError(f"no concatenation: segment {number} of {total} with reference {reference}")
    if not language:
        return _ELEMENT_16_BIT.pack(6, CONCATENATION_16_BIT, 4, reference, total, number)
    concatenation = _ELEMENT_16_BIT.pack(9, CONCATENATION_16_BIT, 4, reference, total, number)
    return concatenation + single_shift(language)[1:]


def build_8_bit(reference: int, total: int, number: int) -> bytes:
    """As `build`, with an 8-bit element, which phones mostly write. Raises ValueError for a reference over
    255, too."""
    if not (0 <= reference <= 0xFF and 1 <= number <= total <= 0xFF):
        raise ValueError(f"no 8-bit concatenation: segment {number} of {total} with reference {reference}")
    return bytes([5, CONCATENATION_8_BIT, 3, reference, total, number])


def single_shift(language: int) -> bytes:
    """A header, its length octet included, that names the language's single shift table and nothing else."""
    return bytes([3, SINGLE_SHIFT, 1, language])


def parse(user_data: bytes) -> tuple[Header, bytes]:
    """What the header says that `user_data` begins with, and the body behind it.

    Other elements are skipped. A concatenation element that makes no sense is as if it were not there
    (§9.2.3.24.1); of several the last counts (§9.2.3.24). Raises ValueError where the header is cut short
    or its elements do not fill it."""
    if not user_data:
        raise ValueError("user data header: it is empty")
    end = 1 + user_data[0]
    if end > len(user_data):
        raise ValueError(f"user data header: {end} octets announced, {len(user_data)} there")
    concatenation: Concatenation | None = None
    shifts = {SINGLE_SHIFT: 0, LOCKING_SHIFT: 0}
    at = 1
    while at < end:
        if at + 2 > end or at + 2 + user_data[at + 1] > end:
            raise ValueError(f"user data header: the element at octet {at} runs over its end")
        element = user_data[at + 2 : at + 2 + user_data[at + 1]]
        concatenation = _concatenation(user_data[at], element) or concatenation
        if user_data[at] in shifts and len(element) == 1:
            shifts[user_data[at]] = element[0]
        at += 2 + len(element)
    return Header(concatenation, shifts[SINGLE_SHIFT], shifts[LOCKING_SHIFT]), user_data[end:]


def _concatenation(identifier: int, element: bytes) -> Concatenation | None:
    width = {CONCATENATION_8_BIT: 1, CONCATENATION_16_BIT: 2}.get(identifier)
    if width is None:
        return None
    if len(element) != width + 2:
        raise ValueError(f"user data header: a concatenation of {len(element)} octets, not {width + 2}")
    total, number = element[width:]
    if not 1 <= number <= total:
        return None
    return Concatenation(int.from_bytes(element[:width], "big"), total, number, width == 2)
