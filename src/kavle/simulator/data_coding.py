"""A text as a phone shows it."""

from __future__ import annotations

from kavle.sms import gsm0338
from kavle.sms.segment import Encoding, text_of
from kavle.wire.smpp.data_coding import ALPHABETS, Alphabet


def readable(body: bytes, octet: int, language: int = 0) -> str:
    """`body` as a phone shows it; hexadecimal where it is no text. `language`: whose single shift table its
    header names."""
    alphabet = ALPHABETS[octet]
    if alphabet is Alphabet.GSM7:
        return gsm0338.decode(body, language)
    if alphabet is Alphabet.UCS2:
        return text_of(body, Encoding.UCS2)
    return body.decode("latin-1") if alphabet is Alphabet.LATIN1 else body.hex()
