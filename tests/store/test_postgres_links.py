"""Links among nodes that die, on PostgreSQL: rows end by the database's clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from kavle.clock import SetClock
from kavle.store.types import LinkShare, LinkTurn
from support.closing import closing
from support.postgres import fetch
from support.world import World, open_world

pytest.importorskip("asyncpg", reason="PostgreSQL's driver is not installed")

ONE, OTHER = 1, 2
LIFE = timedelta(seconds=15)


@pytest.fixture
async def world(url: str) -> AsyncIterator[World]:
    world = await open_world(url, SetClock())
    yield world
    await world.store.close()


async def turn(world: World, node: int, binds: int = 1) -> LinkShare:
    return await world.store.share_links(LinkTurn(node, {world.carrier_id: binds}, LIFE, world.clock.now()))


async def pass_time(url: str, seconds: float) -> None:
    """As if all that is written there had been written so long ago."""
    for update in ("UPDATE link SET expires_at", "UPDATE contender SET expires_at"):
        await fetch(url, f"{update} = expires_at - {int(seconds * 1000)}")


async def test_a_dead_nodes_link_is_anothers_when_its_row_has_expired_and_not_before(
    url: str, world: World
) -> None:
    await turn(world, ONE)
    await pass_time(url, 14)
    told = await turn(world, OTHER)
    assert (told.held, told.shares) == ([], {world.carrier_id: 0})
    await pass_time(url, 1.1)
    (taken,) = (await turn(world, OTHER)).held
    assert (await turn(world, ONE)).held == []
    assert await fetch(url, "SELECT node_id, token FROM link") == [(OTHER, taken.token)]
    assert taken.token == 2


async def test_what_a_node_has_is_renewed_at_a_third_of_its_life_and_not_before(
    url: str, world: World
) -> None:
    await turn(world, ONE)
    first = await fetch(url, "SELECT xmin, expires_at FROM link")
    (held,) = (await turn(world, ONE)).held
    assert await fetch(url, "SELECT xmin, expires_at FROM link") == first
    assert 14 < held.left <= 15
    await pass_time(url, 5.1)
    (held,) = (await turn(world, ONE)).held
    assert 14 < held.left <= 15
    assert await fetch(url, "SELECT xmin, expires_at FROM link") != first


async def test_a_node_that_was_away_too_long_has_its_links_again_if_nobody_took_them(
    url: str, world: World
) -> None:
    (before,) = (await turn(world, ONE)).held
    await pass_time(url, 60)
    (after,) = (await turn(world, ONE)).held
    assert after.token == before.token
    assert after.left > 14


async def test_a_dead_node_is_no_longer_among_those_who_share(url: str, world: World) -> None:
    await turn(world, ONE, binds=2)
    await turn(world, OTHER, binds=2)
    assert (await turn(world, ONE, binds=2)).shares == {world.carrier_id: 1}
    await pass_time(url, 16)
    assert (await turn(world, ONE, binds=2)).shares == {world.carrier_id: 2}
    assert await fetch(url, "SELECT node_id FROM contender") == [(ONE,)]


async def test_no_link_is_two_nodes_however_many_ask_at_once(url: str, world: World) -> None:
    async with AsyncExitStack() as stack:
        others = [
            await stack.enter_async_context(closing(await open_world(url, SetClock()))) for _ in range(3)
        ]
        worlds = [world, *others]
        for _ in range(5):
            told = await asyncio.gather(*(turn(one, node, binds=6) for node, one in enumerate(worlds)))
            held = [hold.key for share in told for hold in share.held]
            assert len(held) == len(set(held))
