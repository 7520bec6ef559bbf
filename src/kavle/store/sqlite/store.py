"""The store on one SQLite file: a writer, a reader and a checkpointer, each a thread with a connection."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import apsw

from kavle.model.account import Account
from kavle.model.bundle import BundleDraft
from kavle.model.ids import PublicIds, derived
from kavle.model.message import Draft, LeasedMessage, Outcome, Receipt
from kavle.model.service import Service
from kavle.model.status import Status
from kavle.model.traffic import Traffic
from kavle.store.errors import StoreUnavailable
from kavle.store.retention import Erase, Erased
from kavle.store.rows import to_ms
from kavle.store.sqlite import (
    accept,
    accounts,
    bundles,
    callbacks,
    held,
    lease,
    links,
    moves,
    outcomes,
    reads,
    receipts,
    recipients,
    restoring,
    retention,
    schedule,
    seen,
    sweep,
    traffic,
)
from kavle.store.sqlite.books import SqliteBooks
from kavle.store.sqlite.checkpoint import Checkpointer
from kavle.store.sqlite.connection import EngineLock, make_folder, open_writer
from kavle.store.sqlite.files import SqliteFiles
from kavle.store.sqlite.history import SqliteHistory
from kavle.store.sqlite.inbox import SqliteInbox
from kavle.store.sqlite.listing import SqliteListing
from kavle.store.sqlite.mark import MarkFile
from kavle.store.sqlite.office import SqliteOffice
from kavle.store.sqlite.persons import SqlitePersons
from kavle.store.sqlite.reader import Reader
from kavle.store.sqlite.restoring import SqliteRestoring
from kavle.store.sqlite.writer import Writer, Writes
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

_log = logging.getLogger("kavle.store")

_CARRIER = (
    "INSERT INTO carrier (name, hold, whole, service) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (name) DO UPDATE SET hold = excluded.hold, whole = excluded.whole"
    " WHERE carrier.service = excluded.service"
)


def end_process(error: BaseException) -> None:
    """What is on disk is no longer known: end at once, answering nobody."""
    os._exit(70)  # EX_SOFTWARE


class _Engine(NamedTuple):
    lock: EngineLock
    checkpointer: Checkpointer


class SqliteStore:
    """Made by `SqliteStore.open` or `join`, inside the event loop that will use it."""

    def __init__(self, path: Path, writer: Writes, engine: _Engine | None) -> None:
        """`engine`: what this process has as the one that writes."""
        self._engine = engine
        self._writer = writer
        self._read = reader = Reader(path, "reader")
        self._look = looker = Reader(path, "looker")
        mark = MarkFile(path)
        self._newest = reads.last_id(reader.db)
        self._alone = engine is not None  # nobody else gives out ids
        key: bytes = reader.db.execute("SELECT id_key FROM gateway").get
        self._statuses = reader.together(reads.statuses)
        self._last_id = reader.together(reads.last_ids)
        self.public_ids = PublicIds(key)
        self.session_key = derived(key, "sessions")
        self.files = SqliteFiles(looker)
        self.history = SqliteHistory(looker)
        self.listing = SqliteListing(looker)
        self.inbox = SqliteInbox(writer, reader, looker, self._told)
        self.office = SqliteOffice(writer, reader, looker)
        self.restoring = SqliteRestoring(writer, reader, mark, self._told)
        self.books = SqliteBooks(writer, looker)
        self.persons = SqlitePersons(writer, looker, derived(key, "erasures"))

    @classmethod
    async def open(
        cls,
        path: Path,
        now: datetime,
        *,
        patience: float = 3.0,
        on_death: Callable[[BaseException], None] = end_process,
        observe: Callable[[int, float], None] = lambda calls, seconds: None,
    ) -> SqliteStore:
        """Raises `DatabaseInUse` when another process has the file for `patience` seconds more (one that was
        just killed may take a moment to go), `StoreError` when it can't be opened."""
        await asyncio.to_thread(make_folder, path.parent)
        lock = await asyncio.to_thread(EngineLock, path, patience)
        db = await asyncio.to_thread(open_writer, path)
        await asyncio.to_thread(_recover, db, to_ms(now))
        checkpointer = Checkpointer(path, on_death)
        checkpointer.watch(db)
        writer = Writer(db, checkpointer, on_death, observe=observe)
        return cls(path, writer, _Engine(lock, checkpointer))

    @classmethod
    def join(cls, path: Path, writer: Writes) -> SqliteStore:
        """Of a file that another process has opened: this one reads it, and what is to be written goes by
        that one's writer."""
        return cls(path, writer, None)

    def lend(self) -> Writes:
        """The writer, for processes that join: from now on they give out ids as well."""
        self._alone = False
        return self._writer

    async def close(self) -> None:
        with suppress(StoreUnavailable):  # it is behind then, which does no harm
            await self.restoring.tick()
        await self._writer.close()
        await asyncio.gather(self._statuses.settle(), self._last_id.settle())
        self._read.close()
        self._look.close()
        if self._engine is not None:
            await asyncio.to_thread(self._engine.checkpointer.close)
            self._engine.lock.release()

    async def carrier_ids(self, carriers: Sequence[CarrierTerms]) -> dict[str, int]:
        return await self._writer.call(_carrier_ids, carriers)

    async def share_links(self, turn: LinkTurn) -> LinkShare:
        return await self._writer.call(links.share_links, turn)

    async def accept(self, draft: Draft) -> int | None:
        message_id = await self._writer.call(accept.accept, draft, draft.octets)
        self._told(message_id or 0)
        return message_id

    async def accept_bundle(self, draft: BundleDraft) -> int | None:
        bundle_id = await self._writer.call(bundles.accept_bundle, draft)
        if bundle_id is not None:
            self._told(bundle_id + draft.count)
        return bundle_id

    def _told(self, id: int) -> None:
        if id > self._newest:
            self._newest = id

    async def lease(self, request: LeaseRequest) -> list[LeasedMessage]:
        return await self._writer.call(lease.lease, request)

    async def record(self, batch: Sequence[Outcome]) -> int:
        return await self._writer.call(outcomes.record, batch)

    async def receive(self, batch: Sequence[Receipt]) -> int:
        return await self._writer.call(receipts.receive, batch)

    async def advance(self, now: datetime) -> int:
        if not await self._read(bundles.some_work):
            return 0
        return await self._writer.call(bundles.advance, now)

    async def promote(self, now: datetime) -> int:
        if not await self._read(schedule.some_due, to_ms(now)):
            return 0
        return await self._writer.call(schedule.promote, now)

    async def move(self, move: Move) -> int:
        return await self._writer.call(moves.move, move)

    async def cancel(self, account_id: int, message_id: int, now: datetime) -> bool:
        return await self._writer.call(schedule.cancel, Cancel(account_id, message_id, now))

    async def cancel_bundle(self, account_id: int, bundle_id: int, now: datetime) -> bool:
        return await self._writer.call(schedule.cancel_bundle, Cancel(account_id, bundle_id, now))

    async def decide(self, decision: Decision) -> list[int]:
        return await self._writer.call(held.decide, decision)

    async def sweep(self, now: datetime, *, leases: bool = True) -> Swept:
        swept = await self._writer.call(sweep.sweep, (now, leases))
        await self.restoring.tick()
        return swept

    async def walk(self, now: datetime, after: int) -> Walked:
        queues, late, on = await self._look(reads.walk, to_ms(now), after)
        expired = await self._writer.call(sweep.expire_late, (late, to_ms(now))) if late else 0
        return Walked(queues, expired, on)

    async def keep_runs(self, now: datetime) -> bool:
        return await self._look(recipients.some_to_do) and await self._writer.call(recipients.keep_runs, None)

    async def forget(self, now: datetime, after: Awaited) -> Forgotten:
        rows, on = await self._look(sweep.stale, to_ms(now), after)
        return Forgotten(await self._writer.call(sweep.forget, rows) if rows else 0, on)

    async def fold(self) -> bool:
        return await self._read(traffic.some) and await self._writer.call(traffic.fold, None)

    async def drop(self, one: Erase) -> int:
        return 0

    async def erase(self, one: Erase) -> Erased:
        found = await self._look(retention.look, one)
        return await self._writer.call(retention.erase, one) if found.rows else found

    async def see(self, now: datetime) -> int | None:
        return await self._writer.call(seen.see, now)

    async def doubted(self) -> int | None:
        last = await self._read(seen.last)
        return last.doubted if last else None

    async def forget_traffic(self, now: datetime) -> int:
        return await self._writer.call(traffic.forget, now)

    async def create_account(self, new: NewAccount) -> Account | None:
        return await self._writer.call(accounts.create, new)

    async def change_account(self, change: AccountChange) -> Account | None:
        return await self._writer.call(accounts.change, change)

    async def top_up(self, one: TopUp) -> int | None:
        return await self._writer.call(accounts.top_up, one)

    async def correct(self, one: TopUp) -> int | None:
        return await self._writer.call(accounts.correct, one)

    async def account(self, name: str) -> Account | None:
        return await self._read(accounts.find, name)

    async def accounts(self) -> list[AccountLine]:
        return await self._look(accounts.listing)

    async def balance(self, account_id: int) -> int:
        return await self._read(accounts.balance, account_id)

    async def newest_id(self) -> int:
        return self._newest if self._alone else await self._last_id(None)

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
        return await self._look(held.listing, page)

    async def held_counts(self) -> dict[str, int]:
        return await self._look(held.counts)

    async def links(self) -> list[LinkLine]:
        return await self._look(links.links)

    async def carrier_states(self, now: datetime) -> list[CarrierState]:
        return await self._read(links.carrier_states, to_ms(now))

    async def queued(self, page: QueuePage) -> list[Queued]:
        return await self._look(moves.queued, page)

    async def backlog(self, after: int) -> Counted:
        return await self._look(reads.backlog, after)

    async def traffic(self, query: TrafficQuery) -> list[Traffic]:
        return await self._look(traffic.read, query)


def _recover(db: apsw.Connection, now: int) -> None:
    with db:
        links.free_links(db)
        callbacks.free_leases(db)
    if restoring.is_backup(db):
        return  # whoever had leased it ran on: it is all held
    recovered = 0
    while True:
        with db:
            ended = sweep.recover(db, now)
        if not ended:
            break
        recovered += ended
    if recovered:
        _log.warning(
            "%d messages were with the network when the last process died; they are sent again, and phones"
            " may get them twice, but for those of carriers that hold them: see `kavle held list`",
            recovered,
        )


def _carrier_ids(db: apsw.Connection, wanted: Sequence[Sequence[CarrierTerms]]) -> list[dict[str, int]]:
    for one in (one for carriers in wanted for one in carriers):
        db.execute(_CARRIER, (one.name, one.hold, one.whole, int(one.service)))
    known = {(name, service): id for name, service, id in db.execute("SELECT name, service, id FROM carrier")}
    return [
        {one.name: known[key] for one in carriers if (key := (one.name, int(one.service))) in known}
        for carriers in wanted
    ]
