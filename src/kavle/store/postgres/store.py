"""The store on PostgreSQL, for any number of nodes: a lane of group commits for each of the four commits, one
connection for what is rare, one that calls the other nodes, and a few that read."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from kavle.clock import Clock, SystemClock
from kavle.model.account import Account
from kavle.model.bundle import BundleDraft
from kavle.model.ids import PublicIds, derived
from kavle.model.message import Draft, LeasedMessage, Outcome, Priority, Receipt
from kavle.model.service import Service
from kavle.model.status import Status
from kavle.model.traffic import Traffic
from kavle.store.errors import StoreError, StoreUnavailable
from kavle.store.groups import Queue
from kavle.store.postgres import (
    accounts,
    bundles,
    carriers,
    held,
    links,
    moves,
    outcomes,
    reads,
    receipts,
    recipients,
    retention,
    schedule,
    seen,
    sweep,
    traffic,
)
from kavle.store.postgres.accept import Accept
from kavle.store.postgres.bell import Bell
from kavle.store.postgres.books import PostgresBooks
from kavle.store.postgres.bundles import AcceptBundle
from kavle.store.postgres.connection import BUSY, LOST, Link, open_pool
from kavle.store.postgres.files import PostgresFiles
from kavle.store.postgres.history import PostgresHistory
from kavle.store.postgres.ids import Ids, newest, newests
from kavle.store.postgres.inbox import PostgresInbox
from kavle.store.postgres.lane import Lane, Verb
from kavle.store.postgres.lease import Leases
from kavle.store.postgres.listing import PostgresListing
from kavle.store.postgres.migrate import migrate
from kavle.store.postgres.office import PostgresOffice
from kavle.store.postgres.offset import complaint, offset
from kavle.store.postgres.persons import PostgresPersons
from kavle.store.postgres.reader import READERS, Reader
from kavle.store.postgres.restoring import PostgresRestoring
from kavle.store.retention import Erase, Erased
from kavle.store.rows import to_ms
from kavle.store.types import (
    AccountChange,
    AccountLine,
    Awaited,
    Cancel,
    CarrierState,
    CarrierTerms,
    Counted,
    Decision,
    Forgotten,
    HeldLine,
    HeldPage,
    LeaseRequest,
    LinkLine,
    LinkShare,
    LinkTurn,
    Move,
    NewAccount,
    Queued,
    QueuePage,
    Story,
    Swept,
    TopUp,
    TrafficQuery,
    Walked,
)

if TYPE_CHECKING:
    from kavle.store.postgres.connection import Pool

P = ParamSpec("P")
R = TypeVar("R")
W = TypeVar("W")

OVERTAKEN: Final = 1.0
"""Seconds at most that receipts wait for outcomes that came before them."""


def end_process(error: BaseException) -> None:
    """A bug in a transaction: its callers can't be answered, and the next life does not have their work."""
    os._exit(70)  # EX_SOFTWARE


