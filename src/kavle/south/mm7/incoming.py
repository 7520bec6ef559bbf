"""From what an MMSC sends to what the core keeps: pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kavle.model.message import Receipt
from kavle.model.mms import IncomingMms
from kavle.south.mm7.addresses import ours_of, told
from kavle.south.mm7.content import files_of
from kavle.south.mm7.outcomes import delivery_status, read_status
from kavle.wire.mm7 import DeliverReq, DeliveryReportReq, ReadReplyReq

LONGEST_ID: Final = 256
"""Characters of a MessageID or TransactionID: the standard says nothing of their length."""

_LONGEST_SUBJECT: Final = 1000
_LONGEST_WORD: Final = 200  # of others that are kept as they came


def messages_of(request: DeliverReq, carrier_id: int, number: str, at: datetime) -> list[IncomingMms]:
    """One for each number that it is to. `number`: ours, where it does not say."""
    files = files_of(request.content)
    return [
        IncomingMms(
            carrier_id=carrier_id,
            transaction=request.transaction[:LONGEST_ID],
            sender=told(request.sender),
            recipient=recipient,
            subject=request.subject[:_LONGEST_SUBJECT],
            message_class=request.message_class[:_LONGEST_WORD],
            priority=request.priority[:_LONGEST_WORD],
            version=request.version.number[:_LONGEST_WORD],
            at=at,
            files=files,
        )
        for recipient in ours_of((*request.to, *request.cc, *request.bcc), number)
    ]


def receipt_of(report: DeliveryReportReq | ReadReplyReq, carrier_id: int, at: datetime) -> Receipt:
    delivery = isinstance(report, DeliveryReportReq)
    status = (delivery_status if delivery else read_status)(report.mm_status)
    extension = report.extension if isinstance(report, DeliveryReportReq) else ""
    return Receipt(
        carrier_id=carrier_id,
        network_id=report.message_id[:LONGEST_ID],
        recipient="",  # the id is of one recipient alone; and Mbuni tells it as Sender, and us as Recipient
        status=status,
        raw=f"{report.mm_status[:_LONGEST_WORD]} {extension[:_LONGEST_WORD]}".strip(),
        at=at,
        whole=True,
    )
