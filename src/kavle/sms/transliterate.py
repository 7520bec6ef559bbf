"""A text as GSM 03.38 can say it, where every character has a near relation there: 160 characters a segment
instead of 70."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

from kavle.sms import gsm0338

# What no decomposition of Unicode's leads to, and what word processors write by themselves.
_NEAR: Final = {
    "‘": "'",
    "’": "'",
    "‚": "'",
    "‛": "'",
    "′": "'",
    "`": "'",
    "´": "'",
    "“": '"',
    "”": '"',
    "„": '"',
    "″": '"',
    "«": '"',
    "»": '"',
    "‹": "'",
    "›": "'",
    "‐": "-",
    "‑": "-",
    "‒": "-",
    "–": "-",
    "—": "-",
    "―": "-",
    "−": "-",
    "•": "-",
    "·": "-",
    "\u2044": "/",  # of ½
    "×": "x",
    "\t": " ",
    "\u200b": "",
    "\u200c": "",
    "\u200d": "",
    "\u2060": "",
    "\ufeff": "",
    "\u00ad": "",
    "ð": "d",
    "Ð": "D",
    "đ": "d",
    "Đ": "D",
    "þ": "th",
    "Þ": "Th",
    "ł": "l",
    "Ł": "L",
    "ı": "i",
    "œ": "oe",
    "Œ": "OE",
    "ĸ": "k",
    "ŋ": "n",
    "Ŋ": "N",
    "ħ": "h",
    "Ħ": "H",
}


def transliterated(text: str) -> str:
    """`text` with each character that GSM 03.38 has not replaced by its nearest there; `text` itself when one
    has none, since then all of it goes as UCS-2 in any case, and should look as it was written."""
    if gsm0338.encode(text) is not None:
        return text
    nearest = [_nearest(character) for character in text]
    return text if None in nearest else "".join(filter(None, nearest))


@lru_cache(maxsize=4_096)
def _nearest(character: str) -> str | None:
    if gsm0338.encode(character) is not None:
        return character
    if character in _NEAR:
        return _NEAR[character]
    if unicodedata.combining(character):
        return ""
    decomposed = unicodedata.normalize("NFKD", character)
    if decomposed == character:
        return None
    parts = [_nearest(part) for part in decomposed]
    return None if None in parts else "".join(filter(None, parts))
