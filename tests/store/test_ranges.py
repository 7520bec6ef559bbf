"""Ranges of a queue's places: what is in none is in a gap, and fewer ranges never leave anything out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.store.postgres.ranges import EVERYWHERE, LEAST, MOST, Range, gaps, in_order, joined

TAGS = st.one_of(st.integers(-20, 20), st.sampled_from([LEAST, LEAST + 1, MOST - 1, MOST]))


@st.composite
def ranges(draw: st.DrawFn) -> list[Range]:
    """Some that don't overlap, in any order."""
    found = []
    for priority in (1, 2, 3):
        ends = sorted(draw(st.lists(TAGS, unique=True, max_size=8)))
        found += [Range(priority, *pair) for pair in zip(ends[::2], ends[1::2], strict=False)]
    return draw(st.permutations(found))


def holds(ranges: list[Range], priority: int, tag: int) -> int:
    return sum(one.priority == priority and one.low <= tag <= one.high for one in ranges)


@given(ranges(), st.integers(1, 3), TAGS)
def test_every_place_is_in_one_range_or_in_one_gap(some: list[Range], priority: int, tag: int) -> None:
    assert holds(some, priority, tag) + holds(gaps(some), priority, tag) == 1


@given(ranges(), st.integers(1, 3), TAGS, st.integers(1, 4))
def test_joined_ranges_are_few_in_order_and_hold_what_they_held(
    some: list[Range], priority: int, tag: int, most: int
) -> None:
    few = joined(some, most)
    assert few == in_order(few)
    assert holds(few, priority, tag) <= 1
    assert holds(few, priority, tag) >= holds(some, priority, tag)
    assert all(sum(one.priority == each for one in few) <= most for each in (1, 2, 3))


def test_a_wide_gap_is_kept_and_a_narrow_one_given_up() -> None:
    some = [Range(2, 0, 1), Range(2, 3, 4), Range(2, 90, 91), Range(3, 0, 0)]
    assert joined(some, 2) == [Range(3, 0, 0), Range(2, 0, 4), Range(2, 90, 91)]


@pytest.mark.parametrize("ranges", [[], EVERYWHERE])
def test_nothing_is_left_of_everything(ranges: list[Range]) -> None:
    assert gaps(ranges) == ([] if ranges else EVERYWHERE)
