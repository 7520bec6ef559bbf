"""How fast a network lets us submit, learnt from what it refuses for being too much. No I/O; times are those
of the session.

A refused submit_sm costs a token at once, so that as many fewer follow as were too many. Once a second the
rate becomes what the network took of it, and from then on grows: slowly at first, where it is close to the
limit, and the faster the longer nothing is refused, since the limit may be another by now. So it settles
where about one in a hundred is refused, which is what it costs to know the limit. A link that had none begins
with a guess and doubles that each second until it is too much.

Where half the rate has no more taken than half, it is not the rate that is too much, and to slow down would
end in standing still: then twice the share of refusals is borne for a while.
"""

from __future__ import annotations

import math
from typing import Final

from kavle.south.smpp.rate import Rate

FLOOR: Final = 1.0
"""A second. Less would not find out soon that the network takes more again."""
GUESS: Final = 10.0
"""A second, at least, for a link that had no limit: a few refusals tell that there is one, but not which."""
BORNE: Final = 0.01
"""Of all answers. Some networks refuse a few for what they say of the recipient, at whatever rate."""
BOUNDLESS: Final = 10_000.0
"""A second: a limit that has grown to this, and that nobody set, is none any more."""

TELLING: Final = 3
"""Attempts of a message whose refusals are a matter of the rate. Who is refused more often in a row is so for
what the network says of the recipient (a full queue), and would hold up all behind it."""

_ROUND: Final = 1.0  # seconds between two changes, at least
_FEW: Final = 10  # answers that say little; then a round is longer,
_LONGEST_ROUND: Final = 10.0  # but not longer than that
_SILENCE: Final = 2 * _LONGEST_ROUND  # and after so long a network that took nothing may be open again
_LONE: Final = 2  # refusals in a round that tell of no limit where there was none
_PATIENCE: Final = 60.0  # seconds for which refusals that are no matter of the rate are borne
_MOST_NOISE: Final = 0.7  # of all answers: more is no matter of chance
_ALIKE: Final = 0.75  # of what it was, at least, is as much as before
_AT_MOST: Final = 0.5  # of the rate is left by one round: some networks count each second for itself
_SLOWLY: Final = 200.0  # seconds in which the rate doubles by what grows evenly,
_FASTER: Final = 20.0  # and by what grows with the square of the time


class Governor:
    """Tell it of each answer that says something of the rate (`TELLING`), and let it `adjust` its rate before
    that is asked."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._set = rate.per_second  # by the operator
        self._base: float | None = None  # the rate at `_at`; None: not slowed
        self._at = -math.inf
        self._climbing = False  # the rate is a guess, which was not too much yet
        self._closed = False  # the network took nothing of late
        self._taken = self._refused = 0  # in this round
        self._began = -math.inf  # this round
        self._before = 0.0  # taken a second, in the round before
        self._top = 0.0, 0.0, 0.0  # the rate from which it fell, what was taken of it, the share refused
        self._noise = 0.0  # share that is refused at any rate,
        self._noise_until = -math.inf  # as it is believed until then

    @property
    def slowed(self) -> bool:
        """The network asks for less than the operator allows."""
        return self._base is not None

    def answered(self, refused: bool, sent: float, now: float) -> None:
        """A submit_sm that was sent then: whether it was too much."""
        if sent >= self._at:  # else it says nothing of the present rate
            self._count(refused, now)
        if self._closed and not refused:
            self._closed = False
            self._slow((self._base or FLOOR) / 2, now)
        self.adjust(now)
        if refused:
            self._rate.forfeit(now)

    def adjust(self, now: float) -> None:
        """Bring the rate up to date."""
        if self._base is not None or self._rate.per_second != self._set:
            self._rate.change(self._limit(now), now)

    def _count(self, refused: bool, now: float) -> None:
        if now - self._began >= _ROUND and self._enough(now):
            self._judge(now)
        self._taken += not refused
        self._refused += refused
        if (
            self._base is None
            and self._set is None
            and self._refused > _LONE
            and not self._borne(self._before)
        ):
            self._climbing = True
            self._slow(max(GUESS, self._taken, self._before), now)

    def _enough(self, now: float) -> bool:
        return self._taken + self._refused >= _FEW or now - self._began >= _LONGEST_ROUND

    def _borne(self, more: float = 0.0) -> bool:
        return self._refused <= (BORNE + 2 * self._noise) * (self._taken + self._refused + more)

    def _judge(self, now: float) -> None:
        """The end of a round."""
        limit = self._limit(now)
        self._before = self._taken / (now - self._began)
        if now >= self._noise_until:
            self._noise = 0.0
        if limit is not None and not self._closed and not self._borne():
            lower = self._lower(limit, now) if self._taken else limit
            self._climbing, self._closed = False, not self._taken
            self._slow(lower, now)
        self._next_round(now)

    def _lower(self, limit: float, now: float) -> float:
        """What was taken of this rate; or the one from which it fell, if that was no help."""
        top, taken, before = self._top
        refused = self._refused / (self._taken + self._refused)
        fewer = self._before < _ALIKE * taken
        if self._climbing:
            self._top = 0.0, 0.0, 0.0  # it was another rate at each moment of the round
        elif limit > top or (fewer and limit > _ALIKE * top):
            self._top = limit, self._before, refused
        elif fewer and _ALIKE * before < refused < _MOST_NOISE and limit <= top / 2:
            self._noise, self._noise_until = refused, now + _PATIENCE
            return top
        return limit * max(_AT_MOST, 1 - refused)

    def _slow(self, limit: float, now: float) -> None:
        self._base, self._at = max(FLOOR, limit), now
        self._next_round(now)

    def _next_round(self, now: float) -> None:
        self._began, self._taken, self._refused = now, 0, 0

    def _limit(self, now: float) -> float | None:
        if self._base is None:
            return self._set
        base, since = (FLOOR, self._began + _SILENCE) if self._closed else (self._base, self._at)
        passed = max(0.0, now - since)
        times = 2**passed if self._climbing else 1 + passed / _SLOWLY + (passed / _FASTER) ** 2
        grown = base * times
        if grown >= (self._set or BOUNDLESS):
            self._base, self._climbing, self._closed = None, False, False
            return self._set
        return grown
