"""What a customer's web application has to say: pure."""

from __future__ import annotations

import codecs
from typing import Final

LONGEST_OK: Final = 1024
"""Octets of an answer that are looked at: OK with all the white space that anybody leaves round it."""

_BOM: Final = "\ufeff"
_ROUND: Final = _BOM + " \t\r\n\v\f"
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def is_ok(status: int, body: bytes) -> bool:
    """Whether the message has arrived: a 2xx whose body is `OK`, two characters, once byte order marks and
    white space round it are removed. Nothing else is."""
    if not 200 <= status < 300 or len(body) > LONGEST_OK:
        return False
    try:
        text = body.decode("utf-16" if body.startswith(_UTF_16) else "utf-8")
    except UnicodeDecodeError:
        return False
    return text.strip(_ROUND) == "OK"
