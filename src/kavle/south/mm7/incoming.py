"""From what an MMSC sends to what the core keeps: pure."""

from __future__ import annotations

from datetime import datetime

from kavle.model.message import Receipt
from kavle.model.mms import IncomingMms
from kavle.south.mm7.addresses import ours_of, told
from kavle.south.mm7.content import files_of
from kavle.south.mm7.outcomes import delivery_status, read_status
from kavle.wire.mm7 import DeliverReq, DeliveryReportReq, ReadReplyReq

_LONGEST = 200  # characters of a word that is kept as it came


def messages_of(request: DeliverReq, carrier_id: int, number: str, at: datetime) -> list[IncomingMms]:
    """One for each number that it is to. `number`: ours, where it does not say."""
    files = files_of(request.content)
    return [
        IncomingMms(
            carrier_id=carrier_id,
            transaction=request.transaction,
            sender=told(request.sender),
            recipient=recipient,
            subject=request.subject,
            message_class=request.message_class[:_LONGEST],
            priority=request.priority[:_LONGEST],
            version=request.version.number[:_LONGEST],
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
        network_id=report.message_id,
        recipient="",  # the id is of one recipient alone; and Mbuni tells it as Sender, and us as Recipient
        status=status,
        raw=f"{report.mm_status[:_LONGEST]} {extension[:_LONGEST]}".strip(),
        at=at,
        whole=True,
    )
