"""A link's rate against networks that bear only so much: simulated second by second, with no clock."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.south.smpp.governor import BOUNDLESS, FLOOR, GUESS, Governor
from kavle.south.smpp.rate import Rate

STEP = 0.005
WINDOW = 100

Network = Callable[[float], bool]
"""Whether it takes a submit_sm that comes now."""


def bucket(limit: float, burst: float) -> Network:
    """Tokens, as many networks count."""
    tokens, at = burst, 0.0

    def takes(now: float) -> bool:
        nonlocal tokens, at
        tokens, at = min(burst, tokens + (now - at) * limit), now
        if tokens < 1:
            return False
        tokens -= 1
        return True

    return takes


def by_the_second(limit: float) -> Network:
    """So many in each second by the clock, what is refused counted too, as other networks do."""
    second, count = -1, 0

    def takes(now: float) -> bool:
        nonlocal second, count
        if int(now) != second:
            second, count = int(now), 0
        count += 1
        return count <= limit

    return takes


def now_and_then(share: float) -> Network:
    """For what it says of the recipient, not of the rate."""
    draw = random.Random(1).random
    return lambda now: draw() >= share


def shut(begin: float, end: float) -> Network:
    """Its queue is full for a while."""
    return lambda now: not begin <= now < end


class Line:
    """A network, and who sends by it all that the rate lets out, with the answers after `delay`."""

    def __init__(self, network: Network, rate: float | None = None, delay: float = 0.01) -> None:
        self.rate = Rate(rate)
        self.governor = Governor(self.rate)
        self.now = 0.0
        self._network = network
        self._delay = delay
        self._flying: deque[tuple[float, bool]] = deque()

    def run(self, seconds: float) -> tuple[float, float]:
        """Taken and refused a second, of what goes out in that time."""
        end, taken, refused = self.now + seconds, 0, 0
        while self.now < end:
            while self._flying and self._flying[0][0] + self._delay <= self.now:
                sent, took = self._flying.popleft()
                self.governor.answered(not took, sent, self.now)
            self.governor.adjust(self.now)
            for _ in range(min(WINDOW - len(self._flying), self.rate.ready(self.now))):
                took = self._network(self.now)
                self.rate.take(1, self.now)
                self._flying.append((self.now, took))
                taken += took
                refused += not took
            self.now += STEP
        return taken / seconds, refused / seconds


@pytest.mark.parametrize("delay", [0.01, 0.5])
@pytest.mark.parametrize("limit", [20.0, 50.0, 150.0])
@pytest.mark.parametrize("rate", [None, 1.2])
@pytest.mark.parametrize("kind", ["small bucket", "bucket", "by the second"])
def test_it_settles_just_below_the_limit(kind: str, rate: float | None, limit: float, delay: float) -> None:
    network = by_the_second(limit) if kind == "by the second" else bucket(limit, limit)
    if kind == "small bucket":
        network = bucket(limit, limit / 10)
    line = Line(network, rate and rate * limit, delay)
    line.run(45)  # at most, until it has found its way
    taken, refused = line.run(60)
    assert taken > 0.93 * limit
    assert refused < 0.03 * limit
    assert line.governor.slowed


@pytest.mark.parametrize("limit", [2.0, 5.0])
def test_at_a_few_a_second_each_refusal_weighs_more(limit: float) -> None:
    line = Line(by_the_second(limit))
    line.run(45)
    taken, refused = line.run(60)
    assert taken > 0.8 * limit
    assert refused < 0.2 * limit


def test_no_burst_but_the_first_is_refused() -> None:
    """Within the first seconds, too, no more than two windows' worth."""
    line = Line(by_the_second(50))
    _, refused = line.run(10)
    assert refused * 10 < 2 * WINDOW


def test_who_is_within_the_limit_is_never_slowed() -> None:
    line = Line(by_the_second(50), rate=45.0)
    taken, refused = line.run(30)
    assert (round(taken), refused) == (45, 0)
    assert not line.governor.slowed


def test_a_few_refusals_at_any_rate_are_borne() -> None:
    line = Line(now_and_then(0.004), delay=0.2)  # 500 a second, by the window
    taken, _ = line.run(60)
    assert taken > 400


@pytest.mark.parametrize("share", [0.05, 0.1, 0.3, 0.35, 0.5, 0.6])
def test_refusals_that_come_at_any_rate_do_not_bring_it_to_a_stand(share: float) -> None:
    """For as long as they come."""
    line = Line(now_and_then(share), rate=100.0)
    line.run(30)
    for _ in range(10):
        taken, _ = line.run(60)
        assert taken > 5


def test_what_is_full_is_asked_once_a_second_and_then_comes_back() -> None:
    line = Line(shut(10, 30), rate=100.0)
    line.run(10)
    _, refused = line.run(20)
    assert refused < 5 * FLOOR
    assert line.rate.per_second == FLOOR
    line.run(30)
    taken, refused = line.run(10)
    assert (round(taken), refused) == (100, 0)
    assert not line.governor.slowed
    assert line.rate.per_second == 100.0  # the operator's, and no more than that


def test_what_nobody_says_to_be_full_any_more_is_not_for_long() -> None:
    """Nor does it take a yes: those that are left may be refused for what they are."""
    line = Line(shut(0, 30), rate=100.0)
    line.run(30)
    assert line.rate.per_second == FLOOR
    line.governor.adjust(line.now + 60)
    assert line.rate.per_second > 2 * FLOOR
    line.governor.adjust(line.now + 600)
    assert (line.governor.slowed, line.rate.per_second) == (False, 100.0)


def test_a_limit_that_is_raised_is_found() -> None:
    limits = bucket(20, 20), bucket(150, 150)
    line = Line(lambda now: limits[now > 60](now))
    line.run(60)
    line.run(60)
    taken, _ = line.run(10)
    assert taken > 130


def test_a_limit_that_nobody_set_is_forgotten_in_the_end() -> None:
    line = Line(shut(0, 1))
    line.run(1.5)
    assert line.governor.slowed
    line.now += 3600
    line.governor.adjust(line.now)
    assert (line.governor.slowed, line.rate.per_second) == (False, None)


def test_answers_from_before_a_change_do_not_slow_it_again() -> None:
    """A whole window that is refused is one event."""
    rate = Rate(None)
    governor = Governor(rate)
    for _ in range(WINDOW):
        governor.answered(True, 0.0, 0.5)
    assert rate.per_second == GUESS
    assert governor.slowed


answers = st.lists(st.tuples(st.booleans(), st.floats(0, 2), st.floats(0, 3)), max_size=200)


@given(rate=st.none() | st.floats(1, 5000), answers=answers)
def test_whatever_it_is_told_the_rate_is_within_its_bounds(
    rate: float | None, answers: list[tuple[bool, float, float]]
) -> None:
    bucket = Rate(rate)
    governor, now = Governor(bucket), 1000.0
    for refused, step, ago in answers:
        now += step
        bucket.take(min(1, bucket.ready(now)), now)
        governor.answered(refused, now - ago, now)
        governor.adjust(now)
        if governor.slowed:
            assert bucket.per_second is not None
            assert FLOOR <= bucket.per_second < (rate or BOUNDLESS)
        else:
            assert bucket.per_second == rate
        # However many were refused, it goes on within moments.
        assert bucket.wait(now) <= 1.0 + 3 / (bucket.per_second or 1)
    if not any(refused for refused, *_ in answers):
        assert not governor.slowed
