"""What a portal lists beside the messages: bundles and how far they have come, what is to be sent later, and
the ledger; each by key, and each account's own alone."""

from __future__ import annotations

from typing import Any

import pytest

from kavle.model.account import Account
from kavle.model.listing import Booked, BundleProgress, Keys
from kavle.model.status import Status
from kavle.store import listing
from kavle.store.postgres import listing as postgres_listing
from kavle.store.sqlite import listing as sqlite_listing
from kavle.store.types import NewAccount, TopUp
from support.world import REFUSED, Accepted, World


async def another(world: World) -> Account:
    account: Account = await world.store.create_account(NewAccount("other", "hash", 10**6, world.clock.now()))
    return account


async def walked(read: Any, account_id: int) -> list[Any]:
    """All of a list, two at a time, there and back."""
    there, back = [], []
    page = await read(account_id, Keys(2))
    assert page.newer is None
    while True:
        there += page.lines
        last = page
        if page.older is None:
            break
        page = await read(account_id, Keys(2, before=page.older))
    while last.newer is not None:
        last = await read(account_id, Keys(2, after=last.newer))
        back = last.lines + back
    assert back == there[: len(back)]
    assert len(there) - len(back) in (1, 2)
    return there


async def progress(world: World, bundle_id: int) -> BundleProgress:
    found = await world.store.listing.bundle(world.account.id, bundle_id)
    assert found is not None
    every = await world.statuses(bundle_id)
    assert found.statuses == {status: every.count(status) for status in sorted(set(every))}
    return found


async def test_bundles_are_listed_the_newest_first(world: World) -> None:
    other = await another(world)
    for number in range(5):
        await world.accept_bundle(2, text=f"bundle {number}")
        await world.accept_bundle(1, text="theirs", account=other)
    lines = await walked(world.store.listing.bundles, world.account.id)
    assert [line.text for line in lines] == [f"bundle {number}" for number in (4, 3, 2, 1, 0)]
    assert (lines[0].count, lines[0].accepted_at, lines[0].due_at) == (2, world.clock.now(), None)
    everybodys = await world.store.listing.bundles(None, Keys(20))
    assert len(everybodys.lines) == 10


async def test_a_bundle_tells_how_far_it_has_come_at_each_stage(world: World) -> None:
    bundle_id = await world.accept_bundle(["46700000001", "nobody", "46700000002", "46700000003"])
    before = await progress(world, bundle_id)
    assert before.statuses == {Status.INVALID_NUMBER: 1, Status.RECEIVED: 3}
    await world.advance()
    assert await progress(world, bundle_id) == before
    assert before.price == 30_000
    first, second, _ = await world.lease()
    await world.answer(first.lease, Accepted("a"))
    await world.answer(second.lease, REFUSED)
    after = await progress(world, bundle_id)
    assert sorted(after.statuses) == [3, 10, 21, 51]


async def test_a_cancelled_bundle_says_so_before_its_messages_are_ended(world: World) -> None:
    bundle_id = await world.accept_bundle(["46700000001", "nobody"], due=world.later(hours=1))
    assert await world.cancel_bundle(bundle_id)
    found = await progress(world, bundle_id)
    assert found.line.cancelled_at == world.clock.now()
    assert found.statuses == {Status.INVALID_NUMBER: 1, Status.CANCELLED: 1}


async def test_another_accounts_bundle_is_unknown(world: World) -> None:
    other = await another(world)
    bundle_id = await world.accept_bundle(1)
    assert await world.store.listing.bundle(other.id, bundle_id) is None
    assert await world.store.listing.bundle(world.account.id, bundle_id + 5_000) is None
    assert (await world.store.listing.bundle(None, bundle_id)).line.id == bundle_id


async def scheduled(world: World, limit: int = 2) -> list[str | None]:
    """The texts of all that waits, page by page."""
    texts, after = [], None
    for _ in range(20):
        page = await world.store.listing.scheduled(world.account.id, world.clock.now(), after, limit)
        assert len(page.lines) <= limit
        texts += [line.text for line in page.lines]
        if page.later is None:
            return texts
        after = page.later
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize("most", [1, 3, 2000])
async def test_what_waits_for_its_time_is_listed_in_its_order(
    world: World, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    for module in (listing, sqlite_listing, postgres_listing):
        monkeypatch.setattr(module, "MOST", most)
    other = await another(world)
    for text, hours in (("third", 3), ("first", 1), ("cancelled", 2), ("third too", 3), ("fifth", 5)):
        id = await world.accept(text, due=world.later(hours=hours))
        if text == "cancelled":
            assert await world.cancel(id)
    await world.accept("at once")
    await world.accept("theirs", account=other, due=world.later(hours=1))
    await world.accept_bundle(2, due=world.later(hours=1))
    await world.advance()
    assert await scheduled(world) == ["first", "third", "third too", "fifth"]
    world.clock.forward(hours=1)
    assert await scheduled(world) == ["third", "third too", "fifth"]
    world.clock.forward(hours=9)
    assert await scheduled(world) == []


async def test_the_ledger_is_listed_the_newest_first_and_adds_up(world: World) -> None:
    other = await another(world)
    id = await world.accept("one")
    bundle_id = await world.accept_bundle(2, due=world.later(hours=1))
    await world.store.top_up(TopUp("test", 70_000, world.clock.now()))
    await world.accept("theirs", account=other)
    await world.cancel_bundle(bundle_id)
    await world.advance()
    lines = await walked(world.store.listing.ledger, world.account.id)
    assert [(one.kind, one.amount, one.origin, one.of_bundle) for one in lines] == [
        (Booked.REFUND, 20_000, bundle_id, True),
        (Booked.TOP_UP, 70_000, None, False),
        (Booked.DEBIT, -20_000, bundle_id, True),
        (Booked.DEBIT, -10_000, id, False),
        (Booked.TOP_UP, 1_000_000, None, False),
    ]
    assert lines[0].balance == sum(one.amount for one in lines)
    assert await world.store.listing.newest_entry() >= lines[0].id
