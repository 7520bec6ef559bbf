"""Commit 4: delivery receipts, whichever way they came."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from kavle.logs import telling
from kavle.metrics import Metrics
from kavle.model.errors import Reason, Refusal
from kavle.model.message import Receipt
from kavle.store.errors import StoreUnavailable
from kavle.store.store import Store

PATIENCE: Final = 5.0
"""Seconds for the commit; then the network is asked to come again."""

_log = structlog.get_logger("kavle.dispatch")


class Receipts:
    def __init__(self, store: Store, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics
        self._telling = telling()

    async def keep(self, batch: Sequence[Receipt]) -> None:
        """As `CarrierEvents.receipts`."""
        try:
            async with asyncio.timeout(PATIENCE):
                matched = await self._store.receive(batch)
        except (StoreUnavailable, TimeoutError) as error:
            raise Refusal(Reason.UNAVAILABLE, "the receipts could not be kept") from error
        if self._telling:
            for receipt in batch:
                _log.debug("receipt", network_id=receipt.network_id, status=receipt.status)
        self._metrics.receipts["matched"] += matched
        self._metrics.receipts["waiting"] += len(batch) - matched
