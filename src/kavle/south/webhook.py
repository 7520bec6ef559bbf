"""The secret in the path that a network or provider comes to: who knows it is believed."""

from __future__ import annotations

import re
from typing import Final

from kavle.settings import WrongValue

SHORTEST: Final = 24
"""Characters: of letters, digits, - and _ these are 140 bits, if they were drawn by chance."""

_SECRET: Final = re.compile(r"[A-Za-z0-9_-]*")


def check_webhook(secret: str) -> None:
    """None is as good as a good one. Raises `WrongValue`."""
    if secret and not (_SECRET.fullmatch(secret) and len(secret) >= SHORTEST):
        raise WrongValue(
            "webhook",
            f"expected {SHORTEST} letters, digits, - or _ at least, drawn by chance: `openssl rand -hex 16`"
            " makes such a one",
        )
