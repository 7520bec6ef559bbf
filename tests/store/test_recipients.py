"""Messages are found by their recipient: in runs of ids once these are settled, and among the newest."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from msgspec.structs import replace

from kavle.model.history import Wanted
from kavle.model.status import Status
from kavle.store import recipients
from kavle.store.postgres import recipients as on_postgres
from kavle.store.recipients import Runs
from kavle.store.retention import Erase, Kept
from kavle.store.sqlite import recipients as on_sqlite
from kavle.store.types import NewAccount
from support.world import REFUSED, World

RUN = 4
ANNA, BERTIL, NOBODY = "46700000001", "46700000002", "46700000009"


@pytest.fixture(autouse=True)
def short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (recipients, on_sqlite, on_postgres):
        monkeypatch.setattr(module, "RUN", RUN)


async def runs(world: World) -> Runs:
    ((first, next),) = await world.rows("SELECT first, next FROM recipient_runs")
    return Runs(int(str(first)), int(str(next)))


async def keep(world: World) -> None:
    while await world.store.keep_runs(world.clock.now()):
        pass


async def send(world: World, to: str, text: str = "Hej", account: object = None) -> int:
    draft = world.draft(text, account=account)  # type: ignore[arg-type]
    id = await world.store.accept(replace(draft, recipient=to))
    assert id is not None
    return int(id)


async def settle(world: World) -> None:
    """Whatever was sent is old, and something newer is there: its runs are made."""
    world.clock.forward(minutes=5)
    for _ in range(RUN + 1):
        await send(world, NOBODY)
    world.clock.forward(minutes=5)
    await keep(world)


async def found(world: World, to: str, account_id: int | None, limit: int, **more: object) -> list[int]:
    """All of them, page by page from the newest, and back to it."""
    there: list[int] = []
    page = await world.store.history.messages(account_id, Wanted(limit=limit, recipient=to, **more))  # type: ignore[arg-type]
    there += [line.id for line in page.lines]
    while page.older is not None:
        before = page.older
        page = await world.store.history.messages(
            account_id,
            Wanted(limit=limit, recipient=to, before=before, **more),  # type: ignore[arg-type]
        )
        there += [line.id for line in page.lines]
    back: list[int] = []
    after: int | None = 0
    while after is not None:
        page = await world.store.history.messages(
            account_id,
            Wanted(limit=limit, recipient=to, after=after, **more),  # type: ignore[arg-type]
        )
        back += [line.id for line in page.lines[::-1]]
        after = page.newer
    assert back == there[::-1]
    return there


async def test_those_to_a_number_are_found_in_runs_and_among_the_newest(world: World) -> None:
    other = await world.store.create_account(NewAccount("other", "hash", 10**6, world.clock.now()))
    draw, to_anna, everybodys = random.Random(1), [], []
    for turn in range(40):
        if turn == 20:
            await settle(world)
        account = draw.choice([world.account, other])
        id = await send(world, to := draw.choice([ANNA, BERTIL]), f"text {turn}", account)
        if to == ANNA:
            everybodys.append(id)
            if account is world.account:
                to_anna.append(id)
    made = await runs(world)
    assert made.next > 0
    assert to_anna[0] < made.until <= to_anna[-1]
    for limit in (1, 2, 3, 50):
        assert await found(world, ANNA, world.account.id, limit) == to_anna[::-1]
        assert await found(world, ANNA, None, limit) == everybodys[::-1]
        assert await found(world, "46700000003", world.account.id, limit) == []
        assert await found(world, ANNA, world.account.id, limit, text="text 1") != []
        assert await found(world, ANNA, world.account.id, limit, statuses=(Status.DELIVERED,)) == []


async def test_a_run_waits_until_each_message_of_a_bundle_is_there(world: World) -> None:
    await world.accept_bundle(3)
    await settle(world)
    before = (await runs(world)).next
    await world.advance()
    await keep(world)
    assert (await runs(world)).next > before
    (line,) = (
        await world.store.history.messages(world.account.id, Wanted(limit=9, recipient="46700000000"))
    ).lines
    assert line.bundle_id is not None


async def recipients_in_runs(world: World) -> set[object]:
    return {row[0] for row in await world.rows("SELECT recipient FROM recipient_run")}


async def test_a_run_is_dropped_once_its_messages_are(world: World) -> None:
    await send(world, ANNA)
    await settle(world)
    assert ANNA in await recipients_in_runs(world)
    before = await runs(world)
    for leased in await world.lease():
        await world.answer(leased.lease, REFUSED)
    world.clock.forward(days=3)
    newest = await send(world, BERTIL)
    after: int | None = 0
    while after is not None:
        after = (await world.store.erase(Erase(Kept.MESSAGES, world.later(hours=-1), after))).after
    await keep(world)
    assert (await runs(world)).first > before.first
    assert ANNA not in await recipients_in_runs(world)
    assert await found(world, BERTIL, world.account.id, 9) == [newest]


async def test_what_is_new_is_in_no_run(world: World) -> None:
    """On PostgreSQL a node may still give ids from before."""
    for _ in range(3 * RUN):
        await send(world, ANNA)
    await keep(world)
    if (await runs(world)).next:  # a file gives its ids in their order
        assert (await runs(world)).until <= await world.store.newest_id()
    world.clock.forward(minutes=3)
    await keep(world)
    assert (await runs(world)).next > 0
    assert len(await found(world, ANNA, world.account.id, 5, since=world.later(minutes=-9))) == 3 * RUN
    assert await found(world, ANNA, world.account.id, 5, until=world.clock.now() - timedelta(hours=1)) == []


async def test_who_is_erased_before_the_others_is_in_no_run_any_more(world: World) -> None:
    quick = await world.store.create_account(NewAccount("snabb", "", 100_000_000, world.clock.now()))
    assert quick is not None
    ours = await send(world, ANNA)
    await send(world, ANNA, account=quick)
    await send(world, BERTIL, account=quick)
    await settle(world)
    before = world.later(hours=1)
    await world.expire(world.clock.forward(days=3))
    await world.store.erase(Erase(Kept.MESSAGES, before, account_id=quick.id))
    rows = await world.rows(f"SELECT message_id FROM recipient_run WHERE recipient IN ('{ANNA}', '{BERTIL}')")  # noqa: S608
    assert rows == [(ours,)]
