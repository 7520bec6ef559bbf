"""What one caller's trouble does to the others of its commit: nothing."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from kavle.model.money import UNIT
from kavle.store import groups
from kavle.store.errors import RowRefused, StoreUnavailable
from kavle.store.types import NewAccount, TopUp
from support.patience import PATIENCE
from support.world import World


async def test_64_at_once_on_credit_for_10_are_exactly_10(world: World) -> None:
    poor = await world.store.create_account(NewAccount("poor", "h", 10 * UNIT, world.clock.now()))
    results = await asyncio.gather(*(world.store.accept(world.draft(account=poor)) for _ in range(64)))
    assert sum(result is not None for result in results) == 10
    assert await world.rows("SELECT count(*) FROM message") == [(10,)]
    assert await world.rows("SELECT amount FROM balance WHERE account_id = 2") == [(0,)]


async def test_a_shortage_refuses_only_that_accounts_rows(world: World) -> None:
    poor = await world.store.create_account(NewAccount("poor", "h", 0, world.clock.now()))
    drafts = [world.draft(account=poor if number % 2 else None) for number in range(20)]
    results = await asyncio.gather(*(world.store.accept(draft) for draft in drafts))
    assert [result is not None for result in results] == [True, False] * 10


async def test_a_poison_row_stands_alone_and_the_others_are_stored(world: World) -> None:
    drafts = [world.draft(f"number {number}") for number in range(64)]
    drafts[33] = msgspec.structs.replace(drafts[33], text="\ud800")  # accept refuses it; were it not to
    results = await asyncio.gather(*(world.store.accept(draft) for draft in drafts), return_exceptions=True)
    assert isinstance(results[33], RowRefused)
    assert sum(isinstance(result, int) for result in results) == 63
    assert await world.credits() == 100 - 63
    assert await world.rows("SELECT sum(amount) FROM ledger") == [(37 * UNIT,)]


async def test_a_caller_who_gives_up_harms_nobody_else(world: World) -> None:
    gone = asyncio.ensure_future(world.store.accept(world.draft("gone")))
    stays = asyncio.ensure_future(world.store.accept(world.draft("stays")))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays is not None
    assert ("stays",) in await world.rows("SELECT text FROM body")
    ((stored,),) = await world.rows("SELECT count(*) FROM message")  # 1 or 2: it may have been too late
    assert await world.credits() == 100 - stored  # type: ignore[operator]


async def test_debits_and_top_ups_of_one_commit_add_up(world: World) -> None:
    ups = [world.store.top_up(TopUp("test", UNIT, world.clock.now())) for _ in range(10)]
    sends = [world.store.accept(world.draft()) for _ in range(10)]
    await asyncio.gather(*ups, *sends)
    assert await world.credits() == 100
    assert await world.rows("SELECT sum(amount) FROM ledger") == [(100 * UNIT,)]
    running = await world.rows("SELECT amount, balance FROM ledger ORDER BY id")
    total = 0
    for amount, balance in running:
        total += amount  # type: ignore[operator]
        assert total == balance


async def test_so_many_wait_for_their_commit_and_no_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "MOST_WAITING", 20)
    sends = [world.store.accept(world.draft()) for _ in range(25)]
    ups = [world.store.top_up(TopUp("test", UNIT, world.clock.now())) for _ in range(20)]
    results = await asyncio.gather(*sends, *ups, return_exceptions=True)
    assert [type(result) for result in results] == [int] * 20 + [StoreUnavailable] * 5 + [int] * 20
    assert await world.rows("SELECT count(*) FROM message") == [(20,)]


async def test_who_gave_up_waiting_takes_no_place_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "MOST_WAITING", 20)
    for _ in range(5):
        gone = [asyncio.ensure_future(world.store.accept(world.draft())) for _ in range(20)]
        await asyncio.sleep(0)
        for one in gone:
            one.cancel()
        await asyncio.gather(*gone, return_exceptions=True)
        async with asyncio.timeout(PATIENCE):
            await until_there_is_room(world)


async def until_there_is_room(world: World) -> None:
    while True:
        try:
            await world.store.accept(world.draft())
            return
        except StoreUnavailable:
            await asyncio.sleep(0)


def test_files_that_wait_are_counted_by_their_octets() -> None:
    queue, megabyte = groups.Queue(), 1024 * 1024
    assert all(queue.enter("mms", megabyte) for _ in range(groups.MOST_WAITING_OCTETS // megabyte))
    assert not queue.enter("mms", 1)
    assert queue.enter("sms", 0)
    queue.leave("mms", megabyte)
    assert queue.enter("incoming", megabyte)
