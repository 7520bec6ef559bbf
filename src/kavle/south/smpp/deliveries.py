"""What the network brings: acknowledged once it is on disk, and not before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from kavle.core.carrier import CarrierEvents
from kavle.model.errors import Refusal
from kavle.model.message import Receipt
from kavle.south.smpp.client import Client
from kavle.south.sparse import SparseLog
from kavle.wire.smpp.constants import CommandStatus
from kavle.wire.smpp.events import Delivered
from kavle.wire.smpp.pdus import DataSm, DataSmResp, DeliverSm, DeliverSmResp

MOST_OPEN: Final = 2_000
"""Receipts that may wait to be stored before no more is read."""

ReadReceipt = Callable[[DeliverSm | DataSm, datetime], Receipt | None]
"""`kavle.south.smpp.receipts.receipt_of` for one carrier."""

_DELIVER_SM_RESP: Final = DeliverSmResp()
_DATA_SM_RESP: Final = DataSmResp()


class Deliveries:
    """Of one link. The receipts of one read are stored and answered together, those of the next read need
    not wait for it, and all reach the core in the order of the wire."""

    def __init__(self, client: Client, read: ReadReceipt, events: CarrierEvents, log: Any) -> None:
        self._client = client
        self._read = read
        self._events = events
        self._log = SparseLog(log)
        self._open = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, batch: Sequence[Delivered], at: datetime) -> None:
        """Answers go out with the client's next flush."""
        receipts: list[Receipt] = []
        waiting: list[Delivered] = []
        for delivered in batch:
            receipt = self._read(delivered.message, at)
            if receipt is None:
                self._log.warning("an incoming message is left with the network: nothing here takes it")
                self._answer(delivered, CommandStatus.ESME_RX_T_APPN)
            elif not receipt.network_id:
                # Acknowledged, since it would be as unreadable each time that it came.
                self._log.warning("a receipt without a readable id is dropped")
                self._answer(delivered)
            else:
                receipts.append(receipt)
                waiting.append(delivered)
        if receipts:
            self._open += len(receipts)
            self._client.swamp(self._open > MOST_OPEN)
            task = asyncio.create_task(self._store(receipts, waiting))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def settle(self, seconds: float) -> None:
        """Wait, so long at most, until those that have come are answered."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)

    async def _store(self, receipts: Sequence[Receipt], waiting: Sequence[Delivered]) -> None:
        status = 0
        try:
            await self._events.receipts(receipts)
        except Refusal as refusal:
            self._log.warning(
                "receipts are left with the network", receipts=len(receipts), error=str(refusal)
            )
            status = CommandStatus.ESME_RX_T_APPN
        finally:
            self._open -= len(receipts)
            if self._open <= MOST_OPEN // 2:
                self._client.swamp(False)
        for delivered in waiting:
            self._answer(delivered, status)
        self._client.flush()

    def _answer(self, delivered: Delivered, status: int = 0) -> None:
        body = _DELIVER_SM_RESP if isinstance(delivered.message, DeliverSm) else _DATA_SM_RESP
        self._client.session.respond(delivered.sequence, body, status)
