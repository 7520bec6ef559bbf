"""Links shared out by rows: who holds which, and until when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from kavle.clock import SetClock
from kavle.core.carriers import Carriers
from kavle.model.link import LinkReport
from kavle.store.sqlite.store import SqliteStore
from kavle.store.types import Backlog, CarrierTerms, LinkKey, LinkLine, LinkTurn
from support.closing import closing
from support.world import World, open_world

ONE, OTHER, THIRD = 1, 2, 3  # nodes
LIFE = timedelta(seconds=15)


class Sharing:
    """Turns of several nodes on one store."""

    def __init__(self, world: World, binds: int) -> None:
        self.world = world
        self.binds = binds
        self.share = 0  # of who had the last turn
        self.tokens: dict[int, int] = {}
        self.left: list[float] = []

    async def turn(
        self,
        node: int,
        closed: Sequence[int] = (),
        *,
        leaving: bool = False,
        reports: Mapping[int, LinkReport] | None = None,
    ) -> list[int]:
        """The numbers of the links that are that node's after it."""
        carrier_id = self.world.carrier_id
        keys: tuple[LinkKey, ...] = tuple((carrier_id, number) for number in closed)
        told = {(carrier_id, number): report for number, report in (reports or {}).items()}
        turn = LinkTurn(node, {carrier_id: self.binds}, LIFE, self.world.clock.now(), keys, leaving, told)
        share = await self.world.store.share_links(turn)
        self.share = share.shares[carrier_id]
        self.tokens = {hold.number: hold.token for hold in share.held}
        self.left = [hold.left for hold in share.held]
        return sorted(self.tokens)


@pytest.fixture
def one_bind(world: World) -> Sharing:
    return Sharing(world, 1)


@pytest.fixture
def three_binds(world: World) -> Sharing:
    return Sharing(world, 3)


async def test_a_node_alone_has_every_link(three_binds: Sharing) -> None:
    assert await three_binds.turn(ONE) == [1, 2, 3]
    assert three_binds.share == 3
    assert await three_binds.turn(ONE) == [1, 2, 3]


async def test_one_link_stays_with_who_has_it(one_bind: Sharing) -> None:
    assert await one_bind.turn(OTHER) == [1]
    for _ in range(2):
        assert await one_bind.turn(ONE) == []
        assert one_bind.share == 0
        assert await one_bind.turn(OTHER) == [1]
        assert one_bind.share == 1


async def test_what_is_over_ones_share_goes_to_who_came_later_once_it_is_given_back(
    three_binds: Sharing,
) -> None:
    await three_binds.turn(ONE)
    assert await three_binds.turn(OTHER) == []
    assert three_binds.share == 1
    assert await three_binds.turn(ONE) == [1, 2, 3]  # it has not closed one yet
    assert three_binds.share == 2
    assert await three_binds.turn(ONE, closed=[3]) == [1, 2]
    assert await three_binds.turn(OTHER) == [3]
    assert await three_binds.turn(ONE) == [1, 2]


async def test_each_of_three_nodes_comes_to_its_one(three_binds: Sharing) -> None:
    await three_binds.turn(ONE)
    await three_binds.turn(OTHER)
    await three_binds.turn(THIRD)
    await three_binds.turn(ONE, closed=[2, 3])
    assert [await three_binds.turn(node) for node in (ONE, OTHER, THIRD)] == [[1], [2], [3]]


async def test_who_leaves_keeps_a_link_until_it_is_closed_and_then_it_is_anothers_at_once(
    one_bind: Sharing,
) -> None:
    await one_bind.turn(ONE)
    await one_bind.turn(OTHER)
    assert await one_bind.turn(ONE, leaving=True) == [1]
    assert await one_bind.turn(OTHER) == []
    assert one_bind.share == 1
    assert await one_bind.turn(ONE, closed=[1], leaving=True) == []
    assert await one_bind.turn(OTHER) == [1]


async def test_a_change_of_hands_changes_the_token(one_bind: Sharing) -> None:
    await one_bind.turn(ONE)
    first = one_bind.tokens[1]
    await one_bind.turn(ONE)
    assert one_bind.tokens[1] == first
    await one_bind.turn(ONE, closed=[1])
    assert one_bind.tokens[1] > first  # the same node's, but not the same


