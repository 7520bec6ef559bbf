"""Who gets room for a long body, and who waits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from hypothesis import given
from hypothesis import strategies as st

from kavle.core.room import SHORT, Lease, Room

MB = 1024 * 1024
TURNS = 5  # of the loop, in which all that can be given is


async def asked(room: Room, network: str, size: int) -> tuple[Lease, asyncio.Task[None]]:
    lease = room.lease(network)
    task = asyncio.create_task(lease.need(size))
    await turns()
    return lease, task


async def turns() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def full(room: Room) -> AsyncIterator[list[Lease]]:
    """Four networks have all of its 32 MB."""
    leases = [(await asked(room, network, 8 * MB))[0] for network in "abcd"]
    assert [lease.size for lease in leases] == [8 * MB] * 4
    yield leases


async def test_a_short_body_never_waits() -> None:
    room = Room(MB)
    async with full(room):
        lease, task = await asked(room, "e", SHORT)
        assert task.done()
        assert lease.size == 0


async def test_a_long_one_waits_until_another_is_answered() -> None:
    room = Room(MB)
    async with full(room) as leases:
        _, task = await asked(room, "e", MB)
        assert not task.done()
        leases[2].end()
        await turns()
        assert task.done()


async def test_one_network_has_a_quarter_and_holds_up_nobody_else() -> None:
    room = Room(MB)
    first, _ = await asked(room, "slow", 8 * MB)
    _, own = await asked(room, "slow", MB)
    _, others = await asked(room, "other", MB)
    assert (own.done(), others.done()) == (False, True)
    first.end()
    await turns()
    assert own.done()


async def test_what_waits_for_its_own_networks_share_is_passed_by() -> None:
    room = Room(MB)
    for network in ("slow", "b", "c"):
        await asked(room, network, 8 * MB)
    _, own = await asked(room, "slow", 8 * MB)
    await asked(room, "d", MB)
    _, other = await asked(room, "e", MB)
    assert (own.done(), other.done()) == (False, True), "7 MB are free, and he could not have them"


async def test_small_ones_do_not_pass_by_a_big_one_for_ever() -> None:
    room = Room(8 * MB)
    async with full(room) as leases:
        _, big = await asked(room, "e", 8 * MB)
        _, small = await asked(room, "f", MB)
        leases[0].end()
        await turns()
        assert (big.done(), small.done()) == (True, False)


async def test_who_leaves_while_it_waits_takes_nothing_along() -> None:
    room = Room(MB)
    async with full(room) as leases:
        lease, gone = await asked(room, "e", 8 * MB)
        gone.cancel()
        await turns()
        lease.end()
        leases[0].end()
        _, task = await asked(room, "f", 8 * MB)
        assert task.done()


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 8), st.booleans()), max_size=40))
def test_whatever_comes_everybody_is_served_and_nothing_is_lost(calls: list[tuple[str, int, bool]]) -> None:
    async def story() -> None:
        room, at_once, most = Room(MB), 0, 0

        async def call(network: str, size: int) -> None:
            nonlocal at_once, most
            lease = room.lease(network)
            try:
                await lease.need(size * MB)
                at_once += size
                most = max(most, at_once)
                await asyncio.sleep(0)
                at_once -= size
            finally:
                lease.end()

        tasks = [asyncio.create_task(call(network, size)) for network, size, _ in calls]
        await asyncio.sleep(0)
        for task, (_, _, leaves) in zip(tasks, calls, strict=True):
            if leaves:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert most <= 32
        for network in "abcd":
            _, task = await asked(room, network, 8 * MB)
            assert task.done()

    asyncio.run(story())
