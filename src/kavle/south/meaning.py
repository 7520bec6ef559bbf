"""What a network's answer to an HTTP request means, for the request's messages and for those behind it:
pure."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

import msgspec

from kavle.model.message import Refused, Unsent, Unsure

LONGEST_PAUSE: Final = 300.0
SHORTEST_PAUSE: Final = 1.0


class Meaning(msgspec.Struct, frozen=True):
    """`result` is None where the messages were taken. `down`: why nothing else is to be tried for a while;
    `pause`: seconds for which the provider wants no more."""

    result: Refused | Unsure | Unsent | None
    down: str = ""
    pause: float = 0.0


def no_answer(written: bool, error: str) -> Meaning:
    """Of a request that no answer came to; `written` if any of it may have gone out."""
    return Meaning(Unsure(error) if written else Unsent(), down=error)


def pause(retry_after: str, now: datetime) -> float:
    """Seconds, by a Retry-After header (RFC 9110 §10.2.3): a number of them, or a date."""
    if retry_after.isascii() and retry_after.isdigit():
        seconds = float(retry_after[:9])
    else:
        try:
            seconds = (parsedate_to_datetime(retry_after) - now).total_seconds()
        except (ValueError, TypeError):  # no date, or one without a zone
            seconds = 0.0
    return min(max(seconds, SHORTEST_PAUSE), LONGEST_PAUSE)
