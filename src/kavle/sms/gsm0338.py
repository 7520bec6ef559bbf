"""The GSM 7 bit default alphabet and its extension tables (3GPP TS 23.038 §6.2.1), unpacked: a septet an
octet, as SMPP carries them; an extension character is ESC and another septet. Which table that septet is
looked up in is the default one, unless a header names a language's (TS 23.040 §9.2.3.24.15)."""

from __future__ import annotations

import re
from codecs import charmap_decode
from collections.abc import Iterator, Mapping
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

# National language single shift tables, as above. TS 23.038 §A.2.1 to §A.2.3
_NATIONAL: Final = {
    1: _EXTENSION | dict(zip("GIScgis", "ĞİŞçğış", strict=True)),
    2: _EXTENSION | dict(zip("ÇAIOUaiou", "çÁÍÓÚáíóú", strict=True)),
    3: _EXTENSION
    | dict(zip("éÇØøÅåÉ", "êçÔôÁáÊ", strict=True))
    | dict(zip("AIOUÄÖaiouäöà", "ÀÍÓÚÃÕÂíóúãõâ", strict=True))
    | {letter: letter for letter in "ΦΓΩΠΨΣΘ"},  # which its locking table does not have
}
# National language locking shift tables. TS 23.038 §A.3.1 and §A.3.3; Spanish has none.
_LOCKING: Final = {
    1: (
        "@£$¥€éùıòÇ\nĞğ\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bŞşßÉ"
        " !\"#¤%&'()*+,-./0123456789:;<=>?"
        "İABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
        "çabcdefghijklmnopqrstuvwxyzäöñüà"
    ),
    3: (
        "@£$¥êéúíóç\nÔô\rÁáΔ_ªÇÀ∞^\\€Ó|\x1bÂâÊÉ"
        " !\"#º%&'()*+,-./0123456789:;<=>?"
        "ÍABCDEFGHIJKLMNOPQRSTUVWXYZÃÕÚÜ§"
        "~abcdefghijklmnopqrstuvwxyzãõ`üà"
    ),
}
DEFAULT: Final = 0
TURKISH, SPANISH, PORTUGUESE = LANGUAGES = tuple(_NATIONAL)
"""National language identifiers (TS 23.038 §6.2.1.2.4) whose single shift tables are known here."""


def _encoder(extension: Mapping[str, str]) -> dict[str, bytes]:
    basic = {character: bytes([septet]) for septet, character in enumerate(_BASIC) if septet != ESCAPE}
    extended = {shown: bytes([ESCAPE, _BASIC.index(second)]) for second, shown in extension.items()}
    return extended | basic  # a character that is in both takes one septet


_EXTENSIONS: Final = {DEFAULT: _EXTENSION, **_NATIONAL}
_ENCODERS: Final = {language: _encoder(extension) for language, extension in _EXTENSIONS.items()}
_ENCODE: Final = _ENCODERS[DEFAULT]
_ELSEWHERE: Final = 0xFF
_FROM_LATIN_1: Final = bytes(
    septets[0] if len(septets := _ENCODE.get(chr(octet), b"")) == 1 else _ELSEWHERE for octet in range(256)
)
_ESCAPED: Final = re.compile("\x1b(.?)", re.DOTALL)
# An ESC with nothing, or another ESC, behind it shows as a space. TS 23.038 §6.2.1 note 1, §6.2.1.1 note 1
_UNESCAPED: Final = {
    language: {**extension, "\x1b": " ", "": " "} for language, extension in _EXTENSIONS.items()
}


def encode(text: str, language: int = DEFAULT) -> bytes | None:
    """The septets of `text`, one an octet, or None when a character is not in the alphabet with that
    language's single shift table."""
    if language:
        return _encode_any(text, _ENCODERS[language])
    # Nearly all texts are Latin-1 without extension characters: two passes in C, a tenth of the general way.
    try:
        septets = text.encode("latin-1").translate(_FROM_LATIN_1)
    except UnicodeEncodeError:
        return _encode_any(text, _ENCODE)
    return _encode_any(text, _ENCODE) if _ELSEWHERE in septets else septets


def _encode_any(text: str, encoder: Mapping[str, bytes]) -> bytes | None:
    try:
        return b"".join(map(encoder.__getitem__, text))  # stops at the first character that does not fit
    except KeyError:
        return None


def decode(septets: bytes, language: int = DEFAULT, locking: int = DEFAULT) -> str:
    """The text of unpacked septets, whatever they are: an unknown extension shows as the basic character
    (TS 23.038 §6.2.1.1), an octet over 0x7F as U+FFFD, an unknown language's as the default one's.
    `language`: whose single shift table, and `locking`: whose locking one a header names."""
    text, _ = charmap_decode(septets, "replace", _LOCKING.get(locking, _BASIC))
    if ESCAPE not in septets:
        return text
    shown = _UNESCAPED.get(language, _UNESCAPED[DEFAULT])
    if locking not in _LOCKING:
        return _ESCAPED.sub(lambda pair: shown.get(pair[1], pair[1]), text)
    return "".join(_unescaped(septets, text, shown))


def _unescaped(septets: bytes, text: str, shown: Mapping[str, str]) -> Iterator[str]:
    """`text` with its extension characters, which are known by where they stand in the default table."""
    basic, _ = charmap_decode(septets, "replace", _BASIC)
    end = 0
    for pair in _ESCAPED.finditer(basic):
        yield text[end : pair.start()]
        end = pair.end()
        yield shown.get(pair[1], text[pair.start() + 1 : end])
    yield text[end:]
