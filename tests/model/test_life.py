"""The status that segments add up to, as a table and as properties."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.model.life import rolled_up, story
from kavle.model.status import FAILED, FINAL, Status

RECEIVED, DELAYED, IN_NETWORK, DELIVERED = (
    Status.RECEIVED,
    Status.DELAYED,
    Status.IN_NETWORK,
    Status.DELIVERED,
)
EXPIRED, PHONE_FAILED, CANCELLED = Status.EXPIRED, Status.PHONE_FAILED, Status.CANCELLED

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)

of_segments = st.sampled_from([IN_NETWORK, *sorted(FINAL)])


@pytest.mark.parametrize(
    ("total", "segments", "current", "status"),
    [
        (1, [], RECEIVED, RECEIVED),
        (1, [], DELAYED, DELAYED),
        (1, [IN_NETWORK], RECEIVED, IN_NETWORK),
        (1, [IN_NETWORK], DELAYED, IN_NETWORK),
        (1, [DELIVERED], RECEIVED, DELIVERED),  # the receipt came before its response
        (2, [IN_NETWORK], RECEIVED, RECEIVED),
        (2, [IN_NETWORK], DELAYED, DELAYED),
        (2, [IN_NETWORK, IN_NETWORK], RECEIVED, IN_NETWORK),
        (2, [DELIVERED], IN_NETWORK, IN_NETWORK),
        (2, [DELIVERED, IN_NETWORK], IN_NETWORK, IN_NETWORK),
        (2, [DELIVERED, DELIVERED], IN_NETWORK, DELIVERED),
        (2, [EXPIRED], RECEIVED, EXPIRED),
        (3, [DELIVERED, DELIVERED, PHONE_FAILED], IN_NETWORK, PHONE_FAILED),
        (1, [PHONE_FAILED], DELIVERED, DELIVERED),
        (1, [DELIVERED], EXPIRED, EXPIRED),
        (1, [IN_NETWORK], CANCELLED, CANCELLED),
    ],
)
def test_the_status_of_segments(total: int, segments: list[Status], current: Status, status: Status):
    assert rolled_up(total, segments, current) is status


@given(st.lists(of_segments, max_size=4), st.sampled_from(sorted(FINAL)))
def test_a_final_status_never_regresses(segments: list[Status], final: Status):
    assert rolled_up(4, segments, final) is final


@given(st.lists(of_segments, min_size=1, max_size=4), st.integers(0, 3))
def test_one_failure_is_the_message_s_and_all_deliveries_are(segments: list[Status], missing: int):
    status = rolled_up(len(segments) + missing, segments, IN_NETWORK)
    assert (status in FAILED) == any(segment in FAILED for segment in segments)
    assert (status is DELIVERED) == (not missing and set(segments) == {DELIVERED})


def at(seconds: int) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("total", "events", "told"),
    [
        (1, [], [(RECEIVED, 0)]),
        (1, [(1, 1, IN_NETWORK), (2, 1, DELIVERED)], [(RECEIVED, 0), (IN_NETWORK, 1), (DELIVERED, 2)]),
        (1, [(1, 1, DELIVERED), (2, 1, IN_NETWORK)], [(RECEIVED, 0), (DELIVERED, 1)]),
        (
            1,
            [(1, 1, DELAYED), (9, 1, IN_NETWORK), (10, 1, DELIVERED)],
            [(RECEIVED, 0), (DELAYED, 1), (IN_NETWORK, 9), (DELIVERED, 10)],
        ),
        (1, [(1, 1, DELAYED), (2, 1, DELAYED)], [(RECEIVED, 0), (DELAYED, 1)]),
        (
            2,
            [(1, 1, IN_NETWORK), (2, 2, IN_NETWORK), (3, 2, DELIVERED), (4, 1, DELIVERED)],
            [(RECEIVED, 0), (IN_NETWORK, 2), (DELIVERED, 4)],
        ),
        (
            2,  # a segment's receipt is final, whatever comes after it
            [(1, 1, DELIVERED), (2, 1, PHONE_FAILED), (3, 2, DELIVERED)],
            [(RECEIVED, 0), (DELIVERED, 3)],
        ),
        (
            2,
            [(1, 1, IN_NETWORK), (2, 2, PHONE_FAILED), (3, 1, DELIVERED), (4, 2, DELAYED)],
            [(RECEIVED, 0), (PHONE_FAILED, 2)],
        ),
    ],
)
def test_the_story(total: int, events: list[tuple[int, int, Status]], told: list[tuple[Status, int]]):
    happened = [(at(seconds), segment, status) for seconds, segment, status in events]
    assert story(total, NOON, happened) == [(status, at(seconds)) for status, seconds in told]


events = st.lists(st.tuples(st.integers(1, 3), st.sampled_from([DELAYED, IN_NETWORK, *sorted(FINAL)])))


@given(events)
def test_a_story_ends_with_its_first_final_status(happened: list[tuple[int, Status]]):
    told = [
        status
        for status, _ in story(3, NOON, [(at(when), *event) for when, event in enumerate(happened, start=1)])
    ]
    assert told[0] is RECEIVED
    assert not FINAL.intersection(told[:-1])
    assert all(before is not after for before, after in pairwise(told))
