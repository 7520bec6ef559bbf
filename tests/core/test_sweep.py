"""What time does, seen from the sweep: who is woken, what expires, what the metrics say."""

from __future__ import annotations

import pytest

from kavle.core.sweep import Sweep
from kavle.metrics import Metrics
from kavle.store.sqlite.store import SqliteStore
from support.world import World


async def test_the_age_of_the_oldest_queued_message_is_told_by_priority(world: World) -> None:
    metrics = Metrics()
    sweep = Sweep(world.store, world.clock, metrics, lambda: None)
    await world.accept(priority=1)
    world.clock.forward(seconds=30)
    await world.accept(priority=1)
    await world.accept(priority=3)
    world.clock.forward(seconds=10)
    await sweep.once(look=True)
    assert metrics.queued == {"1": 2, "3": 1}
    assert metrics.oldest_queued == {"1": 40.0, "3": 10.0}
    await world.lease()
    world.clock.forward(hours=49)


async def test_a_look_ends_what_nobody_could_send_in_time(world: World) -> None:
    sweep = Sweep(world.store, world.clock, Metrics(), lambda: None)
    messages = [await world.accept() for _ in range(3)]
    world.clock.forward(hours=49)
    await sweep.once(look=True)
    assert {(await world.story(message))[-1] for message in messages} == {43}
    assert await world.credits() == 100


async def test_a_long_queue_is_walked_through_stretch_by_stretch(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = "sqlite" if isinstance(world.store, SqliteStore) else "postgres"
    monkeypatch.setattr(f"kavle.store.{engine}.reads.STRETCH", 4)
    monkeypatch.setattr(f"kavle.store.{engine}.reads.MOST_LATE", 2)
    metrics = Metrics()
    sweep = Sweep(world.store, world.clock, metrics, lambda: None)
    for priority in (1, 2, 1, 3, 1, 2, 1, 1):
        await world.accept(priority=priority)
    await sweep.once(look=True)
    assert metrics.queued == {}, "not to its end yet"
    await sweep.once(look=False)
    await sweep.once(look=False)
    assert metrics.queued == {"1": 5, "2": 2, "3": 1}
    world.clock.forward(hours=49)
    await sweep.once(look=True)
    assert len(await world.rows("SELECT id FROM message WHERE status = 43")) == 2
    for _ in range(5):
        await sweep.once(look=False)
    assert len(await world.rows("SELECT id FROM message WHERE status = 43")) == 8
    await sweep.once(look=True)
    assert metrics.queued == {}
