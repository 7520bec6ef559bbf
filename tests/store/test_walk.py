"""A message's walk through the four commits, and every way that it may end."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from kavle.model.account import AccountSettings
from kavle.model.status import Status
from kavle.store.types import AccountChange
from support.world import LOST, REFUSED, THROTTLED, Accepted, Unsent, World

TWO = "x" * 161


async def test_the_plain_walk_is_10_21_22_and_leaves_no_job(world: World) -> None:
    message = await world.send("Testar", "a1")
    world.clock.forward(seconds=2)
    assert await world.receipt("a1") == 1
    assert await world.story(message) == [10, 21, 22]
    assert await world.rows("SELECT * FROM job") == []
    assert await world.rows("SELECT * FROM awaiting") == []
    assert await world.credits() == 99


async def test_161_characters_debit_two_and_need_both_receipts(world: World) -> None:
    message = await world.send(TWO, "a1", "a2")
    assert await world.credits() == 98
    await world.receipt("a2")
    assert await world.story(message) == [10, 21]
    await world.receipt("a1")
    assert await world.story(message) == [10, 21, 22]


async def test_one_segment_undelivered_fails_the_message_for_good_and_keeps_the_money(world: World) -> None:
    message = await world.send(TWO, "a1", "a2")
    await world.receipts([("a1", Status.PHONE_FAILED), ("a2", Status.DELIVERED)])
    assert await world.story(message) == [10, 21, 52]
    assert await world.credits() == 98


async def test_refused_for_good_is_refunded_in_the_same_commit(world: World) -> None:
    message = await world.accept()
    (leased,) = await world.lease()
    await world.answer(leased.lease, REFUSED)
    assert await world.story(message) == [10, 51]
    assert await world.credits() == 100
    assert await world.rows("SELECT * FROM job") == []


async def test_put_off_it_is_ready_after_as_long_as_its_carrier_says(world: World) -> None:
    message = await world.accept(TWO)
    (leased,) = await world.lease()
    await world.answer(leased.lease, replace(THROTTLED, after=5.0), replace(THROTTLED, after=2.0))
    world.clock.forward(seconds=4.9)
    await world.sweep()
    assert await world.lease() == []
    world.clock.forward(seconds=0.1)
    await world.sweep()
    assert [one.lease.message_id for one in await world.lease()] == [message]


async def test_one_segment_refused_refunds_only_what_no_network_took(world: World) -> None:
    message = await world.accept("x" * 400)  # three
    (leased,) = await world.lease()
    await world.answer(leased.lease, Accepted("a1"), REFUSED, THROTTLED)
    assert await world.story(message) == [10, 51]
    assert await world.credits() == 99  # the first one is with the network
    assert await world.rows("SELECT * FROM job") == []


async def test_an_outcome_that_comes_after_another_segments_refusal_still_counts(world: World) -> None:
    message = await world.accept(TWO)
    (leased,) = await world.lease()
    await world.answer(leased.lease, REFUSED)
    assert await world.rows("SELECT state, handed FROM job") == [(1, 0b10)]
    await world.answer(leased.lease, Accepted("a2"), first=2)
    assert await world.story(message) == [10, 51]
    assert await world.credits() == 99


async def test_an_unsure_segment_of_a_failed_message_is_neither_sent_again_nor_refunded(world: World) -> None:
    message = await world.accept(TWO)
    (leased,) = await world.lease()
    await world.answer(leased.lease, REFUSED, LOST)
    assert await world.story(message) == [10, 51]
    assert await world.credits() == 99  # the network may have the second
    assert await world.rows("SELECT * FROM job") == []


async def test_a_message_that_expires_while_one_segment_is_unsure_is_refunded_but_for_that_one(
    world: World,
) -> None:
    message = await world.accept(TWO)
    (leased,) = await world.lease()
    await world.answer(leased.lease, LOST, THROTTLED)
    world.clock.forward(hours=49)
    assert await world.expire(world.clock.now()) == 1
    assert await world.story(message) == [10, 11, 43]
    assert await world.credits() == 99


async def test_what_never_went_out_was_no_try(world: World) -> None:
    await world.accept("x" * 161)
    for _ in range(3):
        (leased,) = await world.lease()
        assert leased.lease.attempt == 1
        await world.answer(leased.lease, Unsent(), Unsent())
    (leased,) = await world.lease()
    await world.answer(leased.lease, Accepted("a1"), Unsent())
    (leased,) = await world.lease()
    assert leased.lease.attempt == 2
    assert await world.answer(leased.lease, Accepted("a2"), first=2) == 1


async def test_throttled_is_11_waits_longer_each_time_and_sends_only_the_rest(world: World) -> None:
    message = await world.accept(TWO)
    (leased,) = await world.lease()
    await world.answer(leased.lease, Accepted("a1"), THROTTLED)
    assert await world.story(message) == [10, 11]
    assert await world.lease() == []
    world.clock.forward(seconds=1)
    await world.sweep()
    (again,) = await world.lease()
    assert again.unsent == (2,)
    assert again.lease.attempt == 2
    await world.answer(again.lease, THROTTLED, first=2)
    world.clock.forward(seconds=1)
    await world.sweep()
    assert await world.lease() == []  # the second wait is two seconds
    world.clock.forward(seconds=1)
    await world.sweep()
    (third,) = await world.lease()
    await world.answer(third.lease, Accepted("a2"), first=2)
    await world.receipts([("a1", Status.DELIVERED), ("a2", Status.DELIVERED)])
    assert await world.story(message) == [10, 11, 21, 22]
    assert await world.credits() == 98


async def test_unsent_is_as_if_it_had_not_been_handed_over(world: World) -> None:
    message = await world.accept()
    (leased,) = await world.lease()
    await world.answer(leased.lease, Unsent())
    assert await world.story(message) == [10]
    assert len(await world.lease()) == 1


async def test_unsure_is_sent_again_and_paid_once(world: World) -> None:
    message = await world.accept()
    (leased,) = await world.lease()
    await world.answer(leased.lease, LOST)
    world.clock.forward(seconds=1)
    await world.sweep()
    (again,) = await world.lease()
    await world.answer(again.lease, Accepted("b1"))
    await world.receipt("b1")
    assert await world.story(message) == [10, 11, 21, 22]
    assert await world.credits() == 99


async def test_past_its_validity_a_message_is_43_and_refunded(world: World) -> None:
    message = await world.accept(TWO)
    world.clock.forward(hours=49)
    assert await world.expire(world.clock.now()) == 1
    assert await world.story(message) == [10, 43]
    assert await world.credits() == 100
    assert await world.lease() == []


async def test_a_lease_finds_what_has_expired_before_the_sweep_does(world: World) -> None:
    late = await world.accept()
    world.clock.forward(hours=49)
    fresh = await world.accept()
    (leased,) = await world.lease()
    assert leased.lease.message_id == fresh
    assert await world.story(late) == [10, 43]
    assert await world.credits() == 99


async def test_a_failed_message_has_its_waiting_segments_withdrawn(world: World) -> None:
    message = await world.accept(TWO)
    (leased,) = await world.lease()
    await world.answer(leased.lease, Accepted("a1"), THROTTLED)
    await world.receipt("a1", Status.PHONE_FAILED)
    assert await world.story(message) == [10, 11, 52]
    assert await world.rows("SELECT * FROM job") == []
    assert await world.credits() == 99


@pytest.mark.parametrize("later", [Status.IN_NETWORK, Status.DELIVERED, Status.EXPIRED, None])
async def test_a_final_status_never_regresses(world: World, later: Status | None) -> None:
    message = await world.send("Testar", "a1")
    await world.receipt("a1", Status.PHONE_FAILED)
    await world.receipt("a1", later)
    assert await world.story(message) == [10, 21, 52]


async def test_an_intermediate_receipt_changes_nothing_and_is_kept(world: World) -> None:
    message = await world.send("Testar", "a1")
    await world.receipt("a1", Status.IN_NETWORK)
    await world.receipt("a1", Status.DELIVERED)
    assert await world.story(message) == [10, 21, 22]
    assert await world.rows("SELECT status FROM receipt ORDER BY id") == [(21,), (22,)]


async def test_unsure_then_throttled_then_expired_keeps_the_debit(world: World) -> None:
    """A throttle to the second try says nothing of the first."""
    message = await world.accept()
    (leased,) = await world.lease()
    await world.answer(leased.lease, LOST)
    world.clock.forward(seconds=1)
    await world.sweep()
    (again,) = await world.lease()
    await world.answer(again.lease, THROTTLED)
    world.clock.forward(hours=49)
    await world.expire(world.clock.now())
    assert await world.story(message) == [10, 11, 43]
    assert await world.credits() == 99


async def test_who_is_unsure_time_after_time_is_taken_to_be_with_the_network(world: World) -> None:
    message = await world.accept()
    for pause in (0, 1, 8, 60):
        world.clock.forward(seconds=pause - 1)
        await world.sweep()
        assert pause == 0 or await world.lease() == [], "a link that flaps is given time"
        world.clock.forward(seconds=1)
        await world.sweep()
        (leased,) = await world.lease()
        await world.answer(leased.lease, LOST)
    assert await world.story(message) == [10, 11, 21]
    assert await world.rows("SELECT * FROM job") == []
    assert await world.credits() == 99


async def test_a_throttle_and_a_dead_process_are_no_doubts_of_the_link(world: World) -> None:
    """A network that was only busy, and a process that died, would else have the message taken for sent when
    the link was unsure but once or twice."""
    message = await world.accept()
    for answer in (THROTTLED, THROTTLED, None, None, LOST, LOST, LOST, THROTTLED):
        for _ in range(2):  # a dead process's lease ends first, and then its pause
            world.clock.forward(minutes=10)
            await world.sweep()
        (leased,) = await world.lease()
        if answer is not None:
            await world.answer(leased.lease, answer)
    world.clock.forward(minutes=10)
    await world.sweep()
    assert await world.story(message) == [10, 11]
    (leased,) = await world.lease()
    await world.answer(leased.lease, LOST)
    assert await world.story(message) == [10, 11, 21]


async def test_only_the_segment_that_the_link_was_unsure_of_is_taken_to_be_with_the_network(
    world: World,
) -> None:
    message = await world.accept(text="a" * 161)
    for answers in [(LOST, THROTTLED)] * 3 + [(THROTTLED, LOST)] * 3:
        world.clock.forward(minutes=10)
        await world.sweep()
        (leased,) = await world.lease()
        await world.answer(leased.lease, *answers)
    assert await world.story(message) == [10, 11]


async def test_an_accounts_password_and_settings_change_apart(world: World) -> None:
    settings = AccountSettings(sender="ip1", charset="latin-1", addresses=("192.0.2.0/24",))
    assert await world.store.change_account(AccountChange("nobody", password_hash="x")) is None
    changed = await world.store.change_account(AccountChange("test", settings=settings))
    assert (changed.settings, changed.password_hash) == (settings, "not a hash")
    changed = await world.store.change_account(AccountChange("test", password_hash="other"))
    assert await world.store.account("test") == changed
    assert (changed.settings, changed.password_hash) == (settings, "other")
    (line,) = await world.store.accounts()
    assert line.settings == settings
