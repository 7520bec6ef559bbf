"""What time does, seen from the sweep: who is woken, what expires, what the metrics say."""

from __future__ import annotations

from kavle.core.sweep import Sweep
from kavle.metrics import Metrics
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
