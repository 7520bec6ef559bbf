"""What lower priorities are owed: a tenth beside a flood from above, and nothing where none of them waits."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.core.shares import Shares

LONG = 10_000  # segments


def served(room: int, flood: dict[int, int], sizes: dict[int, int]) -> Counter[int]:
    """What each priority of `flood` gets of leases of `room` segments, by messages of `sizes`, when all of
    them wait without end: the highest takes what the others are not owed."""
    shares, got = Shares(), Counter[int]()
    while got.total() < LONG:
        asked = shares.owed()
        taken = Counter[int]()
        for priority in sorted(flood):
            while taken[priority] < asked.get(priority, 0) and taken.total() < room:
                taken[priority] += sizes[priority]
        taken[max(flood)] += max(0, room - taken.total())
        shares.took(taken, [])
        got += taken
    return got


@given(room=st.integers(1, 200), long=st.integers(1, 10))
def test_beside_a_flood_of_alarms_each_lower_priority_gets_its_tenth(room: int, long: int) -> None:
    got = served(room, {3: 1, 2: 1, 1: 1}, {3: 1, 2: 1, 1: long})
    assert got[2] / got[3] == pytest.approx(0.1, abs=0.04)
    assert got[1] / (got[2] + got[3]) == pytest.approx(0.1, abs=0.04)


def test_whose_queue_is_empty_is_owed_nothing() -> None:
    shares = Shares()
    shares.took({3: 100}, [])
    assert shares.owed() == {2: 10, 1: 10}
    shares.took({3: 90, 1: 10}, [2])
    assert shares.owed() == {1: 9}


def test_what_came_of_itself_counts() -> None:
    shares = Shares()
    shares.took({3: 20, 1: 80}, [])
    assert shares.owed() == {2: 2}
