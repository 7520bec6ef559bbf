"""The keeper of links with clocks that are set: what it opens, gives back, and closes before its time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from kavle.clock import SetClock
from kavle.core.links import Links
from kavle.model.link import LinkReport
from kavle.store.sharing import report_of
from support.patience import PATIENCE
from support.tables import CARRIER, LIFE, Tables

SECONDS = LIFE / 1000


REPORT = LinkReport("bound", datetime(2026, 1, 1, tzinfo=UTC), 100, 3, 12, 0)


class Shown:
    name = "telia"
    bound = True

    def report(self) -> LinkReport:
        return REPORT


class NotedRoad:
    """Says what is done to it; a stop takes until it is told that it is over."""

    carrier: Any = Shown()

    def __init__(self, number: int, said: list[str]) -> None:
        self._number = number
        self._said = said
        self.over = asyncio.Event()
        self.died: Callable[[BaseException], None]

    def start(self, died: Callable[[BaseException], None]) -> None:
        self.died = died
        self._said.append(f"{self._number} opens")

    async def stop(self) -> None:
        self._said.append(f"{self._number} stops")
        await self.over.wait()
        self._said.append(f"{self._number} is closed")

    async def cut(self, seconds: float) -> None:
        self._said.append(f"{self._number} is cut within {seconds:g} s")

    async def settled(self) -> None: ...


class Node:
    """A node's links, what it did with them, and its roads by number."""

    def __init__(self, tables: Tables) -> None:
        self.said: list[str] = []
        self.roads: dict[int, NotedRoad] = {}
        self.links = Links(
            tables,  # type: ignore[arg-type]
            SetClock(),
            {CARRIER: tables.binds},
            SECONDS,
            self._make,  # type: ignore[arg-type]
            lambda: tables.now / 1000,
            "gw1:42",
        )

    def _make(self, carrier_id: int, number: int) -> NotedRoad:
        road = self.roads[number] = NotedRoad(number, self.said)
        return road

    async def turn(self) -> list[str]:
        """What it did in this turn."""
        before = len(self.said)
        await self.links.turn()
        await settle()
        return self.said[before:]

    async def close(self, number: int) -> None:
        self.roads[number].over.set()
        await settle()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@asynccontextmanager
async def nodes(binds: int, count: int) -> AsyncIterator[tuple[Any, ...]]:
    tables = Tables(binds)
    all_of_them = [Node(tables) for _ in range(count)]
    try:
        yield tables, *all_of_them
    finally:
        tables.reachable = True
        for node in all_of_them:
            for road in node.roads.values():
                road.over.set()
            await node.links.stop()
    assert all(row.node_id is None for row in tables.links.values()), "all was given back"


async def test_a_link_is_opened_once_and_kept() -> None:
    async with nodes(2, 1) as (tables, node):
        assert await node.turn() == ["1 opens", "2 opens"]
        for _ in range(60):
            tables.now += 1000
            assert await node.turn() == []
        assert len(node.links.roads(CARRIER)) == 2


async def test_a_node_tells_how_its_links_do_and_who_it_is() -> None:
    async with nodes(1, 1) as (tables, node):
        await node.turn()
        assert tables.links[1].report is None, "it has only just been taken"
        await node.turn()
        assert report_of(tables.links[1].report) == replace(REPORT, node="gw1:42", bound=True)


def test_a_report_of_another_version_is_none() -> None:
    assert report_of('{"mood": "fine"}') is None
    assert report_of(None) is None


async def test_what_is_over_its_share_is_closed_before_it_is_given_back() -> None:
    async with nodes(2, 2) as (_, one, other):
        await one.turn()
        assert await other.turn() == []
        assert await one.turn() == ["2 stops"]
        assert await other.turn() == [], "it is not closed yet"
        await one.close(2)
        assert await one.turn() == []
        assert await other.turn() == ["2 opens"]
        assert len(one.links.roads(CARRIER)) == len(other.links.roads(CARRIER)) == 1


async def test_a_node_that_can_not_renew_closes_its_links_before_their_rows_expire() -> None:
    async with nodes(1, 2) as (tables, one, other):
        await one.turn()
        tables.now += 1000
        tables.reachable = False
        for _ in range(8):
            tables.now += 1000
            assert await one.turn() == []
        tables.now += 1100
        assert await one.turn() == ["1 is cut within 2.45 s"]
        assert one.links.roads(CARRIER) == []
        tables.reachable = True
        assert await other.turn() == [], "the row is not over yet"
        tables.now += 5000
        assert await other.turn() == ["1 opens"]
        assert await one.turn() == []


async def test_a_link_that_was_cut_is_opened_anew_when_the_store_is_back() -> None:
    async with nodes(1, 1) as (tables, node):
        await node.turn()
        tables.reachable = False
        tables.now += 11_000
        assert await node.turn() == ["1 is cut within 2 s"]
        tables.reachable = True
        assert await node.turn() == ["1 opens"]


async def test_the_time_that_a_renewal_took_counts_as_gone() -> None:
    async with nodes(1, 1) as (tables, node):
        await node.turn()
        tables.now += 6000
        take = tables.take

        def slowly(turn: Any) -> Any:
            told = take(turn)  # for 15 s from now
            tables.now += 9000
            return told

        tables.take = slowly
        assert await node.turn() == []
        tables.take = take
        tables.reachable = False
        tables.now += 1100
        assert await node.turn() == ["1 is cut within 2.45 s"]


async def test_a_stop_that_the_store_s_loss_overtakes_is_cut_short() -> None:
    async with nodes(2, 2) as (tables, one, other):
        await one.turn()
        await other.turn()
        assert await one.turn() == ["2 stops"]
        tables.reachable = False
        tables.now += 11_000
        assert sorted(await one.turn()) == ["1 is cut within 2 s", "2 is cut within 2 s"]
        assert one.links.roads(CARRIER) == []


async def test_a_node_that_slept_through_its_time_closes_what_is_anothers() -> None:
    async with nodes(1, 2) as (tables, one, other):
        await one.turn()
        tables.now += LIFE + 1
        assert await other.turn() == ["1 opens"]
        assert await one.turn() == ["1 is cut within 0.5 s"]
        assert await one.turn() == []


async def test_a_stop_hands_over_at_once_and_each_link_when_it_is_closed() -> None:
    async with nodes(2, 2) as (_, one, other):
        await one.turn()
        await other.turn()
        stopping = asyncio.create_task(one.links.stop())
        await settle()
        assert one.said[2:] == ["1 stops", "2 stops"]
        assert await other.turn() == []
        await one.close(1)
        assert await other.turn() == ["1 opens"]
        await one.close(2)
        await stopping
        assert await other.turn() == ["2 opens"]


async def test_a_stop_without_a_store_ends_all_the_same() -> None:
    async with nodes(1, 1) as (tables, node):
        await node.turn()
        tables.reachable = False
        node.roads[1].over.set()
        async with asyncio.timeout(PATIENCE):
            await node.links.stop()
        assert node.said[1:] == ["1 stops", "1 is closed"]
        assert tables.held(node.links._node) == 1
        tables.now += LIFE


async def test_what_a_road_dies_of_ends_the_node() -> None:
    async with nodes(1, 1) as (_, node):
        running = asyncio.create_task(node.links.run())
        await settle()
        node.roads[1].died(RuntimeError("a bug"))
        with pytest.raises(RuntimeError, match="a bug"):
            await asyncio.wait_for(running, PATIENCE)
