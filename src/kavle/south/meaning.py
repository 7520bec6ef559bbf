"""What a network's answer to an HTTP request means, for the request's messages and for those behind it:
pure."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

import msgspec

from kavle.model.message import Refused, Unsent, Unsure
from kavle.model.why import Why, why

LONGEST_PAUSE: Final = 300.0
SHORTEST_PAUSE: Final = 1.0


class Closed(msgspec.Struct, frozen=True):
    """Why a network takes nothing, and which settings of the carrier to look at."""

    reason: Why
    look_at: str = ""

    def by(self, answer: str) -> Closed:
        """Told by this answer of the network's."""
        return Closed(why("{answer}: {meaning}", answer=answer, meaning=self.reason), self.look_at)


class Meaning(msgspec.Struct, frozen=True):
    """`result` is None where the messages were taken. `down`: why nothing else is to be tried for a while;
    `pause`: seconds for which the provider wants no more."""

    result: Refused | Unsure | Unsent | None
    down: Closed | None = None
    pause: float = 0.0


def no_answer(written: bool, error: Why) -> Meaning:
    """Of a request that no answer came to; `written` if any of it may have gone out."""
    return Meaning(Unsure(str(error)) if written else Unsent(), down=Closed(error))


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
