"""A walk through the queue, so many messages at a time, however long it is: what is past its validity ends,
and what there is is counted."""

from __future__ import annotations

from datetime import datetime

import structlog

from kavle.metrics import Metrics
from kavle.store.store import Store
from kavle.store.types import Queue

_log = structlog.get_logger("kavle.sweep")


class Census:
    """`step` after `step`; the metrics are told when one has come to the end, and the next begins anew."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics
        self._after = 0
        self._queues: dict[int, Queue] = {}

    async def step(self, now: datetime) -> bool:
        """Whether that was the end. Raises `StoreUnavailable`."""
        walked = await self._store.walk(now, self._after)
        if walked.expired:
            _log.info("messages expired here", messages=walked.expired)
        for queue in walked.queues:
            before = self._queues.get(queue.priority)
            self._queues[queue.priority] = before + queue if before else queue
        self._after = walked.after or 0
        if walked.after is None:
            self._tell(now)
        return walked.after is None

    def _tell(self, now: datetime) -> None:
        queues = self._queues.values()
        self._metrics.queued = {str(one.priority): one.messages for one in queues}
        self._metrics.oldest_queued = {
            str(one.priority): (now - one.oldest).total_seconds() for one in queues
        }
        self._queues = {}
