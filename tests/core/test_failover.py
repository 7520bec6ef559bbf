"""Which carrier of a route a message takes, and in whose queues something may be better off elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.core.failover import Failover, choose
from kavle.model.prefix import ByPrefix
from kavle.model.service import Service

A, B, C = 1, 2, 3
AFTER = 30.0
ALL_UP = dict.fromkeys((A, B, C))
NORWAY, SWEDEN, ELSEWHERE = "4791234567", "46702617396", "358401234567"


@pytest.mark.parametrize(
    ("out", "takes", "chosen"),
    [
        ("", "ABC", A),
        ("A", "ABC", B),
        ("AB", "ABC", C),
        ("B", "ABC", A),
        ("ABC", "ABC", A),  # while all are out it waits for the first
        ("", "BC", B),  # the first does not take it
        ("A", "AC", C),
        ("AC", "AC", A),
        ("A", "A", A),  # nobody else takes it
        ("BC", "BC", B),
        ("A", "", A),  # nobody takes it at all: it is the first's to say so
    ],
)
def test_the_first_that_takes_it_and_is_not_out(out: str, takes: str, chosen: int) -> None:
    number = {"A": A, "B": B, "C": C}
    able = {number[one] for one in takes}
    assert choose((A, B, C), {number[one] for one in out}, lambda one: one in able) == chosen


@given(st.permutations([A, B, C]), st.sets(st.sampled_from([A, B, C])), st.sets(st.sampled_from([A, B, C])))
def test_nobody_before_the_chosen_one_would_have_done(
    carriers: list[int], out: set[int], able: set[int]
) -> None:
    chosen = choose(carriers, out, lambda one: one in able)
    good = [one for one in carriers if one in able and one not in out]
    assert chosen == (good or [one for one in carriers if one in able] or carriers)[0]


@pytest.fixture
def failover() -> Failover:
    routes = {"46": (A, B), "47": (A, C, B), "": (A,)}
    return Failover(ByPrefix(routes), AFTER)


def test_a_queue_whose_carrier_no_route_names_is_for_any_that_is_up(failover: Failover) -> None:
    failover.told({**ALL_UP, 9: AFTER - 1})
    for carrier in failover.queues():
        failover.begin(carrier)  # as at each start
    assert failover.queues() == []
    failover.told({**ALL_UP, 9: AFTER}, gone=[7])
    assert failover.queues() == [7, 9]
    assert failover.better(7, NORWAY, everything) == A
    failover.told({A: AFTER, 9: AFTER}, gone=[7])
    assert failover.queues() == [], "nobody is up"


def everything(carrier: int) -> bool:
    return True


def test_a_carrier_is_out_when_it_has_been_down_for_so_long(failover: Failover) -> None:
    assert failover.out == set()
    for seconds, out in ((0.0, set()), (29.9, set()), (30.0, {A}), (86_400.0, {A})):
        failover.told({A: seconds, B: None, C: None})
        assert failover.out == out
    failover.told(ALL_UP)
    assert failover.out == set()


def test_what_is_queued_goes_to_the_next_that_has_a_link_and_no_further(failover: Failover) -> None:
    failover.told({A: AFTER, B: 1.0, C: None})
    assert failover.queues() == [A, B], "with A's first link, others may have something of its"
    failover.begin(B)
    assert failover.better(A, NORWAY, everything) == C
    assert failover.better(A, SWEDEN, everything) is None, "B has no link just now"
    failover.told({A: AFTER, B: None, C: None})
    assert failover.better(A, SWEDEN, everything) == B
    assert failover.better(A, NORWAY, lambda one: one == B) == B
    assert failover.better(A, NORWAY, lambda one: one == A) is None
    assert failover.better(A, ELSEWHERE, everything) is None, "no other serves that route"
    assert failover.better(B, SWEDEN, everything) is None


def test_a_carrier_that_is_down_for_a_moment_loses_nothing(failover: Failover) -> None:
    failover.told({A: 29.9, B: None, C: None})
    assert A not in failover.queues()
    assert failover.better(A, SWEDEN, everything) is None


def test_what_waits_behind_a_carrier_goes_back_when_it_has_a_link_again_and_not_before(
    failover: Failover,
) -> None:
    failover.told({A: AFTER, B: None, C: None})
    for queue in failover.queues():
        failover.begin(queue)
    assert failover.queues() == [A], "as long as it is out, more may come into its queue"
    failover.told(ALL_UP)
    assert failover.queues() == [B, C]
    assert failover.better(B, SWEDEN, everything) == A
    assert failover.better(C, NORWAY, everything) == A
    for queue in (B, C):
        failover.begin(queue)
    assert failover.queues() == []
    failover.again(C)
    assert failover.queues() == [C], "it was not looked through to its end"
    failover.told(ALL_UP)
    assert failover.queues() == [C], "nobody came back since"


def test_a_start_with_a_carrier_down_leaves_its_messages_with_who_has_them(failover: Failover) -> None:
    assert failover.queues() == [], "nothing is known yet"
    failover.told({A: 0.0, B: None, C: None})
    assert failover.better(B, SWEDEN, everything) is None, "it is not out, but has no link"


def test_of_carriers_that_no_process_serves_nothing_is_known(failover: Failover) -> None:
    failover.told({})
    assert failover.queues() == []
    assert failover.out == set()
    assert failover.better(B, SWEDEN, everything) is None
    failover.told({A: None})
    assert failover.better(B, SWEDEN, everything) == A


def serving(failover: Failover) -> dict[str, int]:
    """Of SMS."""
    return {prefix: carrier for (_, prefix), carrier in failover.serving().items()}


def test_mms_go_by_carriers_of_mms_alone(failover: Failover) -> None:
    """Also what waits for a carrier that is in the settings no longer."""
    mmsc, other, gone = 7, 8, 9
    failover = Failover(ByPrefix({"": (A, B)}), AFTER, ByPrefix({"": (mmsc, other)}))
    failover.told({A: None, B: None, mmsc: None, other: None}, gone=[gone])
    assert gone in failover.queues()
    assert failover.better(gone, SWEDEN, everything, Service.MMS) == mmsc
    assert failover.better(gone, SWEDEN, everything, Service.SMS) == A
    failover.told({A: None, B: None, mmsc: AFTER, other: None})
    assert failover.better(mmsc, SWEDEN, everything, Service.MMS) == other
    failover.told({A: None, B: None, mmsc: AFTER, other: AFTER})
    assert failover.better(mmsc, SWEDEN, everything, Service.MMS) is None, "no SMS carrier takes it"
    assert failover.serving() == {(Service.SMS, ""): A, (Service.MMS, ""): mmsc}


def test_while_all_are_out_nothing_moves(failover: Failover) -> None:
    failover.told(dict.fromkeys((A, B, C), AFTER))
    assert failover.queues() == []
    assert serving(failover) == {"46": A, "47": A, "": A}


def test_each_route_has_a_carrier_that_serves_it_now(failover: Failover) -> None:
    assert serving(failover) == {"46": A, "47": A, "": A}
    failover.told({A: AFTER, B: None, C: None})
    assert serving(failover) == {"46": B, "47": C, "": A}
