"""The sharing out of links, in every order that hypothesis can think of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kavle.store.sharing import fair_share
from support.tables import LIFE, Tables


@given(
    st.integers(1, 8),
    st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.integers(0, LIFE)), max_size=40),
)
def test_what_one_holds_no_other_is_given_before_its_time(
    binds: int, turns: list[tuple[int, bool, int]]
) -> None:
    tables = Tables(binds)
    until: dict[
        int, tuple[int, int]
    ] = {}  # by number: whose it is, by what that node was told, and till when
    for node, leaving, after in turns:
        tables.now += after
        mine = {hold.number: hold for hold in tables.turn(node, leaving=leaving).held}
        assert mine.keys() <= set(range(1, binds + 1))
        for number, hold in mine.items():
            holder, end = until.get(number, (node, 0))
            assert holder == node or end <= tables.now, "it was another's"
            assert 0 < hold.left * 1000 <= LIFE
            until[number] = node, tables.now + round(hold.left * 1000)
        for number in [number for number, (holder, _) in until.items() if holder == node]:
            if number not in mine:
                del until[number]  # given back


@given(st.integers(1, 9), st.integers(1, 6), st.randoms(use_true_random=False))
def test_whoever_begins_all_links_are_held_and_evenly_in_the_end(
    binds: int, nodes: int, dice: object
) -> None:
    tables = Tables(binds)
    for _ in range(6):
        order = list(range(nodes))
        dice.shuffle(order)  # type: ignore[attr-defined]
        for node in order:
            tables.turn(node)
    shares = [tables.held(node) for node in range(nodes)]
    assert sum(shares) == binds
    assert max(shares) - min(shares) <= 1
    before = dict(tables.links)
    for node in range(nodes):
        tables.turn(node)
    assert tables.links == before, "nothing moves without need"


@given(st.integers(1, 20), st.lists(st.integers(0, 20), min_size=1, max_size=8))
def test_all_shares_are_all_links(binds: int, counts: list[int]) -> None:
    held = dict(enumerate(counts))
    shares = [fair_share(node, binds, held) for node in held]
    assert sum(shares) == binds
    assert max(shares) - min(shares) <= 1
