"""A lease passes over what is long gone from the queue, and yet finds at once whatever becomes ready in the
midst of it, whoever brings it: PostgreSQL, while somebody holds an old snapshot."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from kavle.clock import SetClock
from kavle.model.account import Account
from kavle.model.message import LeasedMessage, Outcome
from kavle.model.money import UNIT
from kavle.store.postgres import front, outcomes
from kavle.store.postgres.accept import Accept
from kavle.store.postgres.connection import BY_INDEX, SETTINGS
from kavle.store.postgres.lease import Leases
from kavle.store.postgres.sweep import Sweep
from kavle.store.types import LeaseRequest, NewAccount, TopUp
from support.world import THROTTLED, Accepted, Unsent, World, open_world

GONE = 2_000  # jobs that went through the queue
FEW = 200  # index entries: far from all of them

ENTRIES = (
    "SELECT sum(pg_stat_get_xact_tuples_returned(i::regclass))"
    " FROM unnest(ARRAY['job_ready', 'job_due', 'job_fresh']) AS i"
)


@pytest.fixture
async def world(url: str) -> AsyncIterator[World]:
    world = await open_world(url, SetClock())
    await world.store.top_up(TopUp("test", 10_000 * UNIT, world.clock.now()))
    yield world
    await world.store.close()


@pytest.fixture
async def other(world: World) -> Account:
    other = await world.store.create_account(NewAccount("other", "h", 100 * UNIT, world.clock.now()))
    assert other is not None
    return other


@pytest.fixture
async def snapshot(url: str, world: World) -> AsyncIterator[None]:
    """Held from before the first lease on."""
    db = await asyncpg.connect(url)
    await db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    await db.fetch("SELECT FROM job")
    yield
    await db.close()


class Node:
    """One node's leases, on a connection of its own, one transaction after the other."""

    def __init__(self, world: World, db: Any) -> None:
        self.world = world
        self.db = db
        self.leases = Leases()

    async def lease(self, room: int = 10) -> list[LeasedMessage]:
        return (await self.read(self.leases, self.request(room)))[0]

    def request(self, room: int) -> LeaseRequest:
        now = self.world.clock.now()
        until = now + timedelta(seconds=120)
        return LeaseRequest(self.world.carrier_id, room, secrets.randbits(62), now, until)

    async def read(self, verb: Any, *payloads: Any) -> Any:
        """The verb's results. `self.entries`: how much of the queue's indexes its transaction has read."""
        async with self.db.transaction():
            before = await self.db.fetchval(ENTRIES)
            results, _ = await verb(self.db, payloads)
            self.entries = await self.db.fetchval(ENTRIES) - before
        return results

    async def churn(self, count: int) -> None:
        """So many messages of one account come and go; the account's tags are far ahead of the clock then."""
        now = self.world.clock.now
        for _ in range(count // 500):
            drafts = [self.world.draft() for _ in range(500)]
            await self.read(Accept(self.world.store._ids), *drafts)
            leased = await self.lease(500)
            assert len(leased) == 500
            gone = [Outcome(one.lease, 1, Accepted(f"{one.lease.message_id}"), now()) for one in leased]
            await self.read(outcomes.record, gone)


@asynccontextmanager
async def node(url: str, world: World) -> AsyncIterator[Node]:
    db = await asyncpg.connect(url, server_settings={**SETTINGS, **BY_INDEX})
    try:
        yield Node(world, db)
    finally:
        await db.close()


@pytest.fixture
async def one(url: str, world: World) -> AsyncIterator[Node]:
    async with node(url, world) as one:
        yield one


def ids(leased: list[LeasedMessage]) -> list[int]:
    return [one.lease.message_id for one in leased]


@pytest.mark.usefixtures("snapshot")
async def test_what_is_gone_is_read_once(world: World, one: Node) -> None:
    await one.churn(GONE)
    assert await one.lease() == []
    last = await world.accept()
    assert ids(await one.lease()) == [last]
    assert one.entries < FEW


@pytest.mark.usefixtures("snapshot")
async def test_a_newcomer_in_front_of_a_backlog_comes_next_and_costs_no_more(
    world: World, one: Node, other: Account
) -> None:
    await one.churn(GONE)
    backlog = [await world.accept() for _ in range(20)]
    assert ids(await one.lease(10)) == backlog[:10]
    newcomer = await world.accept(account=other)
    assert ids(await one.lease(5)) == [newcomer, *backlog[10:14]]
    assert one.entries < FEW
    assert ids(await one.lease(5)) == backlog[14:19]
    assert one.entries < FEW


@pytest.mark.usefixtures("snapshot")
async def test_what_another_node_returns_or_promotes_comes_next(
    url: str, world: World, one: Node, other: Account
) -> None:
    first, second = [await world.accept() for _ in range(2)]
    returned, put_off = await world.lease()
    backlog = [await world.accept() for _ in range(4)]
    assert ids(await one.lease(1)) == backlog[:1]
    await world.answer(returned.lease, Unsent())
    assert ids(await one.lease(2)) == [first, backlog[1]]
    await world.answer(put_off.lease, THROTTLED)
    assert ids(await one.lease(1)) == [backlog[2]]
    world.clock.forward(seconds=1)
    await world.promote()
    assert ids(await one.lease(2)) == [second, backlog[3]]


async def test_what_was_being_accepted_while_a_lease_looked_comes_next(
    url: str, world: World, one: Node, other: Account
) -> None:
    backlog = [await world.accept() for _ in range(4)]
    assert ids(await one.lease(1)) == backlog[:1]
    async with node(url, world) as two:
        transaction = two.db.transaction()
        await transaction.start()
        (early,), _ = await Accept(world.store._ids)(two.db, [world.draft(account=other)])
        await world.accept()  # a later transaction, which ends sooner
        assert ids(await one.lease(1)) == backlog[1:2]
        await transaction.commit()
    assert ids(await one.lease(2)) == [early, backlog[2]]


async def test_what_an_older_kavle_puts_back_without_a_stamp_is_found_once_the_queue_is_empty(
    world: World, one: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_back = await world.accept()
    await world.lease()
    last = await world.accept()
    assert ids(await one.lease(1)) == [last]
    await one.db.execute("UPDATE job SET state = 0 WHERE message_id = $1", put_back)
    assert await one.lease() == []
    monkeypatch.setattr(front, "REVIEW", -1.0)
    assert ids(await one.lease()) == [put_back]


async def test_what_another_node_leased_in_vain_is_found_again(url: str, world: World, one: Node) -> None:
    backlog = [await world.accept() for _ in range(4)]
    async with node(url, world) as two:
        transaction = two.db.transaction()
        await transaction.start()
        ((leased,), _) = await two.leases(two.db, [two.request(2)])
        assert ids(leased) == backlog[:2]
        assert ids(await one.lease(1)) == [backlog[2]]
        await transaction.rollback()
        assert ids(await one.lease(3)) == [backlog[0], backlog[1], backlog[3]]


async def test_what_a_node_itself_leased_in_vain_is_found_again(world: World, one: Node) -> None:
    backlog = [await world.accept() for _ in range(4)]
    transaction = one.db.transaction()
    await transaction.start()
    await one.leases(one.db, [one.request(2), one.request(1)])  # both of one carrier, in one transaction
    await transaction.rollback()
    assert ids(await one.lease(4)) == backlog


@pytest.mark.usefixtures("snapshot")
async def test_a_sweep_reads_no_leases_long_over(url: str, world: World, one: Node) -> None:
    await one.churn(GONE)
    sweep = Sweep()
    world.clock.forward(minutes=3)
    await one.read(sweep, (world.clock.now(), True))
    await world.accept()
    assert len(await one.lease()) == 1
    await one.read(sweep, (world.clock.forward(seconds=1), True))
    assert one.entries < FEW
    (swept,) = await one.read(sweep, (world.clock.forward(minutes=3), True))
    assert swept.unsure == 1
    assert one.entries < FEW
