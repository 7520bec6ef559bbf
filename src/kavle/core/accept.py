"""Commit 1: an order becomes a priced draft without any I/O, then one awaited commit."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import structlog

from kavle.clock import Clock
from kavle.core.order import SmsOrder, Terms, draft
from kavle.logs import telling
from kavle.metrics import Metrics
from kavle.model.account import Account
from kavle.model.errors import Reason, Refusal
from kavle.model.message import Priority
from kavle.store.errors import RowRefused, StoreUnavailable
from kavle.store.store import Store

_log = structlog.get_logger("kavle.accept")


class Accept:
    """`await accept.sms(account, order)` answers the public id once the message is on disk."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        terms: Terms,
        metrics: Metrics,
        wake: Callable[[int, bool], None],
    ) -> None:
        """`wake(carrier, urgent)` is told of each message that is on disk."""
        self._store = store
        self._clock = clock
        self._terms = terms
        self._metrics = metrics
        self._wake = wake
        self._telling = telling()

    async def sms(self, account: Account, order: SmsOrder) -> int:
        """Raises `Refusal`, in the contract's order of checks; whatever is refused stores and debits
        nothing."""
        started = time.perf_counter()
        try:
            sms = draft(account, order, self._terms, self._clock.now())
            message_id = await _stored(self._store.accept(sms))
        except Refusal as refusal:
            self._metrics.refused[refusal.reason.name.lower()] += 1
            raise
        self._wake(sms.carrier_id, sms.priority == Priority.URGENT)
        self._metrics.accepted += 1
        self._metrics.accept_seconds.observe(time.perf_counter() - started)
        if self._telling:
            _log.debug("accepted", message_id=message_id, account=account.name, segments=sms.segments)
        return self._store.public_ids.public(message_id)


async def _stored(commit: Awaitable[int | None]) -> int:
    try:
        id = await commit
    except (StoreUnavailable, RowRefused) as error:
        raise Refusal(Reason.UNAVAILABLE, str(error)) from error
    if id is None:
        raise Refusal(Reason.BALANCE)
    return id
