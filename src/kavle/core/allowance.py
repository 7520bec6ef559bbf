"""How many messages an account may hand over in a minute, where its operator says so."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kavle.model.account import Account
from kavle.model.errors import Reason, Refusal

_MINUTE: Final = 60.0
_ROUNDING: Final = 1e-6


class Allowance:
    """A bucket for each account with a limit, which drains a minute's worth in a minute. What comes while
    there is room may fill it to above its edge: so a bundle of any size is taken, and then nothing for a
    while. Each process counts for itself."""

    def __init__(self) -> None:
        self._levels: dict[int, tuple[float, datetime]] = {}

    def take(self, account: Account, messages: int, now: datetime) -> None:
        """Raises `Refusal` where the account has had its share."""
        most = account.settings.per_minute
        if not most:
            return
        level, at = self._levels.get(account.id, (0.0, now))
        passed = max(0.0, (now - at).total_seconds())  # clocks are set back, too
        level = max(0.0, level - most * passed / _MINUTE)
        full = level > most - 1 + _ROUNDING
        self._levels[account.id] = (level if full else level + messages, now)
        if full:
            raise Refusal(Reason.UNAVAILABLE, f"the account hands over more than {most} messages a minute")
