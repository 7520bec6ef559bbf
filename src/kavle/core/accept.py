"""Commit 1: an order becomes a priced draft without any I/O, then one awaited commit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Final

import structlog

from kavle.clock import Clock
from kavle.core.allowance import Allowance
from kavle.core.bundle_order import (
    MOST_RECIPIENTS,
    BundleOrder,
    Quote,
    addressed,
    bundle_draft,
    destinations,
    pieces,
    quotable,
    quoted,
)
from kavle.core.crowd import Crowd
from kavle.core.failover import Failover
from kavle.core.mms_order import MmsOrder, mms_draft, mms_refusals
from kavle.core.order import SmsOrder, draft
from kavle.core.terms import Terms
from kavle.logs import telling
from kavle.metrics import Metrics
from kavle.model.account import Account
from kavle.model.bundle import NOWHERE, BundleDraft, Destination
from kavle.model.errors import Reason, Refusal
from kavle.model.message import Draft, Priority
from kavle.store.errors import RowRefused, StoreUnavailable
from kavle.store.store import Store

_AT_ONCE: Final = 500
"""Recipients that are read before others have a turn: 1.5 ms. A thread would hold them up for longer, since
it gives the interpreter's lock back but every 5 ms."""
MOST_IN_HAND: Final = 5 * MOST_RECIPIENTS
"""Recipients of bundles that are read and not yet stored, some 150 bytes each."""

_log = structlog.get_logger("kavle.accept")


class Accept:
    """`await accept.sms(account, order)` answers the public id once the message is on disk."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        terms: Terms,
        failover: Failover,
        metrics: Metrics,
        wake: Callable[[int, bool], None],
        expand: Callable[[], None] = lambda: None,
        *,
        waiting: int = 800,
    ) -> None:
        """`wake(carrier, urgent)` is told of each message that is on disk, `expand` of each bundle. So many
        as `waiting` may wait for their commit: where there are more, their callers have long left."""
        self._store = store
        self._clock = clock
        self._terms = terms
        self._failover = failover
        self._metrics = metrics
        self._wake = wake
        self._expand = expand
        self._allowance = Allowance()
        self._waiting = Crowd(waiting, "messages and bundles")
        self._recipients = Crowd(MOST_IN_HAND, "recipients")
        self._counting = _Counting(metrics)
        self._telling = telling()

    @property
    def has_mms(self) -> bool:
        """Whether there is any route of MMS."""
        return bool(self._terms.mms.routes.items())

    async def sms(self, account: Account, order: SmsOrder) -> int:
        """Raises `Refusal`, in the contract's order of checks; whatever is refused stores and debits
        nothing."""
        began = time.perf_counter()
        with self._counting:
            message = draft(account, order, self._terms, self._clock.now(), self._failover.out)
            return await self._single(account, message, began)

    async def mms(self, account: Account, order: MmsOrder) -> int:
        """As `sms`."""
        began = time.perf_counter()
        with self._counting:
            with self._waiting.room():
                # Files are looked through for what they are: a tenth of a second, where someone means ill.
                message = await asyncio.to_thread(
                    mms_draft, account, order, self._terms, self._clock.now(), self._failover.out
                )
            return await self._single(account, message, began)

    async def mms_refusals(self, account: Account, order: MmsOrder) -> list[Refusal]:
        """All that is wrong with an order that `mms` refused, as far as the database is not asked."""
        return await asyncio.to_thread(mms_refusals, account, order, self._terms)

    async def bundle(self, account: Account, order: BundleOrder) -> int:
        """The bundle's public id. Raises `Refusal`; a wrong number among others is no reason."""
        with self._counting, self._waiting.room(), self._recipients.room(pieces(order)):
            bundle = await self._bundle_draft(account, order)
            self._allowance.take(account, len(bundle.destinations), bundle.accepted_at)
            bundle_id = await _stored(self._store.accept_bundle(bundle))
        self._expand()
        self._metrics.accepted += len(bundle.destinations)
        if self._telling:
            _log.debug(
                "bundle", message_id=bundle_id, account=account.name, messages=len(bundle.destinations)
            )
        return self._store.public_ids.public(bundle_id)

    async def quote(self, account: Account, order: BundleOrder) -> Quote:
        """What an order that is still being written would come to, by the code that would accept it. Raises
        `Refusal` for a text that could not be sent, and for too many recipients."""
        draft = quotable(account, order, self._terms, self._clock.now())
        with self._recipients.room(pieces(order)):
            return quoted(draft, await self._destinations(account, order, draft), self._terms)

    async def _single(self, account: Account, message: Draft, began: float) -> int:
        if account.settings.stop_list and await self._stopped(account, [message.recipient]):
            raise Refusal(Reason.RECIPIENT, "the recipient is on the account's stop list")
        with self._waiting.room():
            self._allowance.take(account, 1, message.accepted_at)
            message_id = await _stored(self._store.accept(message))
        self._wake(message.carrier_id, message.priority == Priority.URGENT)
        self._metrics.accepted += 1
        self._metrics.accept_seconds.observe(time.perf_counter() - began)
        if self._telling:
            _log.debug("accepted", message_id=message_id, account=account.name, segments=message.segments)
        return self._store.public_ids.public(message_id)

    async def _bundle_draft(self, account: Account, order: BundleOrder) -> BundleDraft:
        draft = bundle_draft(account, order, self._terms, self._clock.now())
        return addressed(draft, await self._destinations(account, order, draft), self._terms)

    async def _destinations(
        self, account: Account, order: BundleOrder, draft: BundleDraft
    ) -> list[Destination]:
        each = destinations(account, order, draft, self._terms, self._failover.out)
        found: list[Destination] = []
        while some := list(islice(each, _AT_ONCE)):
            found += await self._open_to(account, some) if account.settings.stop_list else some
            if len(found) > MOST_RECIPIENTS:
                raise Refusal(Reason.PARAMETER, f"a bundle has at most {MOST_RECIPIENTS} recipients")
            await asyncio.sleep(0)
        return found

    async def _open_to(self, account: Account, some: list[Destination]) -> list[Destination]:
        """Who is on the account's stop list is as one that no route leads to."""
        stopped = await self._stopped(account, [one.recipient for one in some])
        return [Destination(one.recipient, NOWHERE, 0) if one.recipient in stopped else one for one in some]

    async def _stopped(self, account: Account, recipients: list[str]) -> frozenset[str]:
        try:
            return await self._store.inbox.stopped(account.id, recipients)
        except StoreUnavailable as error:
            raise Refusal(Reason.UNAVAILABLE, str(error)) from error


class _Counting:
    """Counts the refusals that end what is done within."""

    def __init__(self, metrics: Metrics) -> None:
        self._refused = metrics.refused

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Refusal):
            self._refused[error.reason.name.lower()] += 1


async def _stored(commit: Awaitable[int | None]) -> int:
    try:
        id = await commit
    except (StoreUnavailable, RowRefused) as error:
        raise Refusal(Reason.UNAVAILABLE, str(error)) from error
    if id is None:
        raise Refusal(Reason.BALANCE)
    return id
