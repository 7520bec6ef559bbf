"""Two nodes of PostgreSQL at once: each pair of transactions in every order of its named points, and both
nodes under load."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from kavle.clock import SetClock
from kavle.model.account import Account
from kavle.model.message import LeasedMessage, Outcome, Receipt, Result
from kavle.model.money import UNIT
from kavle.model.status import Status
from kavle.store.rows import to_ms
from kavle.store.types import CarrierTerms, LeaseRequest, NewAccount, TopUp
from support.postgres import fetch
from support.world import RECIPIENT, REFUSED, THROTTLED, Accepted, World, open_world

pytest.importorskip("asyncpg", reason="PostgreSQL's driver is not installed")

from kavle.store.postgres import accept as accepting
from kavle.store.postgres import accounts, lease, outcomes, receipts, sweep
from kavle.store.postgres import expire as expiring
from kavle.store.postgres import store as postgres_store
from kavle.store.postgres.accept import Accept
from support.steps import Stage, orders

POINTS = {
    receipts._HOLD: "locks the network ids",
    receipts._PLACES: "looks for open segments",
    receipts._KEEP: "keeps receipts",
    outcomes._JOBS: "locks the jobs",
    outcomes._WRITE: "writes outcomes",
    expiring._HOLD: "locks the messages",
    expiring._UNSENT: "locks unsent jobs",
    accepting.FUNDS: "reads funds",
    accepting._INSERT: "inserts",
    accounts._POST: "moves balances",
    lease._READY: "finds ready jobs",
    lease._TAKE: "leases",
}

LEFT = "SELECT (SELECT count(*) FROM waiting), (SELECT count(*) FROM awaiting), (SELECT count(*) FROM job)"


@pytest.fixture
async def world(url: str) -> AsyncIterator[World]:
    world = await open_world(url, SetClock())
    await world.store.top_up(TopUp("test", 10_000 * UNIT, world.clock.now()))
    yield world
    try:
        await books_are_in_order(world)
    finally:
        await world.store.close()


async def books_are_in_order(world: World) -> None:
    wrong = (
        "SELECT account_id FROM balance JOIN (SELECT account_id, sum(amount) AS entries FROM ledger"
        " GROUP BY account_id) AS l USING (account_id) WHERE amount <> entries"
    )
    assert await world.rows(wrong) == []
    running = (
        "SELECT * FROM (SELECT balance, sum(amount) OVER (PARTITION BY account_id ORDER BY id) AS running"
        " FROM ledger) AS l WHERE balance <> running"
    )
    assert await world.rows(running) == []


def outcome(world: World, leased: object, *results: Result, first: int = 1) -> list[list[Outcome]]:
    now = world.clock.now()
    return [[Outcome(leased.lease, number, one, now) for number, one in enumerate(results, first)]]  # type: ignore[attr-defined]


def receipt(world: World, network_id: str, status: Status = Status.DELIVERED) -> list[list[Receipt]]:
    return [[Receipt(world.carrier_id, network_id, RECIPIENT, status, network_id, world.clock.now())]]


async def test_outcome_and_receipt_find_each_other_in_every_order(world: World, stage: Stage) -> None:
    for number, order in enumerate(orders(4, 4)):
        message = await world.accept()
        (leased,) = await world.lease()
        id = f"n{number}"
        await stage.play(
            order,
            (outcomes.record, outcome(world, leased, Accepted(id))),
            (receipts.receive, receipt(world, id)),
        )
        assert await world.store.status(message) == 22, stage.said
        assert await world.rows(LEFT) == [(0, 0, 0)], stage.said


@pytest.mark.parametrize(
    ("result", "cost"),
    [(Accepted("b"), 2), (THROTTLED, 1), (REFUSED, 1)],
    ids=["taken", "put off", "refused"],
)
async def test_one_segment_fails_while_the_other_is_being_sent(
    world: World, stage: Stage, result: Result, cost: int
) -> None:
    for number, order in enumerate(orders(4, 5)):
        before = await world.credits()
        message = await world.accept("x" * 161)
        (leased,) = await world.lease()
        await world.answer(leased.lease, Accepted(f"a{number}"))
        if isinstance(result, Accepted):
            result = Accepted(f"b{number}")
        await stage.play(
            order,
            (outcomes.record, outcome(world, leased, result, first=2)),
            (receipts.receive, receipt(world, f"a{number}", Status.PHONE_FAILED)),
        )
        assert await world.store.status(message) in (51, 52), stage.said
        assert await world.rows("SELECT * FROM job") == [], stage.said
        assert await world.credits() == before - cost, stage.said


async def test_one_receipt_for_the_whole_while_its_last_segment_is_being_sent(
    world: World, stage: Stage
) -> None:
    await world.store.carrier_ids([CarrierTerms("telia", whole=True)])
    for number, order in enumerate(orders(4, 5)):
        message = await world.accept("x" * 161)
        (leased,) = await world.lease()
        await world.answer(leased.lease, Accepted(f"a{number}"))
        told = Receipt(
            world.carrier_id, f"a{number}", RECIPIENT, Status.DELIVERED, "", world.clock.now(), whole=True
        )
        await stage.play(
            order,
            (outcomes.record, outcome(world, leased, Accepted(f"b{number}"), first=2)),
            (receipts.receive, [[told]]),
        )
        assert await world.store.status(message) == 22, stage.said
        assert await world.rows("SELECT * FROM job") == [], stage.said


async def test_a_debit_and_a_refund_of_the_same_accounts(world: World, stage: Stage) -> None:
    other = await world.store.create_account(NewAccount("other", "h", 1000 * UNIT, world.clock.now()))
    for order in orders(4, 4):
        for account in (other, None):
            await world.accept(account=account)
        leased = await world.lease()
        assert len(leased) == 2
        refused = [one for message in leased for one in outcome(world, message, REFUSED)]
        drafts = [world.draft(account=account) for account in (None, other)]
        before = await world.credits(), await world.store.balance(other.id)
        accept = Accept(world.store._ids)
        (ids, counts) = await stage.play(order, (accept, drafts), (outcomes.record, refused))
        assert None not in ids
        assert counts == [1, 1]
        assert (await world.credits(), await world.store.balance(other.id)) == before, stage.said
        await world.expire(world.clock.forward(hours=49))


async def test_two_debits_on_credit_for_one(world: World, stage: Stage) -> None:
    for number, order in enumerate(orders(4, 4)):
        poor = await world.store.create_account(NewAccount(f"poor{number}", "h", UNIT, world.clock.now()))
        accept = Accept(world.store._ids)
        drafts = [world.draft(account=poor)]
        ids, others = await stage.play(order, (accept, drafts), (accept, drafts))
        assert [ids, others].count([None]) == 1, stage.said
        assert await world.store.balance(poor.id) == 0
    taken = await world.rows(
        "SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM body), count(*) FROM job"
    )
    assert taken == [(number + 1,) * 3]


async def test_a_lease_ends_while_its_outcome_comes(world: World, stage: Stage) -> None:
    for number, order in enumerate(orders(3, 4)):
        message = await world.accept()
        (leased,) = await world.lease(seconds=60)
        late = world.clock.forward(seconds=61)
        swept, counted = await stage.play(
            order,
            (sweep.Sweep(), [(late, True)]),
            (outcomes.record, outcome(world, leased, Accepted(f"n{number}"))),
        )
        tried = await world.rows(f"SELECT outcome FROM segment WHERE message_id = {message}")  # noqa: S608
        if counted == [1]:
            assert (swept[0].unsure, tried, await world.story(message)) == (0, [(1,)], [10, 21]), stage.said
        else:
            assert (swept[0].unsure, tried, await world.story(message)) == (1, [(4,)], [10, 11]), stage.said
        await world.expire(world.clock.forward(hours=49))
        assert await world.rows("SELECT * FROM job") == []


async def test_a_message_expires_while_another_node_leases_it(world: World, stage: Stage) -> None:
    for order in orders(4, 3):
        before = await world.credits()
        message = await world.accept()
        late = world.clock.forward(hours=49)
        early = late.replace(year=late.year - 1)  # another node's clock, somewhat behind
        request = LeaseRequest(world.carrier_id, 10, 7, early, late)
        counts, leased = await stage.play(
            order, (sweep.expire_late, [([message], to_ms(late))]), (lease.Leases(), [request])
        )
        if counts == [1]:
            assert leased == [[]], stage.said
            assert await world.story(message) == [10, 43], stage.said
            assert await world.credits() == before, stage.said
        else:
            assert counts == [0], stage.said
            assert [one.lease.message_id for one in leased[0]] == [message], stage.said
            world.clock.forward(seconds=1)
            await world.sweep()
            await world.expire(world.clock.now())


# --- two nodes under load -----------------------------------------------------------------------------------


@pytest.fixture
async def second(url: str, world: World) -> AsyncIterator[World]:
    second = await open_world(url, world.clock)
    yield second
    await second.store.close()


async def test_64_requests_over_two_nodes_on_credit_for_10_are_exactly_10(
    world: World, second: World
) -> None:
    poor = await world.store.create_account(NewAccount("poor", "h", 10 * UNIT, world.clock.now()))
    nodes = [world.store, second.store]
    results = await asyncio.gather(*(nodes[n % 2].accept(world.draft(account=poor)) for n in range(64)))
    assert sum(result is not None for result in results) == 10
    assert await world.store.balance(poor.id) == 0
    assert await world.rows("SELECT count(*) FROM message") == [(10,)]
    assert await world.rows("SELECT count(*) FROM job") == [(10,)]


async def test_two_nodes_debit_and_refund_20_accounts_without_a_deadlock(
    url: str, world: World, second: World
) -> None:
    now, plenty = world.clock.now(), 10_000 * UNIT
    customers = [
        await world.store.create_account(NewAccount(f"customer {n}", "h", plenty, now)) for n in range(20)
    ]
    nodes = [world, second]
    await asyncio.gather(*(_accept(node, customers) for node in nodes), *(_refuse(node) for node in nodes))
    while await _refuse_some(world):
        pass
    assert [await world.store.balance(customer.id) for customer in customers] == [plenty] * 20
    assert await world.rows("SELECT count(*), count(DISTINCT id) FROM message") == [(2 * 30 * 20,) * 2]
    await books_are_in_order(world)
    await world.rows("SELECT pg_stat_force_next_flush()")
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    assert await fetch(url, deadlocks) == [(0,)]


async def _accept(node: World, customers: list[Account]) -> None:
    for turn in range(30):
        mixed = customers[turn % 20 :] + customers[: turn % 20]
        ids = await asyncio.gather(*(node.store.accept(node.draft(account=one)) for one in mixed))
        assert None not in ids


async def _refuse(node: World) -> None:
    for _ in range(40):
        await _refuse_some(node)


async def _refuse_some(node: World) -> int:
    leased = await node.lease(room=25)
    backwards = [one for message in reversed(leased) for one in outcome(node, message, REFUSED)]
    return sum(await asyncio.gather(*(node.store.record(one) for one in backwards)))


@asynccontextmanager
async def outcomes_being_written(url: str, world: World) -> AsyncIterator[None]:
    """Those of two messages, "a" and "b": the first can't be as long as we hold its job, and the second waits
    behind it."""
    first, second = await leased_messages(world, 2)
    await world.store.receive(receipt(world, "nobody's")[0])  # the next does not have to connect first
    db = await asyncpg.connect(url)
    await db.execute("BEGIN")
    await db.execute("SELECT FROM job WHERE message_id = $1 FOR UPDATE", first.lease.message_id)
    recording = [asyncio.create_task(world.store.record(outcome(world, first, Accepted("a"))[0]))]
    while not await fetch(url, "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
        await asyncio.sleep(0.01)
    recording.append(asyncio.create_task(world.store.record(outcome(world, second, Accepted("b"))[0])))
    await asyncio.sleep(0)
    try:
        yield
    finally:
        await db.close()
    assert await asyncio.gather(*recording) == [1, 1]


async def leased_messages(world: World, count: int) -> list[LeasedMessage]:
    for _ in range(count):
        await world.accept()
    return [one for _ in range(count) for one in await world.lease()]


async def test_a_receipt_that_comes_at_once_waits_for_the_outcomes_before_it(
    world: World, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_store, "OVERTAKEN", 60.0)
    async with outcomes_being_written(url, world):
        kept = asyncio.create_task(world.store.receive(receipt(world, "b")[0]))
        for _ in range(30):  # it has its turns
            assert await world.rows("SELECT FROM waiting WHERE network_id = 'b'") == []
    assert await kept == 1
    assert await world.rows(LEFT) == [(1, 1, 0)]  # the receipt of "a" is open


async def test_a_receipt_does_not_wait_for_outcomes_that_can_not_be_written(
    world: World, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_store, "OVERTAKEN", 0.01)
    async with outcomes_being_written(url, world):
        assert await world.store.receive(receipt(world, "b")[0]) == 0
    assert await world.rows(LEFT) == [(1, 1, 0)]