async def test_only_who_holds_a_link_gives_it_back(one_bind: Sharing) -> None:
    await one_bind.turn(ONE)
    assert await one_bind.turn(OTHER, closed=[1]) == []
    assert await one_bind.turn(ONE) == [1]


async def test_carriers_are_shared_out_apart(world: World) -> None:
    first, second = world.carrier_id, (await world.store.carrier_ids([CarrierTerms("tele2")]))["tele2"]
    told = await world.store.share_links(LinkTurn(ONE, {first: 1, second: 2}, LIFE, world.clock.now()))
    assert sorted(hold.key for hold in told.held) == [(first, 1), (second, 1), (second, 2)]
    told = await world.store.share_links(LinkTurn(OTHER, {second: 2}, LIFE, world.clock.now()))
    assert told.shares == {second: 1}


async def test_a_file_has_one_node_and_its_next_life_has_the_links_at_once(tmp_path: Path) -> None:
    async with closing(await open_world(tmp_path / "kavle.db", SetClock())) as world:
        assert await Sharing(world, 1).turn(ONE) == [1]
    async with closing(await open_world(tmp_path / "kavle.db", SetClock())) as world:
        assert await Sharing(world, 1).turn(OTHER) == [1]


# --- what nodes tell of their links -----------------------------------------------------------------------


def report(state: str = "bound as transceiver", node: str = "gw1:42") -> LinkReport:
    at = SetClock().now()
    return LinkReport(state, at, 100, 7, 4711, 2, "the link is lost: it broke", at, node)


async def test_what_a_node_tells_of_its_links_is_shown_until_it_gives_them_back(one_bind: Sharing) -> None:
    store = one_bind.world.store
    assert await store.links() == []
    await one_bind.turn(ONE)
    assert await store.links() == [LinkLine("telia", 1, held=True)]
    await one_bind.turn(ONE, reports={1: report()})
    await one_bind.turn(ONE)  # it has nothing to tell: what it told before stands
    assert await store.links() == [LinkLine("telia", 1, True, report())]
    await one_bind.turn(ONE, reports={1: report("connecting")})
    assert await store.links() == [LinkLine("telia", 1, True, report("connecting"))]
    await one_bind.turn(ONE, closed=[1], leaving=True)
    assert await store.links() == [LinkLine("telia", 1, held=False)]
    await one_bind.turn(OTHER)
    assert await store.links() == [LinkLine("telia", 1, held=True)]


async def test_nobody_tells_of_anothers_link(one_bind: Sharing) -> None:
    await one_bind.turn(ONE, reports={})
    await one_bind.turn(ONE, reports={1: report()})
    await one_bind.turn(OTHER, reports={1: report(node="gw2:1")})
    assert await one_bind.world.store.links() == [LinkLine("telia", 1, True, report())]


async def test_the_backlog_is_what_waits_by_carrier_and_priority(world: World) -> None:
    carriers = Carriers(world.store, world.clock)
    assert (await carriers.show()).backlog == []
    for priority in (1, 1, 3):
        await world.accept("Hej", priority=priority)
    assert (await carriers.show()).backlog == [Backlog("telia", 1, 2), Backlog("telia", 3, 1)]


async def test_a_long_backlog_is_counted_in_stretches_and_not_for_each_who_looks(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = "sqlite" if isinstance(world.store, SqliteStore) else "postgres"
    monkeypatch.setattr(f"kavle.store.{engine}.reads.STRETCH", 2)
    monkeypatch.setattr("kavle.core.carriers.REST", 1e9)
    for priority in (1, 3, 1, 3, 1):
        await world.accept("Hej", priority=priority)
    carriers = Carriers(world.store, world.clock)
    counted = [Backlog("telia", 1, 3), Backlog("telia", 3, 2)]
    assert (await carriers.show()).backlog == counted
    await world.accept("Hej", priority=2)
    assert (await carriers.show()).backlog == counted
    assert len((await Carriers(world.store, world.clock).show()).backlog) == 3
