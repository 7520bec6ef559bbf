"""The ledger's closings: each entry is added up once, and what does not add up is told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.clock import SetClock
from kavle.core.books import Bookkeeper
from kavle.metrics import Metrics
from kavle.model.money import UNIT
from kavle.store.books import Closed, Closing, Entered, add_up
from kavle.store.rows import to_ms
from kavle.store.sqlite.store import SqliteStore
from kavle.store.types import NewAccount, TopUp
from support.invariants import ledger_is_balance
from support.world import Place, World, open_world

CLOSINGS = "SELECT month, entries, balance FROM closing ORDER BY account_id, month"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """Batches and pages are."""
    engine = "sqlite" if isinstance(world.store, SqliteStore) else "postgres"
    for module in ("kavle.store.books", f"kavle.store.{engine}.books"):
        monkeypatch.setattr(f"{module}.BATCH", 3)
    monkeypatch.setattr(f"kavle.store.{engine}.books.PAGE", 2)
    monkeypatch.setattr("kavle.core.books.PAUSE", 0)


async def change(world: World, sql: str) -> None:
    """By a stranger's hand."""
    if isinstance(world.store, SqliteStore):
        await world.store._writer.call(lambda db, _: [db.execute(sql).get], None)
    else:
        await world.store._pool.execute(sql)


async def checked(world: World) -> int:
    """How many accounts' books are wrong."""
    metrics = Metrics()
    await Bookkeeper(world.store, metrics).once()
    await ledger_is_balance(world.rows)
    return metrics.wrong_books


async def test_each_month_has_its_closing_which_all_entries_up_to_it_come_to(world: World) -> None:
    await world.accept()
    world.clock.forward(days=31)
    for _ in range(3):
        await world.accept()
    assert await checked(world) == 0
    closings = await world.rows(CLOSINGS)
    assert [row[1:] for row in closings] == [(2, 99 * UNIT), (3, 96 * UNIT)]
    assert await checked(world) == 0
    assert await world.rows(CLOSINGS) == closings
    await world.accept()
    assert await checked(world) == 0
    assert [row[1:] for row in await world.rows(CLOSINGS)] == [(2, 99 * UNIT), (4, 95 * UNIT)]


async def test_what_is_long_is_added_up_a_little_at_a_time(world: World, small: None) -> None:
    for number in range(5):
        await world.store.create_account(NewAccount(f"a{number}", "h", number * UNIT, world.clock.now()))
    for _ in range(10):
        await world.accept()
    assert [book.account for book in await world.store.books.books(0)] == ["test", "a0"]
    assert await world.store.books.close(world.account.id) == Closed(more=True)
    assert await world.rows("SELECT entries FROM closing") == [(3,)]
    assert await checked(world) == 0
    assert await world.rows("SELECT entries FROM closing ORDER BY account_id") == [
        (11,),
        (1,),
        (1,),
        (1,),
        (1,),
    ]


async def test_an_entry_is_read_once(world: World) -> None:
    """Else what is old would be felt each hour."""
    await world.accept()
    assert await checked(world) == 0
    await change(world, "UPDATE ledger SET amount = 0, balance = 0")
    await world.accept()
    metrics = Metrics()
    await Bookkeeper(world.store, metrics).once()
    assert metrics.wrong_books == 0


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE balance SET amount = amount + 1",
        "UPDATE ledger SET amount = amount + 1 WHERE kind = 2",
        "UPDATE ledger SET balance = balance - 1 WHERE kind = 2",
        "DELETE FROM ledger WHERE kind = 2",
    ],
)
@pytest.mark.parametrize("closed", [False, True])
async def test_what_does_not_add_up_is_told_and_not_closed(world: World, spoil: str, closed: bool) -> None:
    if closed:
        await checked(world)
    before = await world.rows(CLOSINGS)
    await world.accept()
    await change(world, spoil)
    metrics = Metrics()
    for _ in range(2):
        await Bookkeeper(world.store, metrics).once()
        assert metrics.wrong_books == 1
        assert await world.rows(CLOSINGS) == before


async def test_a_balance_that_moved_without_an_entry_is_told(world: World) -> None:
    assert await checked(world) == 0
    await change(world, "UPDATE balance SET amount = amount + 1")
    metrics = Metrics()
    await Bookkeeper(world.store, metrics).once()
    assert metrics.wrong_books == 1


async def test_it_may_be_checked_while_money_moves_and_by_two_at_once(world: World, place: Place) -> None:
    other = world if isinstance(world.store, SqliteStore) else await open_world(place, world.clock)
    top_ups = [world.store.top_up(TopUp("test", UNIT, world.clock.now())) for _ in range(50)]
    metrics = Metrics()
    for call in asyncio.as_completed(top_ups):
        await call
        keepers = [Bookkeeper(one.store, metrics) for one in (world, other)]
        await asyncio.gather(*(keeper.once() for keeper in keepers), world.accept())
        assert metrics.wrong_books == 0
    assert await checked(world) == 0
    assert await world.rows("SELECT entries, balance FROM closing") == [(101, 100 * UNIT)]
    if other is not world:
        await other.store.close()


# --- pure -------------------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.integers(0, 10**12), st.integers(-(10**6), 10**6)), max_size=40),
    st.lists(st.integers(0, 40), max_size=4),
)
def test_in_however_many_steps_it_comes_to_the_same(moves: list[tuple[int, int]], cuts: list[int]) -> None:
    """`moves`: at, and amount."""
    entries, balance = [], 0
    for number, (at, amount) in enumerate(moves, 1):
        balance += amount
        entries.append(Entered(number * 7, at, amount, balance))
    at_once, closed = add_up(1, None, entries, balance)
    assert closed == Closed(more=False)
    assert [one.month for one in at_once] == sorted({one.month for one in at_once})
    assert sum(one.entries for one in at_once) == len(moves)
    bounds = [0, *sorted(cut for cut in cuts if cut <= len(moves)), len(moves)]
    rows: dict[int, Closing] = {}
    last: Closing | None = None
    for start, end in pairwise(bounds):
        some: Sequence[Entered] = entries[start:end]
        now = some[-1].balance if some else (last.balance if last else 0)
        closings, closed = add_up(1, last, some, now)
        assert not closed.wrong
        rows.update((one.month, one) for one in closings)
        last = closings[-1] if closings else last
    assert list(rows.values()) == at_once


def test_a_late_entry_of_last_month_is_this_month_s() -> None:
    now = SetClock().now()
    entries = [Entered(1, to_ms(now + timedelta(days=31)), 5, 5), Entered(2, to_ms(now), 5, 10)]
    closings, _ = add_up(1, None, entries, 10)
    assert [(one.entries, one.last_id) for one in closings] == [(2, 2)]
