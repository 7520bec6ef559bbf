"""What the network brings: acknowledged once it is on disk, and not before."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from kavle.core.carrier import CarrierEvents
from kavle.model.errors import Refusal
from kavle.model.incoming import Piece
from kavle.model.message import Receipt
from kavle.south.smpp.client import Client
from kavle.south.sparse import SparseLog
from kavle.wire.smpp.constants import CommandStatus
from kavle.wire.smpp.events import Delivered
from kavle.wire.smpp.pdus import DataSm, DataSmResp, DeliverSm, DeliverSmResp

MOST_OPEN: Final = 2_000
"""Receipts and messages that may wait to be stored before no more is read."""

T = TypeVar("T")
Keep = Callable[[Sequence[T]], Awaitable[None]]
ReadReceipt = Callable[[DeliverSm | DataSm, datetime], Receipt | None]
"""`kavle.south.smpp.receipts.receipt_of` for one carrier."""
ReadPiece = Callable[[DeliverSm | DataSm, datetime], Piece]
"""`kavle.south.smpp.incoming.piece_of` for one carrier."""

_DELIVER_SM_RESP: Final = DeliverSmResp()
_DATA_SM_RESP: Final = DataSmResp()


class Deliveries:
    """Of one link. What one read brings is stored and answered together, what the next read brings need not
    wait for it, and all reaches the core in the order of the wire."""

    def __init__(
        self,
        client: Client,
        read_receipt: ReadReceipt,
        read_piece: ReadPiece,
        events: CarrierEvents,
        log: Any,
    ) -> None:
        self._client = client
        self._read_receipt = read_receipt
        self._read_piece = read_piece
        self._events = events
        self._log = SparseLog(log)
        self._open = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, batch: Sequence[Delivered], at: datetime) -> None:
        """Answers go out with the client's next flush."""
        receipts: list[tuple[Receipt, Delivered]] = []
        pieces: list[tuple[Piece, Delivered]] = []
        for delivered in batch:
            receipt = self._read_receipt(delivered.message, at)
            if receipt is None:
                self._take_piece(delivered, at, pieces)
            elif not receipt.network_id:
                # Acknowledged, since it would be as unreadable each time that it came.
                self._log.warning("a receipt without a readable id is dropped")
                self._answer(delivered)
            else:
                receipts.append((receipt, delivered))
        self._keep("receipts", self._events.receipts, receipts)
        self._keep("incoming messages", self._events.messages, pieces)

    def _take_piece(self, delivered: Delivered, at: datetime, pieces: list[tuple[Piece, Delivered]]) -> None:
        try:
            pieces.append((self._read_piece(delivered.message, at), delivered))
        except ValueError as error:
            # It would be as unreadable each time that it came.
            self._log.warning("an incoming message can't be read and is refused", error=str(error))
            self._answer(delivered, CommandStatus.ESME_RX_P_APPN)

    def _keep(self, what: str, keep: Keep[T], brought: Sequence[tuple[T, Delivered]]) -> None:
        if not brought:
            return
        self._open += len(brought)
        self._client.swamp(self._open > MOST_OPEN)
        task = asyncio.create_task(self._store(what, keep, brought))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self, seconds: float) -> None:
        """Wait, so long at most, until those that have come are answered."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)

    async def _store(self, what: str, keep: Keep[T], brought: Sequence[tuple[T, Delivered]]) -> None:
        status = 0
        try:
            await keep([one for one, _ in brought])
        except Refusal as refusal:
            self._log.warning(f"{what} are left with the network", count=len(brought), error=str(refusal))
            status = CommandStatus.ESME_RX_T_APPN
        finally:
            self._open -= len(brought)
            if self._open <= MOST_OPEN // 2:
                self._client.swamp(False)
        for _, delivered in brought:
            self._answer(delivered, status)
        self._client.flush()

    def _answer(self, delivered: Delivered, status: int = 0) -> None:
        body = _DELIVER_SM_RESP if isinstance(delivered.message, DeliverSm) else _DATA_SM_RESP
        self._client.session.respond(delivered.sequence, body, status)
