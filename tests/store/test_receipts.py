"""Receipts find their segment: before the response, twice, with reused ids, or never."""

from __future__ import annotations

import pytest

from kavle.model.status import Status
from kavle.store.sqlite.store import SqliteStore
from kavle.store.types import FIRST_AWAITED, Awaited, Forgotten
from support.world import RECIPIENT, Accepted, World


async def test_a_receipt_that_comes_before_its_response_waits_for_it(world: World) -> None:
    message = await world.accept()
    (leased,) = await world.lease()
    assert await world.receipt("a1") == 0
    assert await world.story(message) == [10]
    await world.answer(leased.lease, Accepted("a1"))
    assert (await world.story(message))[-1] == 22
    assert await world.rows("SELECT * FROM waiting") == []
    assert await world.rows("SELECT * FROM awaiting") == []


async def test_receipt_and_response_of_one_turn_meet_in_one_transaction(world: World) -> None:
    message = await world.accept()
    (leased,) = await world.lease()
    early = world.receipt("a1")
    late = world.answer(leased.lease, Accepted("a1"))
    import asyncio

    await asyncio.gather(early, late)
    assert (await world.story(message))[-1] == 22


async def test_of_messages_that_share_a_network_id_the_newest_open_one_is_meant(world: World) -> None:
    old = await world.send("Testar", "same")
    world.clock.forward(hours=1)
    new = await world.send("Testar", "same")
    await world.receipt("same", Status.PHONE_FAILED)
    assert (await world.story(old))[-1] == 21
    assert (await world.story(new))[-1] == 52
    await world.receipt("same")
    assert (await world.story(old))[-1] == 22


async def test_the_recipient_tells_messages_with_one_network_id_apart(world: World) -> None:
    message = await world.send("Testar", "same")
    assert await world.receipt("same", recipient="46701740699") == 0
    assert await world.receipt("same", recipient=f"0{RECIPIENT[2:]}") == 1  # national form
    assert (await world.story(message))[-1] == 22


async def test_a_receipt_past_the_horizon_is_not_taken_for_ours(world: World) -> None:
    message = await world.send("Testar", "a1")
    world.clock.forward(days=8)
    assert await world.receipt("a1") == 0
    assert (await world.story(message))[-1] == 21


async def test_past_the_horizon_a_segment_is_waited_for_no_longer(world: World) -> None:
    await world.send("Testar", "a1")
    assert await world.store.forget(world.clock.now(), FIRST_AWAITED) == Forgotten(0, None)
    world.clock.forward(days=8)
    await world.send("Testar", "a2")
    assert await world.store.forget(world.clock.now(), FIRST_AWAITED) == Forgotten(1, None)
    assert await world.rows("SELECT network_id FROM awaiting") == [("a2",)]


@pytest.mark.parametrize(("stretch", "batch"), [(1, 9), (3, 9), (4, 9), (9, 1), (3, 2)])
async def test_those_waited_for_are_gone_through_in_stretches(
    world: World, stretch: int, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = "sqlite" if isinstance(world.store, SqliteStore) else "postgres"
    monkeypatch.setattr(f"kavle.store.{engine}.sweep.STRETCH", stretch)
    monkeypatch.setattr(f"kavle.store.{engine}.sweep.BATCH", batch)
    for number in range(4):
        await world.send("Testar", f"old{number}")
    world.clock.forward(days=8)
    for network_id in ("new", "old2"):  # among them, and by an id that an old one has
        await world.send("Testar", network_id)
    after: Awaited | None = FIRST_AWAITED
    reads = 0
    while after is not None:
        forgotten = await world.store.forget(world.clock.now(), after)
        assert forgotten.rows <= min(stretch, batch)
        after, reads = forgotten.after, reads + 1
    assert reads >= 4 / min(stretch, batch)
    left = await world.rows("SELECT network_id FROM awaiting")
    assert sorted(left) == [("new",), ("old2",)]


async def test_a_segment_without_a_network_id_awaits_nothing(world: World) -> None:
    message = await world.send("Testar", "")
    assert await world.story(message) == [10, 21]
    assert await world.rows("SELECT * FROM awaiting") == []


async def test_waiting_receipts_are_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = "sqlite" if isinstance(world.store, SqliteStore) else "postgres"
    monkeypatch.setattr(f"kavle.store.{engine}.sweep.MOST_WAITING", 3)
    await world.receipts([(f"nobody{number}", Status.DELIVERED) for number in range(5)])
    await world.sweep()
    assert await world.rows("SELECT network_id FROM waiting ORDER BY id") == [
        (f"nobody{number}",) for number in (2, 3, 4)
    ]


async def test_a_receipt_nobody_knows_is_kept_for_a_week_and_then_dropped(world: World) -> None:
    await world.receipt("nobody")
    await world.sweep()
    assert len(await world.rows("SELECT * FROM waiting")) == 1
    world.clock.forward(days=8)
    assert (await world.store.sweep(world.clock.now())).forgotten == 1
    assert await world.rows("SELECT * FROM waiting") == []


async def test_a_doubled_receipt_is_counted_once(world: World) -> None:
    message = await world.send("Testar", "a1")
    assert await world.receipts([("a1", Status.DELIVERED), ("a1", Status.DELIVERED)]) == 1
    assert await world.story(message) == [10, 21, 22]


async def test_a_batch_of_all_kinds_is_matched_in_one_go(world: World) -> None:
    sent = [await world.send("Testar", f"n{number}") for number in range(37)]  # no power of two
    told = [(f"n{number}", Status.DELIVERED) for number in range(37)]
    assert await world.receipts([*told, ("nobody", Status.EXPIRED)]) == 37
    assert {(await world.story(message))[-1] for message in sent} == {22}


async def test_an_old_copy_of_a_receipt_is_not_taken_for_a_later_messages(world: World) -> None:
    await world.send("Testar", "same")
    await world.receipts([("same", Status.DELIVERED), ("same", Status.DELIVERED)])
    world.clock.forward(days=3)
    later = await world.send("Testar", "same")  # the network uses its ids again
    assert (await world.story(later))[-1] == 21
    await world.receipt("same")
    assert (await world.story(later))[-1] == 22
