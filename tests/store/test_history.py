"""What pages show of the past: page by page, filtered, and each account's own alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kavle.model.history import HistoryPage, MessageStory, Tried, Wanted
from kavle.model.status import Status
from kavle.store import history
from kavle.store.types import NewAccount
from support.world import LOST, RECIPIENT, REFUSED, THROTTLED, Accepted, World


async def page(world: World, limit: int = 2, **wanted: object) -> HistoryPage:
    found: HistoryPage = await world.store.history.messages(
        world.account.id,
        Wanted(limit=limit, **wanted),  # type: ignore[arg-type]
    )
    return found


def texts(found: HistoryPage) -> list[str | None]:
    return [line.text for line in found.lines]


async def five(world: World) -> list[int]:
    ids = []
    for number in range(1, 6):
        ids.append(await world.accept(f"text {number}"))
        world.clock.forward(hours=1)
    return ids


async def test_the_newest_come_first_and_the_pages_join(world: World) -> None:
    await five(world)
    first = await page(world)
    assert (texts(first), first.newer) == (["text 5", "text 4"], None)
    second = await page(world, before=first.older)
    assert texts(second) == ["text 3", "text 2"]
    last = await page(world, before=second.older)
    assert (texts(last), last.older, last.reached) == (["text 1"], None, None)
    assert texts(await page(world, after=last.newer)) == ["text 3", "text 2"]
    back = await page(world, after=second.newer)
    assert (texts(back), back.newer) == (["text 5", "text 4"], None)


async def test_a_line_has_all_that_is_told(world: World) -> None:
    id = await world.accept("x" * 200)
    (line,) = (await page(world)).lines
    assert (line.id, line.account, line.text, line.segments, line.price) == (id, "test", "x" * 200, 2, 20_000)
    assert (line.accepted_at, line.status, line.due_at) == (world.clock.now(), Status.RECEIVED, None)


async def test_another_accounts_messages_are_not_among_them(world: World) -> None:
    await world.accept("ours")
    other = await world.store.create_account(NewAccount("other", "hash", 10**6, world.clock.now()))
    await world.store.accept(world.draft("theirs", account=other))
    assert texts(await page(world)) == ["ours"]
    everybodys = await world.store.history.messages(None, Wanted(limit=9))
    assert texts(everybodys) == ["theirs", "ours"]


async def test_each_filter_leaves_what_fulfils_it(world: World) -> None:
    start = world.clock.now()
    await five(world)
    await world.accept("100 % of_it\\")
    assert texts(await page(world, 9, text="TEXT 3")) == ["text 3"]
    assert texts(await page(world, 9, text="%")) == ["100 % of_it\\"]
    assert texts(await page(world, 9, text="_it\\")) == ["100 % of_it\\"]
    assert texts(await page(world, 9, recipient="46700000000")) == []
    assert texts(await page(world, 9, statuses=(Status.DELIVERED,))) == []
    assert len((await page(world, 9, statuses=(Status.RECEIVED, Status.DELAYED))).lines) == 6
    hour = timedelta(hours=1)
    within = await page(world, 9, since=start + hour, until=start + 3 * hour)
    assert texts(within) == ["text 3", "text 2"]
    assert texts(await page(world, 9, since=start + 9 * hour)) == []


async def test_a_search_that_takes_long_goes_on_where_it_ended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "CHUNK", 1)
    monkeypatch.setattr(history, "CHUNKS", 4)  # of texts half as many
    start = world.clock.now()
    await five(world)
    found = await page(world, text="text 1")
    assert (texts(found), found.reached) == ([], start + timedelta(hours=3))
    found = await page(world, text="text 1", before=found.older)
    assert (texts(found), found.reached) == ([], start + timedelta(hours=1))
    found = await page(world, text="text 1", before=found.older)
    assert texts(found) == ["text 1"]
    found = await page(world, text="text 5", after=found.lines[0].id)
    assert (texts(found), found.newer is None) == ([], False)


async def told(world: World, message_id: int) -> MessageStory:
    story = await world.store.history.message(world.account.id, message_id)
    assert story is not None
    assert story.told == (await world.store.story(message_id)).told
    return story


async def test_a_message_tells_each_attempt_and_each_receipt(world: World) -> None:
    id = await world.accept("x" * 200)
    (leased,) = await world.lease()
    await world.answer(leased.lease, Accepted("a1"), THROTTLED)
    world.clock.forward(seconds=2)
    await world.sweep()
    (leased,) = await world.lease()
    await world.answer(leased.lease, LOST, first=2)
    world.clock.forward(seconds=10)
    await world.sweep()
    (leased,) = await world.lease()
    await world.answer(leased.lease, Accepted("b2"), first=2)
    world.clock.forward(seconds=3)
    await world.receipt("a1", None)
    await world.receipt("a1")
    await world.receipt("b2", Status.PHONE_FAILED)

    story = await told(world, id)
    assert [(one.segment, one.number, one.result, one.network_id) for one in story.attempts] == [
        (1, 1, Tried.ACCEPTED, "a1"),
        (2, 1, Tried.PUT_OFF, None),
        (2, 2, Tried.UNSURE, None),
        (2, 3, Tried.ACCEPTED, "b2"),
    ]
    assert [one.error for one in story.attempts] == [None, "ESME_RTHROTTLED", "the link died", None]
    assert [(one.segment, one.network_id, one.status, one.raw) for one in story.receipts] == [
        (1, "a1", None, "id:a1"),
        (1, "a1", Status.DELIVERED, "id:a1"),
        (2, "b2", Status.PHONE_FAILED, "id:b2"),
    ]
    assert [status for status, _ in story.told] == [10, 11, 21, 52]
    assert (story.line.text, story.line.recipient, story.line.status) == ("x" * 200, RECIPIENT, 52)
    assert story.receipts[-1].at - story.attempts[0].at == timedelta(seconds=15)


async def test_what_was_paid_back_is_told_in_the_list_as_with_the_message(world: World) -> None:
    cancelled = await world.accept(due=world.clock.now() + timedelta(hours=1))
    refused, half, failed, sent = [await world.accept("x" * length) for length in (1, 161, 1, 1)]
    await world.store.cancel(world.account.id, cancelled, world.clock.now())
    leases = {one.lease.message_id: one.lease for one in await world.lease()}
    await world.answer(leases[refused], REFUSED)
    await world.answer(leases[half], LOST, REFUSED)
    await world.answer(leases[failed], Accepted("a1"))
    await world.answer(leases[sent], Accepted("a2"))
    await world.receipts([("a1", Status.PHONE_FAILED)])
    lines = {line.id: line for line in (await page(world, 9)).lines}
    assert {id: line.refunded for id, line in lines.items()} == {
        cancelled: 10_000,
        refused: 10_000,
        half: 10_000,
        failed: 0,
        sent: 0,
    }
    for id, line in lines.items():
        story = await world.store.history.message(world.account.id, id)
        assert story is not None
        assert story.refunded == line.refunded, line.status


async def test_a_message_is_told_to_its_account_and_to_operators_alone(world: World) -> None:
    id = await world.accept("ours")
    other = await world.store.create_account(NewAccount("other", "hash", 10**6, world.clock.now()))
    assert await world.store.history.message(other.id, id) is None
    assert (await world.store.history.message(None, id)).line.text == "ours"
    assert await world.store.history.message(None, id + 10_000) is None
    bundle_id = await world.accept_bundle(2)
    (first, _) = await world.bundle(bundle_id)
    assert await world.store.history.message(other.id, first) is None
    assert (await world.store.history.message(None, first)).line.account == "test"


async def test_who_is_still_a_recipient_of_a_bundle_is_told_as_the_message_that_it_becomes(
    world: World,
) -> None:
    bundle_id = await world.accept_bundle(["46700000001", "nobody"], due=world.later(hours=1))
    ids = await world.bundle(bundle_id)
    before = [await told(world, id) for id in ids]
    await world.advance()
    assert [await told(world, id) for id in ids] == before
    assert [(one.line.recipient, one.line.status, one.line.price) for one in before] == [
        ("46700000001", Status.DELAYED, 10_000),
        ("nobody", Status.INVALID_NUMBER, 0),
    ]

    bundle_id = await world.accept_bundle(1, due=world.later(hours=1))
    (id,) = await world.bundle(bundle_id)
    world.clock.forward(minutes=1)
    assert await world.cancel_bundle(bundle_id)
    story = await told(world, id)
    assert (story.line.status, story.line.status_at) == (Status.CANCELLED, world.clock.now())
