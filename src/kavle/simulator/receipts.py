"""Delivery receipts as they go to the ESME."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Final

import msgspec

from kavle.simulator.counts import Counts
from kavle.simulator.journal import ReceiptAnswered, ReceiptSent
from kavle.wire.smpp.constants import (
    ESM_UDHI,
    RECEIPT_ALWAYS,
    RECEIPT_MASK,
    RECEIPT_ON_FAILURE,
    MessageState,
)
from kavle.wire.smpp.data_coding import ALPHABETS, Alphabet
from kavle.wire.smpp.fields import NO_TLVS
from kavle.wire.smpp.pdus import DeliverSm, SubmitSm
from kavle.wire.smpp.receipt import format_receipt, receipt_for, receipt_tlvs

_EXCERPT: Final = 20  # characters, Appendix B
_ID: Final = "ID"


class Receipt(msgspec.Struct, gc=False):
    """What became of a message."""

    id: str
    message: SubmitSm
    submitted: datetime
    done: datetime
    state: MessageState
    err: int
    attempts: int = 0

    def pdu(self, with_tlvs: bool) -> DeliverSm:
        before, behind = _around_id(self.state, self.err, self.submitted, self.done)
        text = before + self.id.encode() + behind + _excerpt(self.message)
        tlvs = receipt_tlvs(self.id, self.state) if with_tlvs else NO_TLVS
        return receipt_for(self.message, text, tlvs)

    def sent(self, counts: Counts) -> None:
        counts.receipts_sent += 1

    def answered(self, counts: Counts, status: int | None) -> bool:
        """Real networks send a receipt again whatever error it was answered with."""
        if status == 0:
            counts.receipts_acked += 1
            return False
        counts.receipts_refused += 1
        return True

    def given_up(self, counts: Counts) -> None:
        counts.receipts_given_up += 1

    def sent_entry(self, at: datetime, connection: int) -> ReceiptSent:
        return ReceiptSent(at, connection, self.id, self.state, self.attempts)

    def answered_entry(self, at: datetime, connection: int, status: int) -> ReceiptAnswered:
        return ReceiptAnswered(at, connection, self.id, status)


def is_wanted(message: SubmitSm, state: MessageState) -> bool:
    """A receipt that tells of this state. SMPP 3.4 §5.2.17"""
    wanted = message.registered_delivery & RECEIPT_MASK
    failed = state is not MessageState.DELIVERED
    return wanted == RECEIPT_ALWAYS or (wanted == RECEIPT_ON_FAILURE and failed)


@lru_cache(maxsize=256)
def _around_id(state: MessageState, err: int, submitted: datetime, done: datetime) -> tuple[bytes, bytes]:
    """A receipt's text before and behind its id: all else is the same for the messages of one read."""
    before, _, behind = format_receipt(_ID, state, submitted, done, err=err).partition(_ID.encode())
    return before, behind


def _excerpt(message: SubmitSm) -> bytes:
    """Appendix B wants the first characters of the message; a header or UTF-16 would only be noise."""
    plain = ALPHABETS[message.data_coding] in (Alphabet.GSM7, Alphabet.LATIN1)
    return message.short_message[:_EXCERPT] if plain and not message.esm_class & ESM_UDHI else b""
