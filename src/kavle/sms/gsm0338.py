"""The GSM 7 bit default alphabet and its extension table (3GPP TS 23.038 §6.2.1), unpacked: a septet an
octet, as SMPP carries them; an extension character is ESC and another septet."""

from __future__ import annotations

import re
from codecs import charmap_decode
from typing import Final

ESCAPE: Final = 0x1B

_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# By the character that the second septet is in the basic table. TS 23.038 §6.2.1.1
_EXTENSION: Final = {
    "\n": "\f",
    "Λ": "^",
    "(": "{",
    ")": "}",
    "/": "\\",
    "<": "[",
    "=": "~",
    ">": "]",
    "¡": "|",
    "e": "€",
}

_ENCODE: Final[dict[str, bytes]] = {
    character: bytes([septet]) for septet, character in enumerate(_BASIC) if septet != ESCAPE
} | {extended: bytes([ESCAPE, _BASIC.index(second)]) for second, extended in _EXTENSION.items()}
_ELSEWHERE: Final = 0xFF
_FROM_LATIN_1: Final = bytes(
    septets[0] if len(septets := _ENCODE.get(chr(octet), b"")) == 1 else _ELSEWHERE for octet in range(256)
)
_ESCAPED: Final = re.compile("\x1b(.?)", re.DOTALL)
# An ESC with nothing, or another ESC, behind it shows as a space. TS 23.038 §6.2.1 note 1, §6.2.1.1 note 1
_UNESCAPED: Final = {**_EXTENSION, "\x1b": " ", "": " "}


def encode(text: str) -> bytes | None:
    """The septets of `text`, one an octet, or None when a character is not in the alphabet."""
    # Nearly all texts are Latin-1 without extension characters: two passes in C, a tenth of the general way.
    try:
        septets = text.encode("latin-1").translate(_FROM_LATIN_1)
    except UnicodeEncodeError:
        return _encode_any(text)
    return _encode_any(text) if _ELSEWHERE in septets else septets


def _encode_any(text: str) -> bytes | None:
    try:
        return b"".join(map(_ENCODE.__getitem__, text))  # stops at the first character that does not fit
    except KeyError:
        return None


def decode(septets: bytes) -> str:
    """The text of unpacked septets, whatever they are: an unknown extension shows as the basic character
    (TS 23.038 §6.2.1.1), an octet over 0x7F as U+FFFD."""
    text, _ = charmap_decode(septets, "replace", _BASIC)
    if ESCAPE not in septets:
        return text
    return _ESCAPED.sub(lambda pair: _UNESCAPED.get(pair[1], pair[1]), text)
