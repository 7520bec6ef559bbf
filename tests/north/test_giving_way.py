"""Who gives way where there are as many connections as there may be."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from kavle.north.giving_way import GivingWay, first_to_go


@dataclass(eq=False)
class Somebody:
    network: str
    since: float = 0.0
    waits: bool = True

    def give_way(self) -> None:
        self.waits = False


def order(connected: list[Somebody], most: int = 100) -> list[tuple[str, float]]:
    return [(one.network, one.since) for one in first_to_go(connected, most)]


def test_of_the_network_that_has_the_most_the_one_that_waits_the_longest() -> None:
    crowd = [Somebody("a", at) for at in (3, 1, 2)] + [Somebody("b", 0)]
    assert order(crowd, 2) == [("a", 1), ("a", 2)]


def test_of_networks_that_have_as_many_the_one_that_waits_the_longest() -> None:
    assert order([Somebody("a", 2), Somebody("b", 1), Somebody("c", 3)]) == [("b", 1), ("a", 2), ("c", 3)]


def test_who_is_served_counts_and_stays() -> None:
    crowd = [Somebody("a", 1, waits=False), Somebody("a", 2, waits=False), Somebody("a", 3), Somebody("b", 0)]
    assert order(crowd) == [("a", 3), ("b", 0)]


def test_who_has_spoken_or_left_since_the_look_is_passed_over() -> None:
    crowd = [Somebody("a", at) for at in range(64)]
    giving_way = GivingWay()
    assert giving_way.one(crowd) is crowd[0]
    crowd[1].since, crowd[2].waits = 100, False
    assert giving_way.one(crowd) is crowd[3]


def test_nobody_gives_way_where_all_are_served() -> None:
    assert GivingWay().one([Somebody("a", waits=False)]) is None
    assert GivingWay().one([]) is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.booleans()), max_size=30))
def test_nobody_goes_while_another_network_has_more_that_wait(given: list[tuple[str, int, bool]]) -> None:
    left = [Somebody(network, since, waits) for network, since, waits in given]
    gone = first_to_go(left, 100)
    assert sorted(map(id, gone)) == sorted(id(one) for one in left if one.waits)
    for one in gone:
        crowds = {w.network: sum(x.network == w.network for x in left) for w in left if w.waits}
        assert crowds[one.network] == max(crowds.values())
        assert one.since == min(x.since for x in left if x.waits and x.network == one.network)
        left.remove(one)
