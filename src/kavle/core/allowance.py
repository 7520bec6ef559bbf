"""How much is taken of an account in a while: of messages where its operator says so, of changes by its
customer always."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kavle.model.account import Account
from kavle.model.errors import OperatorError, Reason, Refusal

MOST_CHANGES: Final = 200
"""That a customer makes in a row; afterwards one a minute. The audit log keeps each for two years."""

_CHANGES_A_MINUTE: Final = 1.0
_MINUTE: Final = 60.0
_ROUNDING: Final = 1e-6


class _Buckets:
    """One for each account, which drains as time goes by. What comes while there is room may fill it to above
    its edge. Each process has its own."""

    def __init__(self) -> None:
        self._levels: dict[int, tuple[float, datetime]] = {}

    def pour(self, account: Account, size: int, most: int, per_minute: float, now: datetime) -> bool:
        """False where it is full: then nothing goes in."""
        level, at = self._levels.get(account.id, (0.0, now))
        passed = max(0.0, (now - at).total_seconds())  # clocks are set back, too
        level = max(0.0, level - per_minute * passed / _MINUTE)
        full = level > most - 1 + _ROUNDING
        self._levels[account.id] = (level if full else level + size, now)
        return not full


class Allowance:
    """A minute's worth drains in a minute. A bundle of any size is taken where there is room, and then
    nothing for a while."""

    def __init__(self) -> None:
        self._buckets = _Buckets()

    def take(self, account: Account, messages: int, now: datetime) -> None:
        """Raises `Refusal` where the account has had its share."""
        most = account.settings.per_minute
        if most and not self._buckets.pour(account, messages, most, most, now):
            raise Refusal(Reason.UNAVAILABLE, f"the account hands over more than {most} messages a minute")


class Changes:
    """How many a customer makes."""

    def __init__(self) -> None:
        self._buckets = _Buckets()

    def take(self, account: Account, now: datetime) -> None:
        """Raises `OperatorError` where there were too many."""
        if not self._buckets.pour(account, 1, MOST_CHANGES, _CHANGES_A_MINUTE, now):
            raise OperatorError(
                "nothing was changed: after {most} changes in a row one is taken each minute; try again in a"
                " minute",
                most=MOST_CHANGES,
            )
