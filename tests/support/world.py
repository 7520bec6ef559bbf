"""A store with an account and a carrier, a clock that stands still, and short words for its stories."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kavle.clock import SetClock
from kavle.model.account import Account
from kavle.model.bundle import NOWHERE, BundleDraft, Destination
from kavle.model.message import (
    Accepted,
    Draft,
    Lease,
    LeasedMessage,
    Outcome,
    Receipt,
    Refused,
    Result,
    Unsent,
    Unsure,
)
from kavle.model.money import UNIT
from kavle.model.status import Status
from kavle.sms.segment import measure
from kavle.store.sqlite.store import SqliteStore
from kavle.store.types import CarrierTerms, LeaseRequest, NewAccount, Queue
from support.books import Place

RECIPIENT = "46701740605"
REFUSED = Refused(Status.NETWORK_FAILED, retryable=False, error="ESME_RSUBMITFAIL")
THROTTLED = Refused(Status.NETWORK_FAILED, retryable=True, error="ESME_RTHROTTLED")
LOST = Unsure("the link died")
TELIA = CarrierTerms("telia")

__all__ = ["LOST", "RECIPIENT", "REFUSED", "THROTTLED", "Accepted", "Place", "Unsent", "World"]


class World:
    """One store and the words of its stories."""

    def __init__(self, store: Any, clock: SetClock, account: Account, carrier_id: int, whole: bool) -> None:
        self.store = store
        self.clock = clock
        self.account = account
        self.carrier_id = carrier_id
        self.whole = whole  # its receipts are about whole messages

    def draft(
        self,
        text: str = "Testar",
        *,
        account: Account | None = None,
        priority: int = 2,
        due: datetime | None = None,
    ) -> Draft:
        encoding, segments = measure(text)
        return Draft(
            account_id=(account or self.account).id,
            recipient=RECIPIENT,
            sender="ip1",
            text=text,
            encoding=encoding,
            segments=segments,
            flash=False,
            priority=priority,
            segment_price=UNIT,
            carrier_id=self.carrier_id,
            accepted_at=self.clock.now(),
            expires_at=(due or self.clock.now()) + timedelta(hours=48),
            due=due,
        )

    def later(self, **by: float) -> datetime:
        """`world.later(hours=1)`, without moving the clock."""
        return self.clock.now() + timedelta(**by)

    def bundle_draft(
        self,
        recipients: int | Sequence[str] = 3,
        text: str = "Till alla",
        *,
        account: Account | None = None,
        priority: int = 2,
        due: datetime | None = None,
    ) -> BundleDraft:
        """To so many numbers, or to these; what is not digits leads nowhere."""
        encoding, segments = measure(text)
        if isinstance(recipients, int):
            recipients = [f"4670{number:07}" for number in range(recipients)]
        return BundleDraft(
            account_id=(account or self.account).id,
            sender="ip1",
            text=text,
            encoding=encoding,
            segments=segments,
            priority=priority,
            accepted_at=self.clock.now(),
            expires_at=(due or self.clock.now()) + timedelta(hours=48),
            due=due,
            destinations=tuple(
                Destination(one, self.carrier_id, UNIT) if one.isdigit() else Destination(one, NOWHERE, 0)
                for one in recipients
            ),
        )

    async def accept_bundle(self, recipients: int | Sequence[str] = 3, **how: Any) -> int:
        bundle_id = await self.store.accept_bundle(self.bundle_draft(recipients, **how))
        assert bundle_id is not None
        return bundle_id

    async def bundle(self, bundle_id: int) -> list[int]:
        """The ids of its messages."""
        found = await self.store.bundle(bundle_id)
        assert found is not None
        assert [await self.store.status(id) for id, _ in found[:10]] == [status for _, status in found[:10]]
        return [id for id, _ in found]

    async def statuses(self, bundle_id: int) -> list[int]:
        found = await self.store.bundle(bundle_id)
        assert found is not None
        return [int(status) for _, status in found]

    async def cancel(self, message_id: int, account: Account | None = None) -> bool:
        return await self.store.cancel((account or self.account).id, message_id, self.clock.now())

    async def cancel_bundle(self, bundle_id: int, account: Account | None = None) -> bool:
        return await self.store.cancel_bundle((account or self.account).id, bundle_id, self.clock.now())

    async def accept(self, text: str = "Testar", **how: object) -> int:
        message_id = await self.store.accept(self.draft(text, **how))  # type: ignore[arg-type]
        assert message_id is not None
        return message_id

    async def lease(
        self, room: int = 100, seconds: float = 60, kept: int = 0, owed: Mapping[int, int] | None = None
    ) -> list[LeasedMessage]:
        now = self.clock.now()
        token = secrets.randbits(62)
        until = now + timedelta(seconds=seconds)
        request = LeaseRequest(self.carrier_id, room, token, now, until, kept, dict(owed or {}))
        return await self.store.lease(request)

    async def answer(self, lease: Lease, *results: Result, first: int = 1) -> int:
        now = self.clock.now()
        return await self.store.record(
            [Outcome(lease, number, result, now) for number, result in enumerate(results, start=first)]
        )

    async def sweep(self) -> None:
        """What time does each second: leases end, and what is due becomes ready."""
        await self.store.sweep(self.clock.now())
        await self.promote()

    async def watch(self) -> None:
        """As if the clock had been looked at all the time until now."""
        for (at,) in await self.rows("SELECT at FROM seen"):
            seen, now = datetime.fromtimestamp(int(str(at)) / 1000, UTC), self.clock.now()
            days = range(1, (now - seen).days + 1)
            await asyncio.gather(*(self.store.see(seen + timedelta(days=day)) for day in days))

    async def expire(self, now: datetime) -> int:
        """Through the whole queue; how many ended."""
        expired, after = 0, 0
        while True:
            walked = await self.store.walk(now, after)
            expired += walked.expired
            if walked.after is None:
                return expired
            after = walked.after

    async def queues(self) -> list[Queue]:
        """Of a queue of one stretch."""
        walked = await self.store.walk(self.clock.now(), 0)
        assert walked.after is None
        return sorted(walked.queues, key=lambda queue: queue.priority)

    async def promote(self) -> int:
        return await self._drain(self.store.promote)

    async def advance(self) -> int:
        return await self._drain(self.store.advance)

    async def _drain(self, verb: Any) -> int:
        total = 0
        while done := await verb(self.clock.now()):
            total += done
        return total

    async def receipt(
        self, network_id: str, status: Status | None = Status.DELIVERED, recipient: str = RECIPIENT
    ) -> int:
        return await self.receipts([(network_id, status)], recipient)

    async def receipts(self, told: Sequence[tuple[str, Status | None]], recipient: str = RECIPIENT) -> int:
        now = self.clock.now()
        return await self.store.receive(
            [
                Receipt(self.carrier_id, id, recipient, status, f"id:{id}", now, self.whole)
                for id, status in told
            ]
        )

    async def send(self, text: str = "Testar", *network_ids: str) -> int:
        """Accepted, leased, and taken by the network under these ids."""
        message_id = await self.accept(text)
        (leased,) = await self.lease()
        await self.answer(leased.lease, *[Accepted(id) for id in network_ids])
        return message_id

    async def close(self) -> None:
        await self.store.close()

    async def story(self, message_id: int) -> list[int]:
        story = await self.store.story(message_id)
        assert story is not None
        assert story.status == story.told[-1][0]
        return [int(status) for status, _ in story.told]

    async def credits(self) -> float:
        return await self.store.balance(self.account.id) / UNIT

    async def rows(self, sql: str) -> list[tuple[object, ...]]:
        if isinstance(self.store, SqliteStore):
            return await self.store._read(lambda db: list(db.execute(sql)))
        return [tuple(row) for row in await self.store._pool.fetch(sql)]


async def open_world(place: Place, clock: SetClock, terms: CarrierTerms = TELIA) -> World:
    store = await open_store(place, clock)
    carriers = await store.carrier_ids([terms])
    account = await store.account("test") or await store.create_account(
        NewAccount("test", "not a hash", 100 * UNIT, clock.now())
    )
    assert account is not None
    return World(store, clock, account, carriers[terms.name], terms.whole)


async def open_store(place: Place, clock: SetClock) -> Any:
    if isinstance(place, Path):
        return await SqliteStore.open(place, clock.now())
    from kavle.store.postgres.store import PostgresStore

    return await PostgresStore.open(place)