class PostgresStore:
    """Made by `PostgresStore.open`, inside the event loop that will use it. Other nodes may be at work on the
    same database: nothing is recovered at start, dead nodes' leases end by the sweep."""

    def __init__(
        self,
        url: str,
        pool: Pool,
        key: bytes,
        clock: Clock,
        on_ready: Callable[[int, bool], None],
        on_death: Callable[[BaseException], None],
        observe: Callable[[int, float], None],
    ) -> None:
        queue = Queue()

        def lane(link: Link, verb: Verb[W, R], *, repeatable: bool = True) -> Lane[W, R]:
            lane = Lane(link, verb, on_death, observe, repeatable=repeatable, queue=queue)
            self._lanes.append(lane)
            return lane

        self._read = read = Reader(pool)
        self._statuses = read.together(reads.statuses)
        self._newest = read.together(newests)
        self.public_ids = PublicIds(key)
        self.session_key = derived(key, "sessions")
        self.files = PostgresFiles(self._read)
        self.history = PostgresHistory(self._read)
        self.listing = PostgresListing(self._read)
        self._pool = pool
        self._clock = clock
        self._complaint: str | None = None
        self._ids = Ids(pool)
        self._bell = Bell(url, on_ready)
        self._lanes: list[Lane[Any, Any]] = []
        self._links = [Link(url) for _ in range(9)]
        accepting, leasing, recording, receiving, sharing, bundling, taking, calling, rare = self._links
        self._accept = lane(accepting, Accept(self._ids), repeatable=False)
        self._lease = lane(leasing, Leases())
        self._record = lane(recording, outcomes.record)
        self._receive = lane(receiving, receipts.receive)
        self._share = lane(sharing, links.share_links)  # it must not wait for a sweep
        # Ids of its own: a bundle that waits for its blocks must not mix them with another lane's.
        self._accept_bundle = lane(bundling, AcceptBundle(Ids(pool)), repeatable=False)
        self._advance = lane(bundling, bundles.advance)
        self._cancel = lane(bundling, schedule.cancel)
        self._cancel_bundle = lane(bundling, schedule.cancel_bundle)
        self._decide = lane(rare, held.decide)
        self._promote = lane(rare, schedule.promote)
        self._move = lane(rare, moves.move)
        self._sweep = lane(rare, sweep.Sweep())
        self._expire = lane(rare, sweep.expire_late)
        self._partitions = lane(rare, self._ids.make_partitions)
        self._keep_runs = lane(rare, recipients.keep_runs)
        self._forget = lane(rare, sweep.forget)
        self._fold = lane(rare, traffic.Fold())
        self._drop = lane(rare, retention.drop)
        self._erase = lane(rare, retention.erase)
        self._see = lane(rare, seen.see)
        self._forget_traffic = lane(rare, traffic.forget)
        self._create = lane(rare, accounts.create, repeatable=False)
        self._change = lane(rare, accounts.change)
        self._top_up = lane(rare, accounts.top_up, repeatable=False)
        self._correct = lane(rare, accounts.correct, repeatable=False)
        self._carriers = lane(rare, carriers.carrier_ids)
        self.office = PostgresOffice(lane, rare, self._read)
        self.restoring = PostgresRestoring(lane, rare, self._read)
        self.books = PostgresBooks(lane, rare, self._read)
        self.persons = PostgresPersons(lane, rare, self._read, derived(key, "erasures"))
        self.inbox = PostgresInbox(
            lane, (taking, calling, rare), (Ids(pool), Ids(pool)), self._read, self._check_clock
        )

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        clock: Clock | None = None,
        on_ready: Callable[[int, bool], None] = lambda carrier_id, urgent: None,
        on_death: Callable[[BaseException], None] = end_process,
        observe: Callable[[int, float], None] = lambda calls, seconds: None,
    ) -> PostgresStore:
        """`on_ready(carrier_id, urgent)` is called when a queue that was empty has something new, by
        whichever node; urgent messages have a queue of their own. `clock` is held against the database's.
        Raises `StoreError` when the server can't be reached or would not keep its promises."""
        pool = await open_pool(url, READERS)
        try:
            await migrate(url)
            key: bytes = await pool.fetchval("SELECT id_key FROM gateway")
        except (*LOST, *BUSY) as error:
            pool.terminate()
            reason = str(error) or type(error).__name__
            raise StoreError(f"the PostgreSQL database can't be used now: {reason}") from error
        store = cls(url, pool, key, clock or SystemClock(), on_ready, on_death, observe)
        try:
            await store._make_partitions()
            await store._compare_clocks()
        except StoreUnavailable as error:
            await store.close()
            raise StoreError(f"the PostgreSQL database can't be used now: {error}") from error
        return store

    async def close(self) -> None:
        for lane in self._lanes:
            await lane.close()
        await self._bell.close()
        for link in self._links:
            await link.close()
        await self._pool.close()

    async def carrier_ids(self, wanted: Sequence[CarrierTerms]) -> dict[str, int]:
        return await self._carriers.call(wanted)

    async def share_links(self, turn: LinkTurn) -> LinkShare:
        return await self._share.call(turn)

    async def accept(self, draft: Draft) -> int | None:
        message_id = await self._accept.call(draft, draft.octets)
        if message_id is not None and (draft.due is None or draft.due <= draft.accepted_at):
            self._bell.ring({draft.carrier_id: 1}, urgent=draft.priority == Priority.URGENT)
        return message_id

    async def accept_bundle(self, draft: BundleDraft) -> int | None:
        return await self._accept_bundle.call(draft)

    async def lease(self, request: LeaseRequest) -> list[LeasedMessage]:
        self._check_clock()
        return await self._lease.call(request)

    async def record(self, batch: Sequence[Outcome]) -> int:
        return await self._record.call(batch)

    async def receive(self, batch: Sequence[Receipt]) -> int:
        # A receipt that comes at once would overtake the outcome that it is about, in the other lane, match
        # nothing, and be worked twice.
        await self._record.caught_up(OVERTAKEN)
        return await self._receive.call(batch)

    async def advance(self, now: datetime) -> int:
        if not await self._read(bundles.some_work):
            return 0
        done, ready = await self._advance.call(now)
        self._bell.ring(ready)
        return done

    async def promote(self, now: datetime) -> int:
        self._check_clock()
        if not await self._read(schedule.some_due, to_ms(now)):
            return 0
        done, ready = await self._promote.call(now)
        self._bell.ring(ready)
        return done

    async def move(self, move: Move) -> int:
        moved = await self._move.call(move)
        self._bell.ring({move.target: moved})
        return moved

    async def cancel(self, account_id: int, message_id: int, now: datetime) -> bool:
        return await self._cancel.call(Cancel(account_id, message_id, now))

    async def cancel_bundle(self, account_id: int, bundle_id: int, now: datetime) -> bool:
        return await self._cancel_bundle.call(Cancel(account_id, bundle_id, now))

    async def decide(self, decision: Decision) -> list[int]:
        return await self._decide.call(decision)

    async def sweep(self, now: datetime, *, leases: bool = True) -> Swept:
        await self._compare_clocks()
        self._check_clock()
        swept = await self._sweep.call((now, leases))
        await self._make_partitions()
        return swept

    async def walk(self, now: datetime, after: int) -> Walked:
        self._check_clock()
        queues, late, on = await self._read(reads.walk, to_ms(now), after)
        expired = await self._expire.call((late, to_ms(now))) if late else 0
        return Walked(queues, expired, on)

    async def keep_runs(self, now: datetime) -> bool:
        self._check_clock()
        if not await self._read(recipients.some_to_do, to_ms(now)):
            return False
        return await self._keep_runs.call(now)

    async def forget(self, now: datetime, after: Awaited) -> Forgotten:
        rows, on = await self._read(sweep.stale, to_ms(now), after)
        return Forgotten(await self._forget.call(rows) if rows else 0, on)

    async def fold(self) -> bool:
        return await self._fold.call(None)

    async def drop(self, one: Erase) -> int:
        return await self._drop.call(one)

    async def erase(self, one: Erase) -> Erased:
        return await self._erase.call(one)

    async def see(self, now: datetime) -> int | None:
        self._check_clock()
        return await self._see.call(now)

    async def doubted(self) -> int | None:
        last = await self._read(seen.last)
        return last.doubted if last else None

    async def forget_traffic(self, now: datetime) -> int:
        return await self._forget_traffic.call(now)

    async def create_account(self, new: NewAccount) -> Account | None:
        return await self._create.call(new)

    async def change_account(self, change: AccountChange) -> Account | None:
        return await self._change.call(change)

    async def top_up(self, one: TopUp) -> int | None:
        return await self._top_up.call(one)

    async def correct(self, one: TopUp) -> int | None:
        return await self._correct.call(one)

    async def account(self, name: str) -> Account | None:
        return await self._read(accounts.find, name)

    async def accounts(self) -> list[AccountLine]:
        return await self._read(accounts.listing)

    async def balance(self, account_id: int) -> int:
        return await self._read(accounts.balance, account_id)

    async def newest_id(self) -> int:
        return await self._newest(None)

    async def status(self, message_id: int, service: Service = Service.SMS) -> Status | None:
        return await self._statuses((message_id, service))

    async def story(self, message_id: int) -> Story | None:
        return await self._read(reads.story, message_id)

    async def cancelling(self, bundle_id: int) -> bool:
        return await self._read(bundles.cancelling, bundle_id)

    async def bundle(self, bundle_id: int) -> list[tuple[int, Status]] | None:
        firsts = await self._read(bundles.firsts, bundle_id)
        if firsts is None:
            return None
        found: list[tuple[int, Status]] = []
        for first in firsts:  # others read between the parts
            found += await self._read(bundles.statuses, first)
        return found

    async def due(self, id: int) -> datetime | None:
        return await self._read(reads.due, id)

    async def owner(self, id: int) -> Account | None:
        return await self._read(reads.owner, id)

    async def held(self, page: HeldPage) -> list[HeldLine]:
        return await self._read(held.listing, page)

    async def held_counts(self) -> dict[str, int]:
        return await self._read(held.counts)

    async def links(self) -> list[LinkLine]:
        return await self._read(links.links)

    async def carrier_states(self, now: datetime) -> list[CarrierState]:
        return await self._read(links.carrier_states)  # by the database's clock

    async def queued(self, page: QueuePage) -> list[Queued]:
        return await self._read(moves.queued, page)

    async def backlog(self, after: int) -> Counted:
        return await self._read(reads.backlog, after)

    async def traffic(self, query: TrafficQuery) -> list[Traffic]:
        return await self._read(traffic.read, query)

    async def _make_partitions(self) -> None:
        latest = await self._read(newest)
        if self._ids.wants_partitions(latest):
            await self._partitions.call(latest)

    def _check_clock(self) -> None:
        if self._complaint is not None:
            raise StoreUnavailable(self._complaint)

    async def _compare_clocks(self) -> None:
        self._complaint = complaint(await self._read(offset, self._clock))
